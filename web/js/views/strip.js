/** The panel that is always in sight (Portaria SPA/MF 1.231/2024 art. 4 X): time, result, balance. */

import { byId } from "../dom.js";
import { locale } from "../i18n.js";
import { formatMinor, formatSigned } from "../money.js";
import { isPresent, onReturn } from "../presence.js";
import { isSignedIn } from "../session.js";
import { onWallet, state } from "../store.js";
import { onProtection, protection, refreshProtection, sessionMs } from "../protection.js";

const TICK_MS = 15_000;
const READ_AGAIN_MS = 60_000;
const PERIODS = ["daily", "weekly", "monthly"];

export function clockText(ms) {
  const minutes = Math.floor(ms / 60_000);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}

export function drawStrip() {
  const currency = state.wallet?.currency ?? "BRL";
  const { wallet } = state;
  const use = protection()?.use;
  byId("strip-balance").textContent = wallet ? formatMinor(wallet.cash_minor + wallet.bonus_minor, locale(), currency) : "–";
  byId("strip-time").textContent = protection() ? clockText(sessionMs()) : "–";
  for (const period of PERIODS) {
    byId(`strip-${period}`).textContent = use ? formatSigned(use[period].net_minor, locale(), currency) : "–";
  }
}

/** Reads again while somebody is there; a failure is told by whatever the person does next. */
async function readAgain() {
  if (!isSignedIn() || !isPresent() || document.visibilityState === "hidden") return;
  try {
    await refreshProtection();
  } catch {
    drawStrip();
  }
}

export function startStrip() {
  onProtection(drawStrip);
  onWallet(drawStrip);
  setInterval(drawStrip, TICK_MS);
  setInterval(readAgain, READ_AGAIN_MS);
  onReturn(readAgain);
}

export function clearStrip() {
  for (const part of ["time", "balance", ...PERIODS]) byId(`strip-${part}`).textContent = "–";
}
