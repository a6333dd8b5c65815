/**
 * The draw of every house game, recomputed from what was committed and revealed.
 *
 * Invariant: the same (server seed, client seed, nonce) gives the same words here, in the wallet and in
 * any other implementation; nothing else enters a draw. Block k is HMAC-SHA256 with the 64 lower-case hex
 * characters of the server seed as ASCII key over the ASCII text "client_seed:nonce:k". The blocks are cut
 * into big-endian 32-bit words x; a uniform integer below n is x mod n of the next word with
 * x < 2^32 - (2^32 mod n); other words are skipped, so that no result is likelier than another.
 *
 * This module makes no request and keeps nothing.
 */

const WORD_SPAN = 2 ** 32;
const SERVER_SEED = /^[0-9a-f]{64}$/;
const CLIENT_SEED = /^[!-9;-~]{1,64}$/;

export const DICE_FACES = 10_000;

/** What the person typed is not what the draw is defined on; `field` names the input. */
export class SeedError extends Error {
  constructor(field) {
    super(`not usable for a draw: ${field}`);
    this.field = field;
  }
}

/** WebCrypto exists only in secure contexts (https, localhost): say so instead of failing obscurely. */
export function canVerify() {
  return Boolean(globalThis.crypto?.subtle);
}

function ascii(text) {
  return new TextEncoder().encode(text);
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The commitment of a server seed: SHA-256 of its hex characters, in hex. */
export async function commitmentOf(serverSeed) {
  requireServerSeed(serverSeed);
  return hex(await crypto.subtle.digest("SHA-256", ascii(serverSeed)));
}

function requireServerSeed(serverSeed) {
  if (!SERVER_SEED.test(serverSeed)) throw new SeedError("server_seed");
}

function requireDrawInputs(serverSeed, clientSeed, nonce) {
  requireServerSeed(serverSeed);
  if (!CLIENT_SEED.test(clientSeed)) throw new SeedError("client_seed");
  if (!Number.isSafeInteger(nonce) || nonce < 0) throw new SeedError("nonce");
}

/** The stream of 32-bit words of one round, without end. */
export async function* words(serverSeed, clientSeed, nonce) {
  requireDrawInputs(serverSeed, clientSeed, nonce);
  const key = await crypto.subtle.importKey(
    "raw",
    ascii(serverSeed),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  for (let block = 0; ; block += 1) {
    const digest = await crypto.subtle.sign("HMAC", key, ascii(`${clientSeed}:${nonce}:${block}`));
    const view = new DataView(digest);
    for (let at = 0; at < view.byteLength; at += 4) yield view.getUint32(at, false);
  }
}

/** The next exactly uniform integer in 0 … n-1 from a stream of words. */
export async function uniformBelow(n, stream) {
  const accepted = WORD_SPAN - (WORD_SPAN % n);
  for (;;) {
    const { value } = await stream.next();
    if (value < accepted) return value % n;
  }
}

/** The roll of a dice round: an integer 0 … 9999. */
export async function diceRoll(serverSeed, clientSeed, nonce) {
  return uniformBelow(DICE_FACES, words(serverSeed, clientSeed, nonce));
}

/**
 * Check one settled dice round against the revealed server seed.
 *
 * `round` is the round as the API recalls it. `rtpBps` is the return of the round's own game version in
 * basis points, or null when it is not known here; then the payout is left out and `payoutMatches` is null.
 */
export async function checkDiceRound({ round, serverSeed, payoutOf }) {
  const { fairness, outcome, params } = round;
  const commitment = await commitmentOf(serverSeed);
  const roll = await diceRoll(serverSeed, fairness.client_seed, fairness.nonce);
  const commitmentMatches = commitment === fairness.server_seed_hash;
  const rollMatches = roll === outcome.roll;
  const win = params ? diceWins(roll, params) : null;
  const winMatches = win === null ? null : win === outcome.win;
  const expected = win === null || !payoutOf ? null : win ? payoutOf(round.stake_minor, params.target) : 0;
  const payoutMatches = expected === null ? null : expected === round.payout_minor;
  const proven = [commitmentMatches, rollMatches, winMatches, payoutMatches].every((part) => part !== false);
  return { proven, roll, commitment, commitmentMatches, rollMatches, winMatches, payoutMatches };
}

/** Whether a roll wins: `target` is the winning chance in percent, counted from the bottom or the top. */
export function diceWins(roll, { target, over }) {
  return over ? roll >= DICE_FACES - target * 100 : roll < target * 100;
}
