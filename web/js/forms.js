/** Fields that tell what is wrong with them, beside them, in words. */

import { byId, h } from "./dom.js";
import { locale, t } from "./i18n.js";
import { editableText, formatMinor, parseMinor } from "./money.js";

let messageNumber = 0;

/** Mark a field as wrong, with a sentence that is read out with it; `null` clears it. */
export function mark(input, sentence) {
  const known = input.dataset.message ? byId(input.dataset.message) : null;
  if (sentence === null) {
    input.removeAttribute("aria-invalid");
    if (known) known.textContent = "";
    return;
  }
  input.setAttribute("aria-invalid", "true");
  (known ?? attachMessage(input)).textContent = sentence;
}

function attachMessage(input) {
  const id = `message-${(messageNumber += 1)}`;
  const message = h("span", { id, class: "field-message" });
  input.dataset.message = id;
  const described = input.getAttribute("aria-describedby");
  input.setAttribute("aria-describedby", described ? `${described} ${id}` : id);
  (input.closest(".amount, .check") ?? input).after(message);
  return message;
}

/**
 * An input for an amount in reais, echoed as the page understood it.
 * `value()` gives minor units, or null after marking the field.
 */
export function amountField(input, echo, onChange = () => {}) {
  const update = () => {
    const minor = parseMinor(input.value);
    mark(input, null);
    if (echo) echo.textContent = minor ? t("amount.echo", { amount: formatMinor(minor, locale()) }) : "";
    onChange(minor);
  };
  input.addEventListener("input", update);
  return {
    update,
    peek: () => parseMinor(input.value),
    value() {
      const minor = parseMinor(input.value);
      const usable = minor !== null && minor > 0;
      mark(input, usable ? null : t("invalid.amount"));
      if (!usable) input.focus();
      return usable ? minor : null;
    },
    /** The same amount in the notation of the language that is chosen now. */
    rewrite() {
      const minor = parseMinor(input.value);
      if (minor !== null) input.value = editableText(minor, locale());
    },
    clear() {
      input.value = "";
      update();
    },
  };
}
