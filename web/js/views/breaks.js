/**
 * Stopping: pauses, self-exclusion, the interval of reality checks, advertising, and what is closed and why.
 *
 * Invariant: a step that cannot be taken back is described, then confirmed in a dialog of its own whose two
 * answers weigh the same; nothing argues with somebody who wants to stop.
 */

import { act } from "../api.js";
import { byId, h, show, whileBusy } from "../dom.js";
import { mark } from "../forms.js";
import { formatTime, has, plural, t } from "../i18n.js";
import { clearProblem, showProblem } from "../problems.js";
import { change, eligibility, marketing, protection, refreshProtection, walletNow } from "../protection.js";

const REALITY_MINUTES = [10, 15, 30, 45, 60, 90, 120];
const LONGEST_OF_THE_HOUSE = 60;
const DAY_MS = 86_400_000;

let answerConfirm = () => {};

/** A question that is answered on purpose: true for yes; Escape and "back" are no. */
function confirmed({ title, text, yes }) {
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  byId("confirm-dialog").showModal();
  byId("confirm-no").focus();
  return new Promise((resolve) => {
    answerConfirm = (answer) => {
      answerConfirm = () => {};
      byId("confirm-dialog").close();
      resolve(answer);
    };
  });
}

async function attempt(part, work) {
  clearProblem(byId(`${part}-problem`));
  byId(`${part}-told`).textContent = "";
  try {
    byId(`${part}-told`).textContent = await work();
  } catch (error) {
    showProblem(byId(`${part}-problem`), error);
  }
}

const option = (value, label) => h("option", { value: String(value) }, label);

function refill(id, options) {
  const before = byId(id).value;
  byId(id).replaceChildren(...options);
  if (options.some((one) => one.value === before)) byId(id).value = before;
}

/** Neutral sentences for the codes of what is closed; a code without one of its own says nothing personal. */
export function reasonText(code) {
  const { excluded_until: excluded, paused_until: paused } = protection() ?? {};
  if (code === "excluded" && excluded) return t("reason.excluded_until", { time: formatTime(excluded) });
  if (code === "paused" && paused) return t("reason.paused_until", { time: formatTime(paused) });
  return has(`reason.${code}`) ? t(`reason.${code}`) : t("reason.other");
}

/** What closes play for the player, without what only an answer of theirs is missing for. */
export function closedReasons() {
  return (eligibility()?.reasons ?? []).filter((code) => code !== "bonus_before_first_bet");
}

function drawClosed() {
  const reasons = closedReasons();
  show(byId("closed-card"), reasons.length > 0);
  byId("closed-reasons").replaceChildren(...reasons.map((code) => h("li", { "data-reason": code }, reasonText(code))));
  show(byId("bet-closed"), reasons.length > 0);
  byId("bet-closed").textContent = reasons.length > 0 ? reasonText(reasons[0]) : "";
}

function drawRegister({ central_register: register, notice }) {
  byId("exclusion-notice").textContent = notice ?? t("exclusion.text");
  if (!register) return;
  byId("central-text").textContent = register.text;
  if (register.link) byId("central-link").href = register.link;
}

export function drawBreaks() {
  const known = protection();
  if (!known) return;
  drawClosed();
  drawRegister(known);
  const { pauses_days: pauses, exclusion_months: months, indefinite } = known.offer;
  refill("pause-length", pauses.map((days) => option(days, plural("pause.days", days))));
  refill("exclusion-length", [
    ...months.map((count) => option(count, plural("exclusion.months", count))),
    ...(indefinite ? [option("indefinite", t("exclusion.indefinite"))] : []),
  ]);
  refill("reality-minutes", REALITY_MINUTES.map((minutes) => option(minutes, t("limit.minutes", { n: minutes }))));
  const own = known.reality_check.minutes ?? LONGEST_OF_THE_HOUSE;
  const interval = byId("reality-minutes");
  // A choice that is not saved yet stays, whatever news of the wallet comes in between.
  if (!interval.dataset.chosen) interval.value = String(own);
  drawMarketing();
}

function drawMarketing() {
  const choice = marketing();
  if (!choice) return;
  byId("marketing").checked = choice.consent;
  byId("marketing-told").textContent = t(choice.effective ? "marketing.on" : choice.consent ? "marketing.held_back" : "marketing.off");
}

async function pause(event) {
  event.preventDefault();
  const days = Number.parseInt(byId("pause-length").value, 10);
  const until = formatTime(new Date(walletNow() + days * DAY_MS).toISOString());
  const sure = await confirmed({ title: t("pause.title"), text: t("pause.confirm", { until }), yes: t("pause.start") });
  if (!sure) return;
  await whileBusy(byId("pause-start"), () => attempt("pause", async () => {
    const made = await change("POST", "/v1/me/pauses", { days });
    return t("pause.done", { until: formatTime(made.until) });
  }));
}

async function exclude(event) {
  event.preventDefault();
  const understood = byId("exclusion-understood");
  mark(understood, understood.checked ? null : t("invalid.accept"));
  if (!understood.checked) {
    understood.focus();
    return;
  }
  const length = byId("exclusion-length");
  const sure = await confirmed({
    title: t("exclusion.title"),
    text: t("exclusion.confirm", { length: length.selectedOptions[0].textContent }),
    yes: t("exclusion.start"),
  });
  if (!sure) return;
  await whileBusy(byId("exclusion-start"), () => attempt("exclusion", async () => {
    const term = length.value === "indefinite" ? { indefinite: true } : { months: Number.parseInt(length.value, 10) };
    const made = await change("POST", "/v1/me/exclusions", term);
    understood.checked = false;
    return made.until ? t("exclusion.done", { until: formatTime(made.until) }) : t("exclusion.done_indefinite");
  }));
}

async function saveInterval(event) {
  event.preventDefault();
  await whileBusy(byId("reality-save"), () => attempt("reality", async () => {
    const interval = byId("reality-minutes");
    await change("PUT", "/v1/me/reality-check", { minutes: Number.parseInt(interval.value, 10) });
    delete interval.dataset.chosen;
    return t("reality_form.done");
  }));
}

async function saveMarketing() {
  clearProblem(byId("marketing-problem"));
  try {
    await act("/v1/me/marketing", { consent: byId("marketing").checked }, "PUT");
    await refreshProtection();
  } catch (error) {
    drawMarketing();
    showProblem(byId("marketing-problem"), error);
  }
}

export function startBreaks() {
  byId("pause-form").addEventListener("submit", pause);
  byId("exclusion-form").addEventListener("submit", exclude);
  byId("reality-form").addEventListener("submit", saveInterval);
  byId("reality-minutes").addEventListener("change", (event) => (event.target.dataset.chosen = "yes"));
  byId("marketing-form").addEventListener("submit", (event) => event.preventDefault());
  byId("marketing").addEventListener("change", saveMarketing);
  byId("confirm-yes").addEventListener("click", () => answerConfirm(true));
  byId("confirm-no").addEventListener("click", () => answerConfirm(false));
  byId("confirm-dialog").addEventListener("cancel", (event) => {
    event.preventDefault();
    answerConfirm(false);
  });
}

export function clearBreaks() {
  if (byId("confirm-dialog").open) answerConfirm(false);
  for (const part of ["pause", "exclusion", "reality", "marketing"]) {
    byId(`${part}-told`).textContent = "";
    clearProblem(byId(`${part}-problem`));
  }
  byId("exclusion-understood").checked = false;
  delete byId("reality-minutes").dataset.chosen;
  byId("closed-reasons").replaceChildren();
  for (const id of ["closed-card", "bet-closed"]) show(byId(id), false);
}
