/** Past rounds: the short list beside the game, the recall of one round, and their proofs. */

import { act, read } from "../api.js";
import { formatRoll, payoutMinor } from "../dice-math.js";
import { byId, h, show, whileBusy } from "../dom.js";
import { canVerify, checkDiceRound } from "../fairness.js";
import { formatTime, locale, plural, t } from "../i18n.js";
import { formatMinor, formatSigned } from "../money.js";
import { clearProblem, explain, showProblem } from "../problems.js";
import { state } from "../store.js";
import { gained, sideText } from "./dice.js";

const SHORT_LIST = 8;
const PAGE = 25;

let rounds = [];
let cursor = null;
/** Rounds played since the history was last asked for: its answer may be older than they are. */
let playedMeanwhile = [];
let commitment = null;
let revealedSeeds = new Map();
const verdicts = new Map();

const money = (minor) => formatMinor(minor, locale(), state.wallet?.currency ?? "BRL");
const signed = (minor) => formatSigned(minor, locale(), state.wallet?.currency ?? "BRL");
const rollText = (round) => formatRoll(round.outcome.roll, locale());

/** A round as the play call answers it lacks what only the history tells; enough for the short list. */
export function addRound(round) {
  rounds.unshift(round);
  playedMeanwhile.unshift(round);
  drawShortList();
}

export async function loadRounds({ more = false } = {}) {
  if (!more) playedMeanwhile = [];
  const query = more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await read(`/v1/me/rounds?limit=${PAGE}${query}`);
  const settled = page.items.filter((round) => round.outcome && round.game_id === "dice");
  const told = new Set(settled.map((round) => round.round_id));
  const newer = playedMeanwhile.filter((round) => !told.has(round.round_id));
  rounds = more ? [...rounds, ...settled] : [...newer, ...settled];
  cursor = page.next_cursor;
  drawShortList();
  drawProofs();
}

export function drawShortList() {
  const list = byId("rounds");
  list.replaceChildren(
    ...rounds.slice(0, SHORT_LIST).map((round) => {
      const open = h(
        "button",
        { type: "button", class: "round", onclick: () => openRound(round.round_id) },
        h("span", { class: "visually-hidden" }, t("rounds.open")),
        h("span", { class: "num round-roll" }, rollText(round)),
        h("span", { class: "visually-hidden" }, t("rounds.result")),
        h("span", { class: "num" }, signed(round.payout_minor - round.stake_minor)),
      );
      open.style.setProperty("--roll", String(round.outcome.roll / 100));
      open.dataset.paid = String(gained(round));
      return h("li", {}, open);
    }),
  );
  show(byId("rounds-empty"), rounds.length === 0);
}

function fact(key, value, mono = false) {
  return h("div", {}, h("dt", {}, t(key)), h("dd", { class: mono ? "mono" : "num" }, value));
}

async function openRound(roundId) {
  const dialog = byId("round-dialog");
  const verdict = byId("round-verdict");
  byId("round-facts").replaceChildren();
  verdict.textContent = "";
  delete verdict.dataset.state;
  dialog.showModal();
  try {
    const round = await read(`/v1/me/rounds/${roundId}`);
    drawRound(round);
    await loadFairness();
    await tellProof(round, verdict);
  } catch (error) {
    verdict.textContent = explain(error);
  }
}

function drawRound(round) {
  byId("round-facts").replaceChildren(
    fact("round.id", round.round_id, true),
    fact("round.time", formatTime(round.opened_at)),
    fact("round.bet", t("round.bet_value", { stake: money(round.stake_minor), side: sideText(round.params) })),
    fact("round.roll", rollText(round)),
    fact("round.payout", `${money(round.payout_minor)} (${signed(round.payout_minor - round.stake_minor)})`),
    fact("round.balances", `${money(round.cash_before_minor)} → ${money(round.cash_after_minor)}`),
    fact("round.version", String(round.game_version)),
    fact("fairness.hash", round.fairness.server_seed_hash, true),
    fact("fairness.client_seed", round.fairness.client_seed, true),
    fact("round.nonce", String(round.fairness.nonce), true),
  );
}

async function tellProof(round, place) {
  const check = await prove(round);
  if (check === null) {
    place.textContent = canVerify() ? t("round.not_revealed") : t("fairness.no_crypto");
    return;
  }
  place.dataset.state = check.proven ? "proven" : "refuted";
  if (!check.proven) place.textContent = t("fairness.round_refuted", { roll: formatRoll(check.roll, locale()) });
  else place.textContent = t(check.payoutMatches === null ? "fairness.round_proven_draw" : "fairness.round_proven");
}

