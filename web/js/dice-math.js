/**
 * What a dice bet pays, in integers, by the same formula as the wallet.
 *
 * Invariant: `payoutMinor` is floor(stake × rtp_bps ÷ (target × 100)), where `target` is the winning chance
 * in percent. The page shows this number before the bet and the wallet pays this number after it.
 */

export const TARGET_MIN = 2;
export const TARGET_MAX = 98;

/** What a winning bet pays in all (the stake included), in minor units. */
export function payoutMinor(stakeMinor, target, rtpBps) {
  return Number((BigInt(stakeMinor) * BigInt(rtpBps)) / BigInt(target * 100));
}

/** Payout per unit staked, in ten-thousandths, truncated: 50 % at 96 % → 19200. */
export function multiplierE4(target, rtpBps) {
  return Number((BigInt(rtpBps) * 100n) / BigInt(target));
}

/** "1.92", "48", "0.9795" in the person's notation. */
export function formatMultiplier(e4, locale) {
  const text = `${Math.trunc(e4 / 10_000)}.${String(e4 % 10_000).padStart(4, "0")}`;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 4 }).format(text);
}

/** The boundary of the winning side on the scale of 0.00 … 99.99, in hundredths. */
export function boundary({ target, over }) {
  return over ? 10_000 - target * 100 : target * 100;
}

/** A roll or a boundary (hundredths) on the scale of 0.00 … 100.00. */
export function formatRoll(hundredths, locale) {
  const text = `${Math.trunc(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
  return new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(text);
}

/** Basis points as percent: 9600 → "96%" in the person's notation. */
export function formatBps(bps, locale) {
  return new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 2 }).format(bps / 10_000);
}
