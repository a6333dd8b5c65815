/** The player's limits: how much of each is used, what waits, and how to change them. The wallet decides. */

import { byId, h, show, whileBusy } from "../dom.js";
import { mark } from "../forms.js";
import { formatCount, formatTime, has, locale, t } from "../i18n.js";
import { editableText, formatMinor, parseMinor } from "../money.js";
import { clearProblem, showProblem } from "../problems.js";
import { change, limitPath, protection } from "../protection.js";
import { state } from "../store.js";

const MOST_MINUTES = { daily: 1_440, weekly: 10_080, monthly: 44_640, session: 1_440 };

const money = (minor) => formatMinor(minor, locale(), state.wallet?.currency ?? "BRL");

/** A limit's value in the words of its kind: reais, minutes or a count. */
function quantity(kind, value) {
  if (kind === "time") return t("limit.minutes", { n: formatCount(value) });
  return kind === "bet_count" ? formatCount(value) : money(value);
}

const nameOf = (part) => (has(`limit.${part}`) ? t(`limit.${part}`) : part);

function card(limit) {
  const { kind, period, value, used, remaining, player: own } = limit;
  const title = `${nameOf(kind)} ${nameOf(period)}`;
  const bar = h("progress", { max: value || 1, value: Math.min(used, value || 1), "aria-label": title });
  bar.dataset.full = String(used * 10 >= value * 9);
  return h("article", { class: "card limit", "data-limit": `${kind}-${period}` },
    h("h3", {}, title),
    h("p", { class: "limit-value num" }, quantity(kind, value)),
    bar,
    h("p", { class: "hint num" },
      t("limit.of", { used: quantity(kind, used), value: quantity(kind, value) }),
      " · ",
      t("limit.left", { left: quantity(kind, remaining) })),
    own === value ? null : h("p", { class: "hint" }, own === null
      ? t("limit.by_house")
      : t("limit.by_house_too", { value: quantity(kind, own) })),
    limit.pending ? pendingPart(limit) : null,
    own === null ? null : h("div", { class: "button-row" },
      h("button", { type: "button", class: "quiet", "data-act": "edit", "aria-label": `${t("limit.edit")}: ${title}`, onclick: () => edit(limit) }, t("limit.edit")),
      isMandatory(kind) ? null : h("button", { type: "button", class: "quiet", "data-act": "remove", "aria-label": `${t("limit.remove")}: ${title}`, onclick: (event) => remove(event.currentTarget, limit) }, t("limit.remove"))));
}

const isMandatory = (kind) => protection().offer.mandatory.includes(kind);

/** A looser limit that waits: when it can be confirmed, and how to give it up. */
function pendingPart({ kind, period, pending }) {
  const isDue = pending.can_confirm;
  const what = pending.value === null ? t("limit.pending_removal") : t("limit.pending_value", { value: quantity(kind, pending.value) });
  const path = limitPath(kind, period);
  const ask = (button, step) => whileBusy(button, () => attempt("limit-told", "limit-problem", async () => {
    await change("POST", `${path}/${step}`);
    byId("limit-told").textContent = t(step === "confirm" ? "limit.confirmed" : "limit.given_up");
  }));
  return h("div", { class: "limit-pending", role: "group", "aria-label": what },
    h("p", {}, what, " ", t(isDue ? "limit.is_due" : "limit.due_at", { time: formatTime(pending.due_at) })),
    h("div", { class: "button-row" },
      isDue ? h("button", { type: "button", "data-act": "confirm", onclick: (event) => ask(event.currentTarget, "confirm") }, t("limit.confirm")) : null,
      h("button", { type: "button", class: "quiet", "data-act": "cancel", onclick: (event) => ask(event.currentTarget, "cancel") }, t("limit.give_up"))));
}

export function drawLimits() {
  const known = protection();
  show(byId("limits-empty"), known !== null && known.limits.length === 0);
  if (!known) return;
  byId("limit-cards").replaceChildren(...known.limits.map(card));
  drawChoices(known.offer);
  drawUnit();
}

