/** What several parts of the page show: the wallet's balances, the game in force, this sitting. */

import { read, readPublic } from "./api.js";

const SITTING_SLOT = "acme.sitting";

export const state = { wallet: null, game: null };
const walletListeners = new Set();

/** `listener(wallet)` runs whenever newer balances are known. */
export function onWallet(listener) {
  walletListeners.add(listener);
}

/** Answers may arrive out of order: an older event number never overwrites a newer one. */
export function setWallet(wallet) {
  if (state.wallet && wallet.seq < state.wallet.seq) return;
  state.wallet = wallet;
  for (const listener of walletListeners) listener(wallet);
}

export async function refreshWallet() {
  setWallet(await read("/v1/me/wallet"));
}

export function forgetPlayer() {
  state.wallet = null;
  sessionStorage.removeItem(SITTING_SLOT);
}

/** The game as it is in force, with its return in basis points: `{…game, rtp_bps}`. */
export async function loadGame(gameId) {
  const game = await readPublic(`/v1/games/${gameId}`);
  state.game = { ...game, rtp_bps: bpsOf(game.rtp_target) };
  return state.game;
}

/** "96", "96.5" and "96.00" (percent) → basis points. */
export function bpsOf(percentText) {
  const [whole, part = ""] = String(percentText).split(".");
  return Number.parseInt(whole + part.padEnd(2, "0").slice(0, 2), 10);
}

/** Time and money since signing in, in this tab: `{started_at, rounds, staked_minor, net_minor}`. */
export function sitting() {
  const stored = sessionStorage.getItem(SITTING_SLOT);
  if (stored) return JSON.parse(stored);
  return saveSitting({ started_at: Date.now(), rounds: 0, staked_minor: 0, net_minor: 0 });
}

function saveSitting(values) {
  sessionStorage.setItem(SITTING_SLOT, JSON.stringify(values));
  return values;
}

export function countRound({ stake_minor: stake, payout_minor: payout }) {
  const { started_at, rounds, staked_minor, net_minor } = sitting();
  return saveSitting({
    started_at,
    rounds: rounds + 1,
    staked_minor: staked_minor + stake,
    net_minor: net_minor + payout - stake,
  });
}
