/** Signing up in four steps, and logging in. Nothing typed here is kept after it was sent. */

import { logIn, register } from "../api.js";
import { cpfDigits, formatCpf, isCpf } from "../cpf.js";
import { byId, h, show, whileBusy } from "../dom.js";
import { mark } from "../forms.js";
import { t } from "../i18n.js";
import { parseMinor } from "../money.js";
import { clearProblem, invalidFields, showProblem } from "../problems.js";

const STATES = "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO".split(" ");
const ADULT_YEARS = 18;
const LAST_STEP = 3;
const PASSWORD_MIN = 8;
const PERIOD_MINUTES = { daily: 1_440, weekly: 10_080, monthly: 44_640 };

let step = 0;

const signUp = () => byId("sign-up");
const stepOf = (input) => Number(input.closest("fieldset").dataset.step);

function showStep(next, { focus = true } = {}) {
  step = next;
  for (const fieldset of signUp().querySelectorAll("fieldset")) {
    show(fieldset, Number(fieldset.dataset.step) === step);
  }
  signUp().querySelectorAll(".steps li").forEach((item, at) => {
    if (at === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
    item.classList.toggle("done", at < step);
  });
  show(byId("step-back"), step > 0);
  const label = step === LAST_STEP ? "sign_up.submit" : "sign_up.next";
  byId("step-next").dataset.i18n = label;
  byId("step-next").textContent = t(label);
  if (focus) signUp().querySelector(`fieldset[data-step="${step}"] :is(input, select)`).focus();
}

function isAdult(birthDate, today = new Date()) {
  const [year, month, day] = birthDate.split("-").map(Number);
  return new Date(year + ADULT_YEARS, month - 1, day) <= today;
}

/** Whole minutes that fit into the chosen period; more would limit nothing. */
function areMinutes(text) {
  const most = PERIOD_MINUTES[signUp().elements.time_period.value];
  return /^[1-9]\d{0,4}$/u.test(text) && Number.parseInt(text, 10) <= most;
}

/** What is wrong with a field, as a key of the dictionary, or null. */
function fault(input) {
  const value = input.value.trim();
  if (input.type === "checkbox") return input.checked ? null : "invalid.accept";
  if (value === "") return input.required ? "invalid.required" : null;
  switch (input.name) {
    case "email":
      return /^\S+@\S+\.\S+$/u.test(value) ? null : "invalid.email";
    case "password":
      return value.length >= PASSWORD_MIN ? null : "invalid.password";
    case "cpf":
      return isCpf(value) ? null : "invalid.cpf";
    case "birth_date":
      return isAdult(value) ? null : "invalid.birth_date";
    case "phone":
      return phoneOf(value) ? null : "invalid.phone";
    case "address.postal_code":
      return /^\d{5}-?\d{3}$/u.test(value) ? null : "invalid.postal_code";
    case "loss_amount":
      return parseMinor(value) ? null : "invalid.amount";
    case "time_minutes":
      return areMinutes(value) ? null : "invalid.minutes";
    default:
      return null;
  }
}

/** E.164 of a phone as people write it; Brazil when no country is given; null when it is none. */
export function phoneOf(text) {
  const digits = text.replace(/\D/gu, "");
  const international = text.trim().startsWith("+") ? digits : `55${digits}`;
  return /^[1-9]\d{9,14}$/u.test(international) && international.length >= 12 ? `+${international}` : null;
}

function checkStep(at) {
  const inputs = [...signUp().querySelectorAll(`fieldset[data-step="${at}"] :is(input, select)`)];
  const wrong = inputs.filter((input) => {
    const key = fault(input);
    mark(input, key && t(key));
    return key !== null;
  });
  wrong[0]?.focus();
  return wrong.length === 0;
}

function registration() {
  const values = Object.fromEntries(new FormData(signUp()));
  const address = { country: "BR" };
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith("address.") && value.trim() !== "") address[name.slice(8)] = value.trim();
  }
  address.postal_code = address.postal_code.replace("-", "");
  return {
    email: values.email.trim(),
    password: values.password,
    full_name: values.full_name.trim(),
    birth_date: values.birth_date,
    cpf: cpfDigits(values.cpf),
    phone: phoneOf(values.phone),
    gender: values.gender,
    address,
    limits: {
      loss: { period: values.loss_period, amount_minor: parseMinor(values.loss_amount) },
      time: { period: values.time_period, minutes: Number.parseInt(values.time_minutes, 10) },
    },
    accept_terms: values.accept_terms === "on",
    accept_privacy: values.accept_privacy === "on",
  };
}

