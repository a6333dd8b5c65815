"""What is done at each step of an off-boarding; each may be done again without harm.

The step that is taken last writes its time, so a step that was cut off is taken again. The money
leaves by the very path of a withdrawal that the player asks for themselves, to the account that
they registered; what nobody takes is for `services.escheats`.
"""

import json
from dataclasses import dataclass, replace
from typing import Final

from services.communications import Letter, send_letter
from services.container import House
from services.payouts import try_to_pay_out
from services.pix_notices import has_open_payments
from services.register_facts import IDENTIFIED, tell_wallet
from services.rows import integer
from services.session_endings import end_all
from services.unknown_wallet import says_never_opened
from services.withdrawals import own_account, remember_withdrawal
from shared.compliance.model import profile_now
from shared.compliance.registers.notices import NoticeKind, notice
from shared.compliance.registers.offboarding import Case, deadlines, state_of
from shared.compliance.rules import Offboarding, TextLanguage
from shared.kernel.times import MINUTE_MS, local_date
from shared.platform.ports import Statement, Unreachable
from shared.wallet.answer import decode_answer

_NOTIFIED: Final = """
UPDATE offboardings SET notified_at = ? WHERE case_id = ? AND notified_at IS NULL
"""
_CLOSED: Final = "UPDATE offboardings SET closed_at = ? WHERE case_id = ? AND closed_at IS NULL"
_REFUNDED: Final = """
UPDATE offboardings SET refunded_at = ?, refunded_minor = ? WHERE case_id = ?
AND refunded_at IS NULL AND escheated_at IS NULL
"""
_SENT: Final = """
SELECT coalesce(sum(amount_minor), 0) AS sent FROM withdrawals
WHERE player_id = ? AND status = 'paid' AND requested_at >= ?
"""
_OPENED: Final = "SELECT 1 FROM players WHERE player_id = ? AND wallet_opened_at IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Open:
    """A case at `at_ms`, the time of its player."""

    case_id: str
    player_id: str
    jurisdiction: str
    reasons: tuple[str, ...]
    currency: str
    kyc_status: str
    case: Case
    refunded_minor: int
    rules: Offboarding
    at_ms: int


@dataclass(frozen=True, slots=True)
class Balance:
    cash_minor: int
    held_minor: int
    seq: int
    currency: str


async def notify(house: House, case: Open) -> bool:
    """Tell the person why and until when they can withdraw; or else that the account is closed."""
    if case.case.closed_at is None:
        told = deadlines(replace(case.case, notified_at=case.at_ms), case.rules)
        until = min(told.withdraw_until, told.close_by)
        await _send(house, case, "impeded", {"until": until})
    else:
        await _send(house, case, "closed", {"now": case.case.closed_at})
    await house.db.execute(_NOTIFIED, case.at_ms, case.case_id)
    return True


async def close_account(house: House, case: Open) -> bool:
    """Close the account: nobody logs in, no session goes on, the registers are asked no more.

    The account is closed first, so that no session is opened while the others are ended.
    """
    now_ms = house.clock.now_ms()
    await house.db.batch(
        [
            Statement(
                "UPDATE players SET status = 'closed', updated_at = ? WHERE player_id = ?",
                (now_ms, case.player_id),
            ),
            Statement(
                "UPDATE register_standings SET next_at = NULL WHERE player_id = ?",
                (case.player_id,),
            ),
        ]
    )
    await end_all(house, case.player_id, "player", "closed", now_ms)
    await house.db.execute(_CLOSED, case.at_ms, case.case_id)
    return True


async def refund(house: House, case: Open) -> bool:
    """Send what is left to the registered account; False while the bank has not paid it, or a
    payment that came before the closing is on its way into the wallet.
    """
    is_paid_into = await has_open_payments(house, case.player_id)  # before the balance is read
    balance = await balance_of(house, case)
    if balance.cash_minor > 0:
        await _pay_out(house, case, balance)
        balance = await balance_of(house, case)
    if balance.cash_minor > 0 or balance.held_minor > 0 or is_paid_into:
        return False
    return await is_refunded(house, case)


