/**
 * Two languages, one page. The markup carries the Portuguese text, so that it reads without a script;
 * `data-i18n="key"` replaces an element's text and `data-i18n-attr="name:key; …"` its attributes.
 *
 * Invariant: both dictionaries have the same keys with the same placeholders (a test compares them), so that
 * no sentence is missing in one language. An unknown key is a defect and shows itself as the key.
 */

import { en } from "./i18n/en.js";
import { ptBR } from "./i18n/pt-BR.js";

const LANGUAGE_SLOT = "acme.language";
export const dictionaries = { "pt-BR": ptBR, en };
export const TIME_ZONE = "America/Sao_Paulo";

let current = "pt-BR";
const listeners = new Set();

export const locale = () => current;

/** `{name}` in a sentence is replaced by `values.name`, as text. */
export function t(key, values = {}) {
  const sentence = dictionaries[current][key] ?? key;
  return sentence.replace(/\{(\w+)\}/gu, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The sentence for a number: `key.one` or `key.other`, by the plural rules of the language. */
export function plural(key, count, values = {}) {
  const form = new Intl.PluralRules(current).select(count) === "one" ? "one" : "other";
  return t(`${key}.${form}`, { n: new Intl.NumberFormat(current).format(count), ...values });
}

export const has = (key) => key in dictionaries[current];

/** `listener()` redraws what was drawn with the former language. */
export function onLanguageChange(listener) {
  listeners.add(listener);
}

export function translate(root = document) {
  for (const element of root.querySelectorAll("[data-i18n]")) {
    element.textContent = t(element.dataset.i18n);
  }
  for (const element of root.querySelectorAll("[data-i18n-attr]")) {
    for (const pair of element.dataset.i18nAttr.split(";")) {
      const [name, key] = pair.split(":").map((part) => part.trim());
      element.setAttribute(name, t(key));
    }
  }
}

export function setLanguage(language) {
  current = language in dictionaries ? language : "pt-BR";
  localStorage.setItem(LANGUAGE_SLOT, current);
  document.documentElement.lang = current;
  translate();
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === current));
  }
  for (const listener of listeners) listener();
}

function preferredLanguage() {
  const chosen = localStorage.getItem(LANGUAGE_SLOT);
  if (chosen) return chosen;
  return navigator.languages.some((tag) => tag.toLowerCase().startsWith("pt")) ? "pt-BR" : "en";
}

/** Wire the language switch and show the page in the person's language. */
export function startLanguage() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => setLanguage(button.dataset.language));
  }
  setLanguage(preferredLanguage());
}

export function formatTime(rfc3339) {
  return new Intl.DateTimeFormat(current, {
    dateStyle: "short",
    timeStyle: "medium",
    timeZone: TIME_ZONE,
  }).format(new Date(rfc3339));
}

export function formatCount(count) {
  return new Intl.NumberFormat(current).format(count);
}