/** Fields that only the API can judge are marked where they are, and the person is taken there. */
function markRefused(error) {
  const refused = invalidFields(error)
    .map((name) => signUp().querySelector(`[name="${CSS.escape(name)}"]`))
    .filter(Boolean);
  for (const input of refused) mark(input, t("invalid.other"));
  if (refused.length > 0) showStep(stepOf(refused[0]));
}

async function submitSignUp(event) {
  event.preventDefault();
  const place = byId("sign-up-problem");
  clearProblem(place);
  if (!checkStep(step)) return;
  if (step < LAST_STEP) {
    showStep(step + 1);
    return;
  }
  await whileBusy(byId("step-next"), async () => {
    const form = registration();
    try {
      await register(form);
      location.hash = "#/wallet";
      await logIn(form.email, form.password);
      signUp().reset();
      showStep(0, { focus: false });
    } catch (error) {
      markRefused(error);
      showProblem(place, error);
    }
  });
}

async function submitLogIn(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const place = byId("log-in-problem");
  clearProblem(place);
  const { email, password, otp } = form.elements;
  const empty = [email, password].filter((input) => {
    mark(input, input.value === "" ? t("invalid.required") : null);
    return input.value === "";
  });
  if (empty.length > 0) {
    empty[0].focus();
    return;
  }
  await whileBusy(form.querySelector("button"), async () => {
    try {
      await logIn(email.value.trim(), password.value, otp.value.trim());
      form.reset();
      show(byId("log-in-code"), false);
    } catch (error) {
      showProblem(place, error);
      if (error.code === "second_factor_required") {
        show(byId("log-in-code"), true);
        otp.focus();
      }
    }
  });
}

const TABS = { "tab-sign-up": "sign-up", "tab-log-in": "log-in" };

export function openTab(chosen, { focus = false } = {}) {
  for (const [tab, form] of Object.entries(TABS)) {
    byId(tab).setAttribute("aria-selected", String(tab === chosen));
    byId(tab).tabIndex = tab === chosen ? 0 : -1;
    show(byId(form), tab === chosen);
  }
  if (focus) byId(chosen).focus();
}

/** Tell why somebody was signed out, above the form that lets them in again. */
/** `code` is why the session ended, null for a person's own word; `cause` what the socket said before. */
export function tellEnding(code, cause) {
  const notice = byId("entrance-notice");
  notice.textContent = code ? t(cause === "excluded" ? "entrance.excluded" : "entrance.ended") : "";
  show(notice, Boolean(code));
  if (code) openTab("tab-log-in");
}

export function startEntrance() {
  const states = signUp().elements["address.state"];
  states.append(...STATES.map((code) => h("option", { value: code }, code)));
  signUp().addEventListener("submit", submitSignUp);
  byId("log-in").addEventListener("submit", submitLogIn);
  byId("step-back").addEventListener("click", () => showStep(step - 1));
  const { cpf } = signUp().elements;
  cpf.addEventListener("input", () => {
    if (cpf.selectionEnd === cpf.value.length) cpf.value = formatCpf(cpf.value);
  });
  for (const tab of Object.keys(TABS)) {
    byId(tab).addEventListener("click", () => openTab(tab));
    byId(tab).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      openTab(tab === "tab-sign-up" ? "tab-log-in" : "tab-sign-up", { focus: true });
    });
  }
}
