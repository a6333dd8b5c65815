/** Balances, PIX deposits and withdrawals. */

import { act, ApiProblem, command, read } from "../api.js";
import { byId, copyText, h, show, whileBusy } from "../dom.js";
import { amountField } from "../forms.js";
import { formatTime, locale, t } from "../i18n.js";
import { editableText, formatMinor } from "../money.js";
import { isPresent } from "../presence.js";
import { clearProblem, showProblem } from "../problems.js";
import { onWallet, refreshWallet, state } from "../store.js";

const POLL_MS = 3_000;
const FINAL = new Set(["credited", "refunded", "expired", "paid", "released"]);

let charge = null;
let withdrawal = null;
let timer = null;
let isAsleep = false;
let sandboxMissing = false;

const money = (minor) => formatMinor(minor, locale(), state.wallet?.currency ?? "BRL");

export function drawWallet(wallet = state.wallet) {
  if (!wallet) return;
  byId("chip-balance").textContent = money(wallet.cash_minor + wallet.bonus_minor);
  byId("wallet-cash").textContent = money(wallet.cash_minor);
  byId("wallet-bonus").textContent = money(wallet.bonus_minor);
  if (wallet.head_hash) {
    byId("wallet-held").textContent = money(wallet.held_minor);
    byId("wallet-withdrawable").textContent = money(wallet.withdrawable_minor);
    byId("wallet-head").textContent = t("wallet.head", {
      seq: wallet.seq,
      hash: `${wallet.head_hash.slice(0, 12)}…`,
    });
  }
}

export function drawCharge() {
  show(byId("charge"), charge !== null);
  if (!charge) return;
  const key = charge.status === "pending" ? "deposit.waiting" : `deposit.${charge.status}`;
  byId("charge-status").textContent = t(key, { amount: money(charge.amount_minor) });
  byId("charge").dataset.status = charge.status;
  show(byId("charge-code"), charge.status === "pending");
  byId("br-code").value = charge.pix.br_code;
  byId("charge-expiry").textContent = t("deposit.expires", { time: formatTime(charge.pix.expires_at) });
  show(byId("sandbox-pay"), !sandboxMissing);
}

export function drawWithdrawal() {
  const place = byId("withdrawal");
  show(place, withdrawal !== null);
  if (!withdrawal) return;
  place.dataset.status = withdrawal.status;
  const sentence = t(`withdraw.${withdrawal.status}`, {
    amount: money(withdrawal.amount_minor),
    time: formatTime(withdrawal.due_at),
  });
  place.replaceChildren(
    h("p", {}, sentence),
    h("p", { class: "hint" }, withdrawal.explanation),
    h("code", { class: "mono" }, withdrawal.withdrawal_id),
  );
}

/** Ask for what is still open, while the page is looked at, until it is final. */
function watch() {
  clearTimeout(timer);
  const open = [charge, withdrawal].some((thing) => thing && !FINAL.has(thing.status));
  if (open) timer = setTimeout(poll, POLL_MS);
}

/** Who watches a payment touches nothing meanwhile; once the token is over, a failure ends the asking until they do. */
async function poll() {
  try {
    if (!document.hidden && (isPresent() || !isAsleep)) {
      await refreshOpen();
      isAsleep = false;
    }
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return;
    isAsleep = !isPresent();
  }
  watch();
}

async function refreshOpen() {
  if (charge && !FINAL.has(charge.status)) {
    charge = { ...charge, ...(await read(`/v1/me/deposits/${charge.deposit_id}`)) };
    drawCharge();
  }
  if (withdrawal && !FINAL.has(withdrawal.status)) {
    withdrawal = { ...withdrawal, ...(await read(`/v1/me/withdrawals/${withdrawal.withdrawal_id}`)) };
    drawWithdrawal();
  }
  await refreshWallet();
}

/** Show the outcome of a money command, whether it answered at once or was asked again. */
export async function acceptAnswer(kind, body, answer) {
  if (kind === "deposit") {
    charge = { ...answer, amount_minor: body.amount_minor };
    drawCharge();
  } else {
    withdrawal = { ...answer, amount_minor: body.amount_minor };
    drawWithdrawal();
  }
  await refreshWallet();
  watch();
}

async function payInSandbox() {
  const place = byId("deposit-problem");
  clearProblem(place);
  try {
    await act(`/v1/sandbox/pix/${charge.pix.txid}/pay`, {});
    await refreshOpen();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) sandboxMissing = true;
    else showProblem(place, error);
    drawCharge();
  }
  watch();
}

function startDeposit(afterNoAnswer) {
  const amount = amountField(byId("deposit-amount"), byId("deposit-echo"));
  byId("deposit").addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = byId("deposit-problem");
    clearProblem(place);
    const amountMinor = amount.value();
    if (amountMinor === null) return;
    await whileBusy(event.currentTarget.querySelector("[type=submit]"), async () => {
      const body = { amount_minor: amountMinor, method: "pix" };
      try {
        await acceptAnswer("deposit", body, await command("deposit", "/v1/me/deposits", body));
        amount.clear();
      } catch (error) {
        showProblem(place, error);
        afterNoAnswer();
      }
    });
  });
  byId("copy-code").addEventListener("click", async () => {
    if (await copyText(byId("br-code").value)) byId("charge-expiry").textContent = t("deposit.copied");
    else byId("br-code").select();
  });
  byId("sandbox-pay").addEventListener("click", (event) => whileBusy(event.currentTarget, payInSandbox));
}

async function ownAccount() {
  const accounts = await read("/v1/me/payment-accounts");
  return accounts.items[0].payment_account_id;
}

function startWithdraw(afterNoAnswer) {
  const amount = amountField(byId("withdraw-amount"), byId("withdraw-echo"));
  byId("withdraw-all").addEventListener("click", () => {
    byId("withdraw-amount").value = editableText(state.wallet?.withdrawable_minor ?? 0, locale());
    amount.update();
  });
  byId("withdraw").addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = byId("withdraw-problem");
    clearProblem(place);
    const amountMinor = amount.value();
    if (amountMinor === null) return;
    await whileBusy(event.currentTarget.querySelector("[type=submit]"), async () => {
      try {
        const body = { amount_minor: amountMinor, payment_account_id: await ownAccount() };
        await acceptAnswer("withdrawal", body, await command("withdrawal", "/v1/me/withdrawals", body));
        amount.clear();
      } catch (error) {
        showProblem(place, error);
        afterNoAnswer();
      }
    });
  });
}

/** Forget the charge and the withdrawal of whoever was signed in. */
export function clearWallet() {
  clearTimeout(timer);
  charge = null;
  withdrawal = null;
  drawCharge();
  drawWithdrawal();
}

export function startWallet({ afterNoAnswer }) {
  onWallet(drawWallet);
  startDeposit(afterNoAnswer);
  startWithdraw(afterNoAnswer);
}