function drawChoices({ limit_kinds: kinds, limit_periods: periods }) {
  fill("limit-kind", kinds, nameOf);
  fill("limit-period", chosen("kind") === "deposit" ? periods.filter((period) => period !== "session") : periods, nameOf);
}

function fill(id, values, label) {
  const select = byId(id);
  const before = select.value;
  select.replaceChildren(...values.map((value) => h("option", { value }, label(value))));
  if (values.includes(before)) select.value = before;
}

const chosen = (part) => byId(`limit-${part}`).value;

function drawUnit() {
  const kind = chosen("kind");
  const key = { time: "limit_form.minutes", bet_count: "limit_form.bets" }[kind] ?? "limit_form.amount";
  byId("limit-unit").dataset.i18n = key;
  byId("limit-unit").textContent = t(key);
  byId("limit-value").inputMode = key === "limit_form.amount" ? "decimal" : "numeric";
  echo();
}

/** The number as it was understood, in the unit of its kind; null when it is none. */
function typed() {
  const kind = chosen("kind");
  const text = byId("limit-value").value;
  if (kind !== "time" && kind !== "bet_count") return parseMinor(text);
  if (!/^\d{1,7}$/u.test(text.trim())) return null;
  const number = Number.parseInt(text, 10);
  return kind === "time" && number > MOST_MINUTES[chosen("period")] ? null : number;
}

function echo() {
  const value = typed();
  mark(byId("limit-value"), null);
  byId("limit-echo").textContent = value === null ? "" : t("limit_form.echo", {
    limit: `${nameOf(chosen("kind"))} ${nameOf(chosen("period"))}`,
    value: quantity(chosen("kind"), value),
  });
}

function edit({ kind, period, player: own }) {
  byId("limit-kind").value = kind;
  drawChoices(protection().offer);
  byId("limit-period").value = period;
  byId("limit-value").value = kind === "time" || kind === "bet_count" ? String(own) : editableText(own, locale());
  drawUnit();
  byId("limit-value").focus();
}

async function attempt(toldId, problemId, work) {
  clearProblem(byId(problemId));
  byId(toldId).textContent = "";
  try {
    await work();
  } catch (error) {
    showProblem(byId(problemId), error);
  }
}

function tellChange(answer) {
  byId("limit-told").textContent = answer.status === "pending"
    ? t("limit.waits", { time: formatTime(answer.pending.due_at) })
    : t("limit.holds");
}

const remove = (button, { kind, period }) => whileBusy(button, () => attempt("limit-told", "limit-problem", async () => {
  tellChange(await change("DELETE", limitPath(kind, period)));
}));

async function save(event) {
  event.preventDefault();
  const value = typed();
  mark(byId("limit-value"), value === null ? t(chosen("kind") === "time" ? "invalid.minutes" : chosen("kind") === "bet_count" ? "invalid.count" : "invalid.amount") : null);
  if (value === null) {
    byId("limit-value").focus();
    return;
  }
  await whileBusy(byId("limit-save"), () => attempt("limit-told", "limit-problem", async () => {
    tellChange(await change("PUT", limitPath(chosen("kind"), chosen("period")), { value }));
    byId("limit-value").value = "";
    echo();
  }));
}

/** A sentence for a warning that came with a round: a limit that is nearly used up. */
export function limitWarning({ kind, period, used, value }) {
  const share = value > 0 ? Math.floor((used * 100) / value) / 100 : 1;
  const percent = new Intl.NumberFormat(locale(), { style: "percent" }).format(share);
  return t("warning.limit", { percent, kind: nameOf(kind).toLocaleLowerCase(locale()), period: nameOf(period) });
}

export function startLimits() {
  byId("limit-form").addEventListener("submit", save);
  byId("limit-value").addEventListener("input", echo);
  for (const part of ["kind", "period"]) {
    byId(`limit-${part}`).addEventListener("change", () => {
      drawChoices(protection().offer);
      drawUnit();
    });
  }
}

export function clearLimits() {
  byId("limit-cards").replaceChildren();
  byId("limit-value").value = "";
  byId("limit-told").textContent = "";
  byId("limit-echo").textContent = "";
  clearProblem(byId("limit-problem"));
}
