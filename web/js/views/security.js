/**
 * The safety of the account: an authenticator app, recovery codes, devices, history, the password.
 *
 * Invariant: a secret and the recovery codes are on the page from the answer that brought them until the person
 * leaves the section, and nowhere else; the QR code is drawn here, so the secret reaches no other party.
 */

import { act, read, renewSession } from "../api.js";
import { byId, copyText, h, show, whileBusy } from "../dom.js";
import { mark } from "../forms.js";
import { formatTime, has, t } from "../i18n.js";
import { clearProblem, showProblem } from "../problems.js";
import { qrModules, qrPath } from "../qr.js";
import { endSession } from "../session.js";

const FACTOR = "/v1/me/second-factor";
const QUIET_ZONE = 4;

let factor = null;
let devices = [];
let history = [];

/** Run what a form asks; a refusal is told beside it, and the field that needs it is marked. */
function onSubmit(id, work) {
  byId(id).addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const place = byId(`${id}-problem`);
    clearProblem(place);
    const empty = [...form.elements].filter((input) => input.required && input.value.trim() === "");
    for (const input of form.elements) if (input.required) mark(input, empty.includes(input) ? t("invalid.required") : null);
    if (empty.length > 0) {
      empty[0].focus();
      return;
    }
    whileBusy(form.querySelector("[type=submit]"), async () => {
      try {
        await work(Object.fromEntries(new FormData(form)));
        form.reset();
      } catch (error) {
        showProblem(place, error);
      }
    });
  });
}

function drawFactor() {
  if (!factor) return;
  byId("factor-state").textContent = t(`factor.${factor.status}`, { count: factor.recovery_codes_left });
  show(byId("factor-begin"), factor.status !== "active" && byId("factor-secret").textContent === "");
  const isActive = factor.status === "active";
  show(byId("factor-renew"), isActive && (factor.recovery_codes_to_renew > 0 || factor.recovery_codes_left === 0));
  show(byId("factor-remove"), isActive);
}

function drawQr(text) {
  const modules = qrModules(text);
  const picture = byId("factor-qr");
  show(picture, modules !== null);
  if (modules === null) return;
  const size = modules.length + 2 * QUIET_ZONE;
  picture.setAttribute("viewBox", `${-QUIET_ZONE} ${-QUIET_ZONE} ${size} ${size}`);
  picture.querySelector("path").setAttribute("d", qrPath(modules));
}

function forgetSecrets() {
  byId("factor-secret").textContent = "";
  byId("factor-uri").removeAttribute("href");
  byId("factor-qr").querySelector("path").removeAttribute("d");
  byId("recovery-list").replaceChildren();
  show(byId("factor-enrol"), false);
  show(byId("recovery"), false);
}

async function beginFactor({ password }) {
  const begun = await act(FACTOR, { password });
  byId("factor-secret").textContent = begun.secret.replace(/(.{4})(?=.)/gu, "$1 ");
  byId("factor-uri").setAttribute("href", begun.otpauth_uri);
  drawQr(begun.otpauth_uri);
  show(byId("factor-enrol"), true);
  factor.status = "pending";
  drawFactor();
  byId("factor-confirm").elements.otp.focus();
}

async function confirmFactor({ otp }) {
  const { recovery_codes: codes } = await act(`${FACTOR}/confirm`, { otp: otp.trim() });
  showCodes(codes);
  await renewSession(); // a token that could only enrol becomes a whole one
  await load();
}

function showCodes(codes) {
  forgetSecrets();
  byId("recovery-list").replaceChildren(...codes.map((code) => h("li", {}, h("code", {}, code))));
  show(byId("recovery"), true);
  byId("recovery").focus();
}

async function renewCodes({ otp }) {
  const { recovery_codes: codes } = await act(`${FACTOR}/recovery-codes`, { otp: otp.trim() });
  showCodes(codes);
  await loadFactor();
}

async function removeFactor({ otp }) {
  await act(`${FACTOR}/remove`, { otp: otp.trim() });
  forgetSecrets();
  await loadFactor();
}

async function changePassword({ current_password: current, new_password: following, otp }) {
  const body = { current_password: current, new_password: following };
  if (otp.trim() !== "") body.otp = otp.trim();
  await act("/v1/me/password", body);
  endSession("password_changed");
}

async function loadFactor() {
  factor = await read(FACTOR);
  drawFactor();
}

async function loadDevices() {
  devices = (await read("/v1/me/sessions")).items;
  drawDevices();
}

function drawDevices() {
  byId("devices").replaceChildren(...devices.map(device));
  show(byId("devices-end"), devices.length > 1);
}

function device(found) {
  const place = [found.country, found.address].filter(Boolean).join(" · ");
  const end = h("button", { type: "button", class: "quiet", "aria-label": t("devices.end_one", { device: found.device }) }, t("devices.end"));
  end.addEventListener("click", () => whileBusy(end, () => tried("devices", async () => {
    await act(`/v1/me/sessions/${found.session_id}`, undefined, "DELETE");
    await loadDevices();
  })));
  return h("li", { class: "device" },
    h("div", {},
      h("strong", {}, found.device), " ",
      found.current ? h("span", { class: "badge" }, t("devices.current")) : null,
      h("p", { class: "hint" }, place),
      h("p", { class: "hint" }, t("devices.seen", { first: formatTime(found.first_seen_at), last: formatTime(found.last_seen_at) }))),
    found.current ? null : end);
}

async function tried(part, work) {
  const place = byId(`${part}-problem`);
  clearProblem(place);
  try {
    await work();
  } catch (error) {
    showProblem(place, error);
  }
}

function drawHistory() {
  byId("access-history").replaceChildren(...history.map((entry) =>
    h("tr", { class: entry.ok ? null : "refused" },
      h("td", {}, formatTime(entry.happened_at)),
      h("td", {}, has(`access.${entry.event}`) ? t(`access.${entry.event}`) : entry.event),
      h("td", {}, entry.device),
      h("td", { class: "num" }, entry.address))));
}

async function load() {
  await loadFactor();
  if (factor.required && factor.status !== "active") return;
  const [, logins] = await Promise.all([loadDevices(), read("/v1/me/logins?limit=20")]);
  history = logins.items;
  drawHistory();
}

export const openSecurity = load;

export function drawSecurity() {
  drawFactor();
  drawDevices();
  drawHistory();
}

export function clearSecurity() {
  factor = null;
  devices = [];
  history = [];
  forgetSecrets();
  for (const id of ["factor-begin", "factor-confirm", "factor-renew", "factor-remove", "password-change"]) byId(id).reset();
  byId("devices").replaceChildren();
  byId("access-history").replaceChildren();
}

export function startSecurity() {
  onSubmit("factor-begin", beginFactor);
  onSubmit("factor-confirm", confirmFactor);
  onSubmit("factor-renew", renewCodes);
  onSubmit("factor-remove", removeFactor);
  onSubmit("password-change", changePassword);
  byId("recovery-copy").addEventListener("click", async (event) => {
    const codes = [...byId("recovery-list").children].map((item) => item.textContent).join("\n");
    if (await copyText(codes)) event.target.textContent = t("security.copied");
  });
  byId("recovery-done").addEventListener("click", forgetSecrets);
  addEventListener("hashchange", () => {
    if (location.hash !== "#/security") forgetSecrets();
  });
  byId("devices-end").addEventListener("click", (event) => whileBusy(event.currentTarget, () => tried("devices", async () => {
    await act("/v1/me/sessions/end-others");
    await loadDevices();
  })));
}
