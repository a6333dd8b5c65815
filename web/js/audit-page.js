/** The page of the auditor. Invariant: it makes no request after its own files have been loaded. */

import { audit, isStatement } from "./audit.js";
import { byId, show } from "./dom.js";
import { canVerify } from "./fairness.js";
import { mark } from "./forms.js";
import { locale, onLanguageChange, plural, startLanguage, t } from "./i18n.js";
import { formatMinor } from "./money.js";

let report = null;

async function read(input) {
  return Promise.all([...input.files].map(async (file) => JSON.parse(await file.text())));
}

function complain(key) {
  report = null;
  show(byId("result"), false);
  show(byId("audit-problem"), true);
  byId("audit-problem").textContent = t(key);
}

async function check(event) {
  event.preventDefault();
  show(byId("audit-problem"), false);
  const statements = byId("statements");
  mark(statements, statements.files.length ? null : t("audit.no_file"));
  if (!statements.files.length) return;
  if (!canVerify()) {
    complain("fairness.no_crypto");
    return;
  }
  try {
    // Whichever field a file was put into, what it is decides what it is taken for.
    const files = [...(await read(statements)), ...(await read(byId("anchors")))];
    report = await audit(files.filter(isStatement), files.filter((file) => !isStatement(file)));
    draw();
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    complain("audit.unreadable");
  }
}

function draw() {
  if (!report) return;
  const { ok, law, broken_at: at, balances, currency } = report;
  show(byId("result"), true);
  const verdict = byId("result-verdict");
  verdict.dataset.state = ok ? "proven" : "refuted";
  verdict.textContent = ok ? t("audit.proven") : t(`audit.law_${law}`, { at: at ?? "" });
  byId("result-events").textContent = plural("audit.events", report.events - report.closed_seq);
  const amount = (minor) => formatMinor(minor, locale(), currency);
  byId("result-balances").textContent = ok
    ? t("audit.balances", {
        cash: amount(balances.cash),
        bonus: amount(balances.bonus),
        held: amount(balances.held),
      })
    : "";
  byId("result-anchored").textContent = ok ? [beginning(), anchored()].join(" ").trim() : "";
  byId("result-head").textContent = ok ? t("audit.head", { hash: report.head_hash }) : "";
}

function beginning() {
  const { opening, closed_seq: at, archived } = report;
  const days = archived.length ? [t("audit.archived", { days: archived.join(", ") })] : [];
  return [...(opening ? [t(`audit.opening_${opening}`, { at })] : []), ...days].join(" ");
}

function anchored() {
  const { proved, published } = report;
  if (proved.length === 0) return t("audit.not_anchored");
  const days = (list) => list.join(", ");
  const compared = published.length ? [t("audit.published", { days: days(published) })] : [];
  const alone = proved.filter((day) => !published.includes(day));
  const uncompared = alone.length ? [t("audit.uncompared", { days: days(alone) })] : [];
  return [...compared, ...uncompared].join(" ");
}

// The result is set in this face, which a browser fetches when it is first needed: too late without a network.
document.fonts.load('1em "Atkinson Mono"');
startLanguage();
onLanguageChange(draw);
byId("audit").addEventListener("submit", check);