/** The check of a round, or null while its server seed is secret. The return of old versions is unknown here. */
async function prove(round) {
  const seed = revealedSeeds.get(round.fairness.server_seed_hash);
  if (!seed || !canVerify()) return null;
  const { game } = state;
  const known = game && game.version === round.game_version;
  const payoutOf = known ? (stake, target) => payoutMinor(stake, target, game.rtp_bps) : null;
  const check = await checkDiceRound({ round, serverSeed: seed, payoutOf });
  verdicts.set(round.round_id, check.proven);
  return check;
}

export async function loadFairness() {
  const { current, revealed } = await read("/v1/me/fairness");
  commitment = current;
  revealedSeeds = new Map(revealed.map((seed) => [seed.server_seed_hash, seed.server_seed]));
  drawCommitment();
}

function drawCommitment() {
  if (!commitment) return;
  byId("seed-hash").textContent = commitment.server_seed_hash;
  byId("seed-client").textContent = commitment.client_seed;
  byId("seed-nonce").textContent = String(commitment.nonce);
}

export function drawProofs() {
  byId("proofs").replaceChildren(...rounds.map(proofLine));
  show(byId("proofs-empty"), rounds.length === 0);
  show(byId("proofs-more"), cursor !== null);
}

function proofLine(round) {
  const revealed = revealedSeeds.has(round.fairness.server_seed_hash);
  const known = verdicts.get(round.round_id);
  const word = known === undefined ? "in_use" : known ? "proven" : "refuted";
  const action = revealed && known === undefined
    ? h("button", {
        type: "button",
        "aria-label": t("fairness.check_round", { nonce: round.fairness.nonce, roll: rollText(round) }),
        onclick: async () => {
          await prove(round);
          drawProofs();
        },
      }, t("fairness.check"))
    : h("span", { class: "badge", "data-state": word }, t(`fairness.${word}`));
  return h("li", {},
    h("span", { class: "mono proof-nonce" }, `#${round.fairness.nonce}`),
    h("span", { class: "num proof-roll" }, rollText(round)),
    h("span", { class: "proof-bound num" }, round.params ? sideText(round.params) : ""),
    h("span", { class: "num proof-net" }, signed(round.payout_minor - round.stake_minor)),
    action);
}

async function checkAll() {
  const verdict = byId("check-verdict");
  await loadFairness();
  let checked = 0;
  let bad = 0;
  for (const round of rounds) {
    const check = await prove(round);
    if (check === null) continue;
    checked += 1;
    if (!check.proven) bad += 1;
  }
  drawProofs();
  verdict.dataset.state = bad > 0 ? "refuted" : checked > 0 ? "proven" : "";
  verdict.textContent = bad > 0
    ? t("fairness.verdict_refuted", { bad, n: checked })
    : checked > 0 ? plural("fairness.verdict", checked) : t("fairness.verdict_none");
  show(verdict, true);
}

async function rotate(event) {
  event.preventDefault();
  const place = byId("rotate-problem");
  clearProblem(place);
  const seed = byId("new-client-seed").value;
  await whileBusy(event.currentTarget.querySelector("[type=submit]"), async () => {
    try {
      const { revealed } = await act("/v1/me/fairness/rotate", seed === "" ? {} : { client_seed: seed });
      byId("new-client-seed").value = "";
      byId("revealed").replaceChildren(
        h("p", {}, t("fairness.revealed")),
        h("p", {}, h("span", {}, t("fairness.server_seed")), h("code", { class: "mono" }, revealed.server_seed)),
      );
      show(byId("revealed"), true);
      await openFairness();
    } catch (error) {
      showProblem(place, error);
    }
  });
}

export async function openFairness() {
  await loadFairness();
  await loadRounds();
}

export function drawRounds() {
  drawShortList();
  drawProofs();
  drawCommitment();
}

export function clearRounds() {
  rounds = [];
  playedMeanwhile = [];
  cursor = null;
  commitment = null;
  revealedSeeds = new Map();
  verdicts.clear();
  show(byId("revealed"), false);
  show(byId("check-verdict"), false);
}

export function startRounds() {
  byId("rotate").addEventListener("submit", rotate);
  byId("check-all").addEventListener("click", (event) => whileBusy(event.currentTarget, checkAll));
  byId("proofs-more").addEventListener("click", (event) =>
    whileBusy(event.currentTarget, () => loadRounds({ more: true })));
  byId("round-close").addEventListener("click", () => byId("round-dialog").close());
}
