/** The statement: every event of the wallet, newest first, and the proof that none is missing. */

import { read } from "../api.js";
import { byId, h, show, whileBusy } from "../dom.js";
import { formatCount, formatTime, has, locale, plural, t, TIME_ZONE } from "../i18n.js";
import { formatMinor, formatSigned } from "../money.js";
import { clearProblem, showProblem } from "../problems.js";
import { state } from "../store.js";

const PAGE = 50;

let events = [];
let cursor = null;

const money = (minor) => formatMinor(minor, locale(), state.wallet?.currency ?? "BRL");
const signed = (minor) => formatSigned(minor, locale(), state.wallet?.currency ?? "BRL");

/** A round that paid nothing is closed by a WIN of zero; nobody should read it as a win. */
function eventName({ type, amount_minor: amount }) {
  const key = `event.${type === "WIN" && amount === 0 ? "WIN_OF_NOTHING" : type}`;
  return has(key) ? t(key) : type;
}

function change(event) {
  const parts = [];
  if (event.cash_delta !== 0) parts.push(h("span", { class: "delta" }, signed(event.cash_delta)));
  if (event.bonus_delta !== 0) {
    parts.push(h("span", { class: "delta part" }, t("statement.bonus_part", { amount: signed(event.bonus_delta) })));
  }
  if (event.held_delta !== 0) {
    parts.push(h("span", { class: "delta part" }, t("statement.held_part", { amount: signed(event.held_delta) })));
  }
  return parts.length > 0 ? parts : ["–"];
}

function row(event) {
  return h("tr", { "data-type": event.type },
    h("td", { class: "mono seq" }, String(event.seq)),
    h("td", { class: "when num" }, formatTime(event.recorded_at)),
    h("th", { scope: "row", class: "what" }, eventName(event)),
    h("td", { class: "num right change" }, ...change(event)),
    h("td", { class: "num right after", "data-label": t("statement.cash_after") }, money(event.cash_after)),
    h("td", { class: "mono hash" }, event.hash.slice(0, 10)));
}

export function drawStatement() {
  byId("statement-rows").replaceChildren(...events.map(row));
  show(byId("statement-empty"), events.length === 0);
  show(byId("statement-more"), cursor !== null);
}

export async function openStatement({ more = false } = {}) {
  clearProblem(byId("statement-problem"));
  const query = more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await read(`/v1/me/wallet/events?limit=${PAGE}${query}`);
  events = more ? [...events, ...page.items] : page.items;
  cursor = page.next_cursor;
  drawStatement();
}

/** A long wallet is proven a part a call; a part that holds is not yet the whole. */
function proofState({ ok, is_complete: isComplete }) {
  if (!ok) return "refuted";
  return isComplete ? "proven" : "partial";
}

function proofText({ ok, events: count, from_seq: from, is_complete: isComplete, head_hash: head, broken_at: at }) {
  if (!ok) return t("chain.broken", { at });
  if (!isComplete) return t("chain.partial", { from: formatCount(from), n: formatCount(count) });
  return plural("chain.ok", count, { hash: `${head.slice(0, 16)}…` });
}

async function verifyChain() {
  const verdict = byId("chain-verdict");
  try {
    const proof = await read("/v1/me/wallet/verify");
    verdict.dataset.state = proofState(proof);
    verdict.textContent = proofText(proof);
    show(verdict, true);
  } catch (error) {
    showProblem(byId("statement-problem"), error);
  }
}

/** Every event with every hashed field, oldest first: what `/audit` and `make audit` check. */
async function wholeStatement() {
  const path = "/v1/me/wallet/export";
  const whole = await read(path);
  while (whole.next_cursor !== null) {
    const piece = await read(`${path}?cursor=${encodeURIComponent(whole.next_cursor)}`);
    for (const event of piece.events) whole.events.push(event);
    whole.next_cursor = piece.next_cursor;
  }
  return whole;
}

/** Swedish writes a date as ISO 8601 does; the day is the one that the statement shows. */
const today = () => new Intl.DateTimeFormat("sv-SE", { timeZone: TIME_ZONE }).format(new Date());

async function exportStatement() {
  clearProblem(byId("statement-problem"));
  try {
    const statement = new Blob([JSON.stringify(await wholeStatement())], { type: "application/json" });
    const address = URL.createObjectURL(statement);
    h("a", { href: address, download: `statement-${today()}.json` }).click();
    // The download has its own hold on the bytes once it has begun, which is after this task.
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  } catch (error) {
    showProblem(byId("statement-problem"), error);
  }
}

export function clearStatement() {
  events = [];
  cursor = null;
  show(byId("chain-verdict"), false);
}

export function startStatement() {
  byId("statement-more").addEventListener("click", (event) =>
    whileBusy(event.currentTarget, () => openStatement({ more: true })));
  byId("verify-chain").addEventListener("click", (event) => whileBusy(event.currentTarget, verifyChain));
  byId("export-statement").addEventListener("click", (event) => whileBusy(event.currentTarget, exportStatement));
}
