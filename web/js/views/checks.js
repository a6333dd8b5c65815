/**
 * What waits for an answer of the player before the next bet: reality checks and messages of player protection.
 *
 * Invariant: these dialogs close by one of their buttons only. Whoever finds another way around them meets the
 * wallet, which refuses bets until the answer is there.
 */

import { act } from "../api.js";
import { byId, whileBusy } from "../dom.js";
import { formatTime, locale, t } from "../i18n.js";
import { formatMinor, formatSigned } from "../money.js";
import { clearProblem, showProblem } from "../problems.js";
import { protection, refreshProtection } from "../protection.js";
import { state } from "../store.js";
import { clockText } from "./strip.js";

const currency = () => state.wallet?.currency ?? "BRL";

let check = null;
let message = null;

/** Opens the dialog that answers a refusal; false when the refusal is about something else. */
export function askFor(code, told) {
  if (code === "reality_check_due") showCheck(told);
  else if (code === "intervention_due") showMessage(told);
  else return false;
  return true;
}

export function showCheck(told) {
  check = told;
  clearProblem(byId("reality-dialog-problem"));
  drawChecks();
  if (!byId("reality-dialog").open) byId("reality-dialog").showModal();
}

export function showMessage(told) {
  message = told;
  clearProblem(byId("intervention-problem"));
  drawChecks();
  refreshProtection().then(drawChecks, () => {});
  if (!byId("intervention-dialog").open) byId("intervention-dialog").showModal();
}

export function drawChecks() {
  if (check) {
    byId("reality-since").textContent = check.since ? t("reality.since", { time: formatTime(check.since) }) : t("reality.text");
    byId("reality-time").textContent = clockText(check.session_minutes * 60_000);
    byId("reality-wagered").textContent = formatMinor(check.wagered_minor, locale(), currency());
    byId("reality-net").textContent = formatSigned(check.net_minor, locale(), currency());
  }
  if (message) {
    const { title, body } = protection()?.intervention ?? {};
    byId("intervention-title").textContent = title ?? t("intervention.title");
    byId("intervention-text").textContent = body ?? t("message.other");
    byId("intervention-demand").textContent = message.demands === "choose" ? t("intervention.choose") : "";
  }
}

async function acknowledge(button, then) {
  await whileBusy(button, async () => {
    try {
      await act("/v1/me/reality-check/ack");
      byId("reality-dialog").close();
      check = null;
      await refreshProtection();
      then();
    } catch (error) {
      showProblem(byId("reality-dialog-problem"), error);
    }
  });
}

async function react(button) {
  await whileBusy(button, async () => {
    try {
      await act(`/v1/me/interventions/${message.intervention_id}/ack`, { reaction: "acknowledged" });
      byId("intervention-dialog").close();
      message = null;
      await refreshProtection();
    } catch (error) {
      showProblem(byId("intervention-problem"), error);
    }
  });
}

/** `afterStop()` ends the sitting: the player said that it is enough. */
export function startChecks({ afterStop }) {
  const toLimits = () => {
    location.hash = "#/protection";
  };
  byId("reality-go-on").addEventListener("click", (event) => acknowledge(event.currentTarget, () => {}));
  byId("reality-limits").addEventListener("click", (event) => acknowledge(event.currentTarget, toLimits));
  byId("reality-stop").addEventListener("click", (event) => acknowledge(event.currentTarget, afterStop));
  byId("intervention-ack").addEventListener("click", (event) => react(event.currentTarget));
  byId("intervention-limits").addEventListener("click", () => {
    byId("intervention-dialog").close();
    toLimits();
  });
  for (const id of ["reality-dialog", "intervention-dialog"]) {
    byId(id).addEventListener("cancel", (event) => event.preventDefault());
  }
}

export function clearChecks() {
  check = null;
  message = null;
  for (const id of ["reality-dialog", "intervention-dialog"]) if (byId(id).open) byId(id).close();
}
