/** The game: arithmetic before the bet, the settled round after it, and nothing that hurries anybody. */

import { act, command } from "../api.js";
import { boundary, formatBps, formatMultiplier, formatRoll, multiplierE4, payoutMinor } from "../dice-math.js";
import { byId, show, whileBusy } from "../dom.js";
import { amountField } from "../forms.js";
import { locale, t } from "../i18n.js";
import { formatMinor, formatSigned } from "../money.js";
import { clearProblem, showProblem } from "../problems.js";
import { countNet, refreshProtection } from "../protection.js";
import { countRound, loadGame, refreshWallet, setWallet, sitting, state } from "../store.js";
import { askFor } from "./checks.js";
import { limitWarning } from "./limits.js";
import { placeNeedle, placeZone } from "./ruler.js";

const GAME_ID = "dice";
const CLOSED = new Set(["excluded", "paused", "impeded", "impediment_check_pending", "kyc_required", "geo_blocked"]);
const SESSION_ENDED = new Set(["session_expired", "game_session_not_found", "game_version_retired", "game_disabled"]);

let session = null;
let lastRound = null;
let stake = null;
let onRound = () => {};

const money = (minor) => formatMinor(minor, locale(), state.wallet?.currency ?? "BRL");
const signed = (minor) => formatSigned(minor, locale(), state.wallet?.currency ?? "BRL");

function params() {
  const form = byId("bet");
  return { target: form.elements.target.valueAsNumber, over: form.elements.over.value === "true" };
}

/** A payout below the stake is no gain, and is never shown as one. */
export const gained = (round) => round.payout_minor > round.stake_minor;

export function sideText({ target, over }) {
  const bound = formatRoll(boundary({ target, over }), locale());
  return t(over ? "dice.over_bound" : "dice.under_bound", { bound });
}

/** Redraw everything that follows from the chosen chance, side and stake. */
export function drawBet() {
  const chosen = params();
  const bound = boundary(chosen);
  byId("target-out").textContent = formatBps(chosen.target * 100, locale());
  byId("bet").style.setProperty("--chance", String((chosen.target - 2) / 96));
  byId("side-under").textContent = sideText({ ...chosen, over: false });
  byId("side-over").textContent = sideText({ ...chosen, over: true });
  byId("ruler-bound").textContent = formatRoll(bound, locale());
  placeZone(byId("dice-ruler"), chosen.over ? { from: bound, to: 10_000, bound } : { from: 0, to: bound, bound });
  drawFacts(chosen);
}

function drawFacts(chosen) {
  const { game } = state;
  if (!game) return;
  const amount = stake.peek();
  const payout = amount ? payoutMinor(amount, chosen.target, game.rtp_bps) : null;
  byId("fact-multiplier").textContent = `${formatMultiplier(multiplierE4(chosen.target, game.rtp_bps), locale())}×`;
  byId("fact-payout").textContent = payout === null ? "–" : money(payout);
  byId("fact-net").textContent = payout === null ? "–" : signed(payout - amount);
  byId("fact-loss").textContent = amount ? signed(-amount) : "–";
  byId("bet-button").textContent = amount ? t("dice.bet", { amount: money(amount) }) : t("dice.bet_idle");
  byId("stake-echo").textContent = t("dice.stake_range", {
    min: money(game.min_stake_minor),
    max: money(game.max_stake_minor),
  });
  const warning = byId("bet-warning");
  const paysLess = payout !== null && payout <= amount;
  if (paysLess || warning.dataset.about === "payout") {
    warning.textContent = paysLess ? t("dice.pays_less") : "";
    warning.dataset.about = paysLess ? "payout" : "";
    show(warning, paysLess);
  }
}

export function drawGame() {
  const { game } = state;
  if (!game) return;
  stake.rewrite();
  byId("dice-rtp").textContent = formatBps(game.rtp_bps, locale());
  byId("rtp-note").textContent = t("dice.rtp_note", {
    rtp: formatBps(game.rtp_bps, locale()),
    edge: formatBps(10_000 - game.rtp_bps, locale()),
  });
  drawBet();
  drawResult();
  drawSitting();
}

function drawResult() {
  const stage = byId("roll");
  stage.dataset.state = lastRound ? (gained(lastRound) ? "paid" : "unpaid") : "idle";
  byId("roll-number").textContent = formatRoll(lastRound?.outcome.roll ?? 0, locale());
  if (!lastRound) {
    byId("roll-line").textContent = t("dice.ready");
    return;
  }
  const { outcome, payout_minor: payout, stake_minor: staked } = lastRound;
  byId("roll-line").textContent = t(payout > 0 ? "dice.won" : "dice.lost", {
    roll: formatRoll(outcome.roll, locale()),
    payout: money(payout),
    net: signed(payout - staked),
  });
  placeNeedle(byId("dice-ruler"), outcome.roll);
}

export function drawSitting() {
  const { started_at: startedAt, rounds, staked_minor: staked, net_minor: net } = sitting();
  const minutes = Math.floor((Date.now() - startedAt) / 60_000);
  byId("sitting-time").textContent = `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
  byId("sitting-rounds").textContent = String(rounds);
  byId("sitting-staked").textContent = money(staked);
  byId("sitting-net").textContent = signed(net);
}

async function sessionId() {
  session ??= await act("/v1/me/game-sessions", { game_id: GAME_ID });
  return session.session_id;
}

/** Show a settled round, whether it answered at once or was asked for again. */
export async function acceptRound(round) {
  lastRound = round;
  countRound(round);
  setWallet({ ...state.wallet, ...round.wallet, head_hash: null });
  drawResult();
  drawSitting();
  onRound(round);
  countNet(round.payout_minor - round.stake_minor);
  if (round.warnings.length > 0) warnOfLimits(round.warnings);
  await refreshWallet();
}

/** Limits that are nearly used up, as a round or the socket told of them. */
export function warnOfLimits(warnings) {
  byId("bet-warning").textContent = warnings.map(limitWarning).join(" ");
  byId("bet-warning").dataset.about = "limit";
  show(byId("bet-warning"), warnings.length > 0);
}

async function bet(afterNoAnswer) {
  const place = byId("bet-problem");
  clearProblem(place);
  const stakeMinor = stake.value();
  if (stakeMinor === null) return;
  byId("roll").dataset.state = "rolling";
  byId("roll-line").textContent = t("dice.rolling");
  try {
    const body = { session_id: await sessionId(), stake_minor: stakeMinor, params: params() };
    await acceptRound(await command("round", "/v1/me/rounds", body));
  } catch (error) {
    drawResult();
    if (SESSION_ENDED.has(error.code)) await reopen();
    if (CLOSED.has(error.code)) await refreshProtection();
    if (!askFor(error.code, error.problem)) showProblem(place, error);
    afterNoAnswer();
  }
}

/** The next bet opens a new session; a changed return is shown before it, never applied silently. */
async function reopen() {
  session = null;
  await loadGame(GAME_ID);
  drawGame();
}

export function clearDice() {
  session = null;
  lastRound = null;
  delete byId("dice-ruler").dataset.needle;
  show(byId("bet-warning"), false);
}

export async function openDice() {
  if (!state.game) await loadGame(GAME_ID);
  drawGame();
}

export function startDice({ afterRound, afterNoAnswer }) {
  onRound = afterRound;
  stake = amountField(byId("stake"), null, drawBet);
  byId("bet").addEventListener("input", drawBet);
  byId("bet").addEventListener("submit", (event) => {
    event.preventDefault();
    whileBusy(byId("bet-button"), () => bet(afterNoAnswer));
  });
  setInterval(drawSitting, 15_000);
}