async def write_letters(house: House, case: Open) -> None:
    """Everything that the person is still to be told of what was done; money never waits for it.

    Raises:
        PlatformError: when a letter could not be sent.
    """
    if case.case.closed_at is not None:
        await _send(house, case, "closed", {"now": case.case.closed_at})
    if case.case.refunded_at is not None and case.refunded_minor:
        amount = _amount(case.refunded_minor, case.currency)
        await _send(house, case, "refunded", {"now": case.case.refunded_at, "amount": amount})
    if state_of(case.case, case.rules, case.at_ms) == "UNCLAIMED":
        balance = await balance_of(house, case)
        amount = _amount(balance.cash_minor + balance.held_minor, case.currency)
        until = deadlines(case.case, case.rules).escheat_from
        await _send(house, case, "unclaimed", {"until": until, "amount": amount})


async def _pay_out(house: House, case: Open, balance: Balance) -> None:
    """Hold all cash and have the bank pay it. The key names the state of the ledger, so a hold
    whose answer was lost is not made twice, and one that the bank refused is tried anew.
    """
    house.bank.check()
    payload = {
        "amount_minor": balance.cash_minor,
        "currency": balance.currency,
        "payment_account_id": await own_account(house, case.player_id, None),
    }
    key = f"offboarding:{case.case_id}:{balance.seq}"
    text = await house.wallets.execute(
        case.player_id, "withdrawal_hold", key, "", json.dumps(payload)
    )
    answer = decode_answer(text)
    if answer.status >= 400:
        raise Unreachable(f"the wallet holds nothing: {json.loads(answer.body)['code']}")
    hold = json.loads(answer.body)
    row = await remember_withdrawal(house, case.player_id, hold, _language(case), 0)
    await try_to_pay_out(house, row)


async def is_blocked(house: House, player_id: str, at_ms: int) -> bool:
    """Tell the wallet that its player leaves; True when it knows, or was never opened: nobody bets
    with a wallet that is not there, and the login that opens it tells it.
    """
    if await tell_wallet(house, player_id, at_ms):
        return True
    try:
        return await _balance(house, player_id) is None
    except Unreachable:
        return False


async def balance_of(house: House, case: Open) -> Balance:
    """What is in the wallet, and nothing when it was never opened.

    Raises:
        Unreachable: when the wallet says nothing of it.
    """
    found = await _balance(house, case.player_id)
    return Balance(0, 0, 0, case.currency) if found is None else found


async def _balance(house: House, player_id: str) -> Balance | None:
    answer = decode_answer(await house.wallets.query(player_id, "balance", "", "{}"))
    told = json.loads(answer.body)
    if says_never_opened(answer):
        if await house.db.first(_OPENED, player_id) is None:
            return None
        raise Unreachable("a wallet that was opened does not know it")
    if answer.status >= 400:
        raise Unreachable(f"the wallet does not tell its balance: {told['code']}")
    return Balance(
        integer(told["cash_minor"]),
        integer(told["held_minor"]),
        integer(told["seq"]),
        str(told["currency"]),
    )


async def is_refunded(house: House, case: Open) -> bool:
    """End a case whose wallet is empty, with what was sent since the closing."""
    row = await house.db.first(_SENT, case.player_id, case.case.closed_at)
    assert row is not None
    await house.db.execute(_REFUNDED, case.at_ms, integer(row["sent"]), case.case_id)
    return True


async def _send(house: House, case: Open, kind: NoticeKind, values: dict[str, int | str]) -> None:
    language = _language(case)
    offset_ms = profile_now(case.jurisdiction, case.at_ms).profile.day_offset_ms
    written = {"found": case.case.found_at, **values}
    told = notice(
        kind,
        language,
        reasons=case.reasons,
        is_identified=case.kyc_status in IDENTIFIED,
        values={
            name: _moment(value, language, offset_ms) if isinstance(value, int) else value
            for name, value in written.items()
        },
    )
    await send_letter(house, Letter(case.player_id, case.case_id, kind, language, told), case.at_ms)


def _language(case: Open) -> TextLanguage:
    return "pt-BR" if case.jurisdiction == "br" else "en"


def _moment(at_ms: int, language: TextLanguage, offset_ms: int) -> str:
    """`24/11/2026 09:30` and `2026-11-24 09:30`: the time on the person's own wall."""
    day = local_date(at_ms, offset_ms)
    minutes = (at_ms + offset_ms) // MINUTE_MS % (24 * 60)
    date = f"{day:%d/%m/%Y}" if language == "pt-BR" else day.isoformat()
    return f"{date} {minutes // 60:02d}:{minutes % 60:02d}"


def _amount(amount_minor: int, currency: str) -> str:
    return f"{currency} {amount_minor // 100}.{amount_minor % 100:02d}"
