/**
 * What the wallet says about this player's protection, kept once for every part of the page that shows it.
 *
 * Invariant: this page decides nothing. It shows what `GET /v1/me/protection` and the refusals of bets said, adds
 * the rounds played since, and reads again after each change.
 */

import { act, read } from "./api.js";

let panel = null;
let readAt = 0;
let profile = null;
const listeners = new Set();

/** `listener()` runs whenever something newer is known. */
export function onProtection(listener) {
  listeners.add(listener);
}

export const protection = () => panel;
export const eligibility = () => profile?.eligibility ?? null;
export const marketing = () => profile?.marketing ?? null;

function changed() {
  for (const listener of listeners) listener();
}

export async function refreshProtection() {
  const [now, who] = await Promise.all([read("/v1/me/protection"), read("/v1/me")]);
  panel = now;
  profile = who;
  readAt = Date.now();
  changed();
}

export function forgetProtection() {
  panel = null;
  profile = null;
}

/** Milliseconds of this sitting by the wallet's count, carried on by this page's clock. */
export function sessionMs() {
  if (!panel?.session) return 0;
  return walletNow() - new Date(panel.session.began_at).getTime();
}

/** The wallet's clock as it would be now: its own word, carried on by this page's clock. */
export const walletNow = () => (panel ? new Date(panel.now).getTime() + (Date.now() - readAt) : Date.now());

/** A settled round, until the next reading: its net result counts for the day, the week and the month. */
export function countNet(netMinor) {
  if (!panel) return;
  for (const span of Object.values(panel.use)) span.net_minor += netMinor;
  changed();
}

/** Send a change and read everything again; gives what the API answered. */
export async function change(method, path, body) {
  const answer = await act(path, body, method);
  await refreshProtection();
  return answer;
}

export const limitPath = (kind, period) => `/v1/me/limits/${kind}/${period}`;
