/**
 * Money on the page is an integer number of minor units; no float ever touches it.
 *
 * Invariant: `parseMinor` either returns exactly the amount that the person sees echoed beside the field,
 * or null; it never rounds and never guesses between two readings of the same text.
 */

const GROUPED = /^(\d{1,3})((?:([.,\s\u00a0\u202f])\d{3})(?:\3\d{3})*)(?:([.,])(\d{1,2}))?$/u;
const PLAIN = /^(\d{1,12})(?:[.,](\d{1,2}))?$/u;
const CURRENCY_SIGN = /^(?:R\$|BRL)\s*/iu;
const MAX_MAJOR_DIGITS = 12;

/**
 * "1.234,56", "1,234.56", "1234,5" and "R$ 10" → minor units; anything else → null.
 *
 * Two places after the last separator are cents. Three are thousands, since no amount has three decimal
 * places ("1.500" is one thousand five hundred for everyone); a group never starts with a zero.
 */
export function parseMinor(text) {
  const trimmed = text.trim().replace(CURRENCY_SIGN, "");
  const plain = PLAIN.exec(trimmed);
  if (plain) return toMinor(plain[1], plain[2]);
  const grouped = GROUPED.exec(trimmed);
  if (!grouped) return null;
  const [, first, rest, groupMark, centsMark, cents] = grouped;
  if (groupMark === centsMark || first.startsWith("0")) return null;
  return toMinor(first + rest.replace(/\D/gu, ""), cents);
}

function toMinor(major, cents = "") {
  if (major.length > MAX_MAJOR_DIGITS) return null;
  return Number.parseInt(major + cents.padEnd(2, "0"), 10);
}

/** Minor units as an exact decimal text with a point: -5 → "-0.05". */
export function decimalText(minor) {
  const digits = String(Math.abs(minor)).padStart(3, "0");
  return `${minor < 0 ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Minor units for a person. Intl takes the decimal text as it is, without passing through a float. */
export function formatMinor(minor, locale, currency = "BRL", options = {}) {
  const text = new Intl.NumberFormat(locale, { style: "currency", currency, ...options }).format(decimalText(minor));
  // A true minus sign is as wide as a plus and no line breaks after it.
  return text.replace("-", "\u2212");
}

/** Like `formatMinor`, always with its sign unless it is zero. */
export function formatSigned(minor, locale, currency = "BRL") {
  return formatMinor(minor, locale, currency, { signDisplay: "exceptZero" });
}

/** Minor units as a person would type them into an amount field: 123456 → "1234,56" or "1234.56". */
export function editableText(minor, locale) {
  const text = decimalText(minor);
  return locale.startsWith("pt") ? text.replace(".", ",") : text;
}
