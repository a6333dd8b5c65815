/** The player's limits and how much of each is used; the wallet decides, this only shows. */

import { ApiProblem, read } from "../api.js";
import { byId, h, show } from "../dom.js";
import { formatCount, has, locale, t } from "../i18n.js";
import { formatMinor } from "../money.js";
import { state } from "../store.js";

let limits = null;

const money = (minor) => formatMinor(minor, locale(), state.wallet?.currency ?? "BRL");

/** A limit's value in the words of its kind: reais, minutes or a count. */
function quantity(kind, value) {
  if (kind === "time") return t("limit.minutes", { n: formatCount(value) });
  return kind === "bet_count" ? formatCount(value) : money(value);
}

const nameOf = (part) => (has(`limit.${part}`) ? t(`limit.${part}`) : part);

function card({ kind, period, used, value }) {
  const title = `${nameOf(kind)} ${nameOf(period)}`;
  const bar = h("progress", { max: value || 1, value: Math.min(used, value), "aria-label": title });
  return h("article", { class: "card limit" },
    h("h2", {}, title),
    h("p", { class: "limit-value num" }, quantity(kind, value)),
    bar,
    h("p", { class: "hint num" },
      t("limit.of", { used: quantity(kind, used), value: quantity(kind, value) }),
      " · ",
      t("limit.left", { left: quantity(kind, Math.max(value - used, 0)) })));
}

export function drawLimits() {
  if (!limits) return;
  byId("limit-cards").replaceChildren(...limits.map(card));
}

export async function openLimits() {
  try {
    limits = (await read("/v1/me/protection")).limits;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    limits = [];
  }
  show(byId("limits-empty"), limits.length === 0);
  drawLimits();
}

/** A sentence for a warning that came with a round: a limit that is nearly used up. */
export function limitWarning({ kind, period, used, value }) {
  const percent = new Intl.NumberFormat(locale(), { style: "percent" }).format(Math.floor((used * 100) / value) / 100);
  return t("warning.limit", { percent, kind: nameOf(kind).toLocaleLowerCase(locale()), period: nameOf(period) });
}

export function clearLimits() {
  limits = null;
}
