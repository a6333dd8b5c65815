/**
 * The check digits of a CPF (Receita Federal, modulo 11), so that a typing error is told at once.
 *
 * Invariant: this only helps the person; whether a CPF is accepted is decided by the API.
 */

export const cpfDigits = (text) => text.replace(/\D/gu, "");

function checkDigit(digits) {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) sum += Number(digits[at]) * (digits.length + 1 - at);
  const rest = (sum * 10) % 11;
  return rest === 10 ? 0 : rest;
}

export function isCpf(text) {
  const digits = cpfDigits(text);
  if (digits.length !== 11 || /^(\d)\1{10}$/u.test(digits)) return false;
  const first = checkDigit(digits.slice(0, 9));
  const second = checkDigit(digits.slice(0, 10));
  return digits.endsWith(`${first}${second}`);
}

export function formatCpf(text) {
  const digits = cpfDigits(text).slice(0, 11);
  return digits
    .replace(/^(\d{3})(\d)/u, "$1.$2")
    .replace(/^(\d{3})\.(\d{3})(\d)/u, "$1.$2.$3")
    .replace(/^(\d{3})\.(\d{3})\.(\d{3})(\d)/u, "$1.$2.$3-$4");
}
