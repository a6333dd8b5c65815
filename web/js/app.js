/**
 * The player's page: wires the parts, decides which section is seen, and who may see it.
 *
 * Invariant: a section behind the sign-in is shown only while somebody is signed in, and nothing that
 * belongs to one person is left on the page or in storage when they leave.
 */

import { forgetPending, logOut, NoAnswer, pendingCommands, resumeSession, settle } from "./api.js";
import { byId, show, whileBusy } from "./dom.js";
import { closeLive, openLive, startLive } from "./live.js";
import { forgetProtection, onProtection, refreshProtection } from "./protection.js";
import { onLanguageChange, startLanguage } from "./i18n.js";
import { startPresence } from "./presence.js";
import { isSignedIn, onSessionChange } from "./session.js";
import { forgetPlayer, onWallet, refreshWallet, setWallet } from "./store.js";
import { clearBreaks, drawBreaks, startBreaks } from "./views/breaks.js";
import { clearChecks, drawChecks, showCheck, startChecks } from "./views/checks.js";
import { acceptRound, clearDice, drawGame, openDice, startDice, warnOfLimits } from "./views/dice.js";
import { startEntrance, tellEnding } from "./views/entrance.js";
import { clearDocuments, drawDocuments, openDocuments, startDocuments } from "./views/kyc.js";
import { clearLimits, drawLimits, startLimits } from "./views/limits.js";
import { addRound, clearRounds, drawRounds, loadRounds, openFairness, startRounds } from "./views/rounds.js";
import { clearSecurity, drawSecurity, openSecurity, startSecurity } from "./views/security.js";
import { drawSpecimen, startSpecimen } from "./views/specimen.js";
import { clearStrip, drawStrip, startStrip } from "./views/strip.js";
import { clearStatement, drawStatement, openStatement, startStatement } from "./views/statement.js";
import { acceptAnswer, clearWallet, drawCharge, drawWallet, drawWithdrawal, startWallet } from "./views/wallet.js";
import { explain } from "./problems.js";

const SECTIONS = {
  play: async () => {
    openLive();
    await openDice();
    await loadRounds();
  },
  wallet: refreshWallet,
  statement: openStatement,
  fairness: async () => {
    await openDice();
    await openFairness();
  },
  protection: refreshProtection,
  documents: openDocuments,
  security: openSecurity,
};

const sectionInAddress = () => {
  const name = location.hash.replace(/^#\/?/u, "");
  return name in SECTIONS ? name : null;
};

/** Show what the address says; without a session that is always the welcome. */
async function route({ focus = true } = {}) {
  const signedIn = isSignedIn();
  document.body.dataset.session = signedIn ? "in" : "out";
  const current = signedIn ? (sectionInAddress() ?? "play") : "welcome";
  for (const view of document.querySelectorAll(".view")) show(view, view.id === `view-${current}`);
  for (const link of document.querySelectorAll(".sections a")) {
    if (link.hash === `#/${current}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (focus) {
    byId("main").focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }
  if (signedIn) await open(current);
}

async function open(section) {
  try {
    await SECTIONS[section]();
    tell(null);
  } catch (error) {
    if (isSignedIn()) tell(error);
  }
}

/** A failure to load a section is told above it; commands tell theirs beside their own button. */
function tell(error) {
  const place = byId("load-problem");
  place.textContent = error ? explain(error) : "";
  show(place, error !== null);
}

function showPending() {
  show(byId("pending"), isSignedIn() && pendingCommands().length > 0);
}

/** Ask again for every command without an answer, each under its own key. */
async function askPending() {
  for (const waiting of pendingCommands()) {
    try {
      const answer = await settle(waiting);
      if (waiting.kind === "round") await acceptRound(answer);
      else await acceptAnswer(waiting.kind, waiting.body, answer);
    } catch (error) {
      tell(error);
      if (error instanceof NoAnswer) break;
    }
  }
  showPending();
}

async function enter() {
  show(byId("entrance-notice"), false);
  await Promise.all([refreshWallet().catch(tell), refreshProtection().catch(tell), route()]);
  showPending();
}

/** Why the socket of live play ended, for whom that ends the session too. */
let ending = null;

/** What the server says unasked over the socket of live play. */
function hear({ type, ...told }) {
  if (type === "balance") setWallet(told);
  else if (type === "limit_warning") warnOfLimits(told.warnings);
  else if (type === "reality_check") showCheck(told);
  else if (type === "session_end") {
    ending = told.reason;
    refreshProtection().catch(tell);
  }
}

function leave(reason) {
  closeLive();
  for (const clear of [forgetPlayer, forgetProtection, clearStrip, clearBreaks, clearChecks, forgetPending, clearDice, clearRounds, clearStatement, clearLimits, clearDocuments, clearSecurity, clearWallet]) clear();
  if (byId("round-dialog").open) byId("round-dialog").close();
  tell(null);
  tellEnding(reason, ending);
  ending = null;
  history.replaceState(null, "", "#/");
  route();
  showPending();
}

function redraw() {
  drawSpecimen();
  if (!isSignedIn()) return;
  for (const draw of [drawStrip, drawBreaks, drawChecks, drawWallet, drawGame, drawRounds, drawStatement, drawLimits, drawDocuments, drawSecurity, drawCharge, drawWithdrawal]) draw();
}

async function start() {
  startLanguage();
  startSpecimen();
  startEntrance();
  startWallet({ afterNoAnswer: showPending });
  startDice({ afterRound: addRound, afterNoAnswer: showPending });
  startRounds();
  startStatement();
  startDocuments();
  startSecurity();
  startPresence();
  startStrip();
  startLimits();
  startBreaks();
  startChecks({ afterStop: logOut });
  startLive(hear);
  onProtection(drawLimits);
  onProtection(drawBreaks);
  byId("log-out").addEventListener("click", (event) => whileBusy(event.currentTarget, logOut));
  byId("pending-ask").addEventListener("click", (event) => whileBusy(event.currentTarget, askPending));
  onLanguageChange(redraw);
  onWallet(showPending);
  onSessionChange((signedIn, reason) => (signedIn ? enter() : leave(reason)));
  addEventListener("hashchange", () => route());
  if (!(await resumeSession())) await route({ focus: false });
  redraw();
}

start();
