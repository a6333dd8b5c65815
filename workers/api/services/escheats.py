"""What nobody claimed falls to the funds of the law when a second person has approved the debit.

The job proposes, as the maker of every debit does, and the case waits as unclaimed meanwhile: it
ends only once the wallet has been debited. A second person who rejects the debit knows something
that the house did not. Then a person is told by an alert, the money is offered to the registered
account again by every look at the case, and after thirty days the debit is proposed anew.
"""

from typing import Final

from services.container import House
from services.offboarding_steps import Balance, Open, balance_of, is_refunded, refund
from services.proposals import Proposal, propose
from services.rows import integer
from shared.identity.model import Principal
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS
from shared.platform.ports import Record

OFFICE: Final = Principal("offboarding", "", "admin")
"""The job as the maker of a proposal. It has no account and decides nothing."""
PROPOSED_AGAIN_AFTER_MS: Final = 30 * DAY_MS

_LAST_PROPOSAL: Final = """
SELECT a.* FROM approvals a JOIN offboardings o ON o.escheat_approval_id = a.approval_id
WHERE o.case_id = ?
"""
_PROPOSED: Final = """
UPDATE offboardings SET escheat_approval_id = ? WHERE case_id = ?
AND refunded_at IS NULL AND escheated_at IS NULL
"""
_ESCHEATED: Final = """
UPDATE offboardings SET escheated_at = ? WHERE case_id = ?
AND refunded_at IS NULL AND escheated_at IS NULL
"""
_ALARM: Final = """
INSERT OR IGNORE INTO aml_alerts (alert_id, player_id, rule_id, window_started_at, window_ended_at,
  band, observed, threshold, evidence, status, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?4, 'high', 0, 0, ?5, 'open', ?6, ?6)
"""


async def escheat(house: House, case: Open) -> bool:
    """Have what is left fall to the funds of the law; False while a second person has not decided,
    or the bank has not said whether it paid.
    """
    last = await house.db.first(_LAST_PROPOSAL, case.case_id)
    balance = await balance_of(house, case)
    if last is not None and last["carried_out_at"] is not None and balance.cash_minor <= 0:
        await house.db.execute(_ESCHEATED, case.at_ms, case.case_id)
        return True
    if balance.held_minor:
        return False
    if balance.cash_minor <= 0:
        return await is_refunded(house, case)
    if last is None or last["carried_out_at"] is not None:
        await _propose(house, case, balance)
        return False
    return await _wait(house, case, last, balance)


async def _wait(house: House, case: Open, last: Record, balance: Balance) -> bool:
    """Follow a proposal that has not been carried out."""
    if last["refusal"] is not None:
        await _tell_people(house, case, last, "refused")
    if last["status"] != "rejected":
        return False
    await _tell_people(house, case, last, "rejected")
    if house.clock.now_ms() - integer(last["decided_at"]) < PROPOSED_AGAIN_AFTER_MS:
        return await refund(house, case)
    await _propose(house, case, balance, after=str(last["approval_id"]))
    return False


async def _propose(house: House, case: Open, balance: Balance, after: str = "") -> None:
    """Fix the amount and propose its debit. The key names the state of the ledger and the proposal
    that was rejected, so one that was cut off is the same when it is made again.
    """
    subject = {
        "player_id": case.player_id,
        "direction": "debit",
        "amount_minor": balance.cash_minor,
        "currency": balance.currency,
    }
    proposal = Proposal(
        "adjustment",
        "wallet.adjustment.propose",
        case.player_id,
        subject,
        "unclaimed 180 days after the notice: to FIES and FUNCAP (IN SPA/MF 22/2025, 31/2025)",
    )
    key = f"{case.case_id}:{balance.seq}" + (f":{after}" if after else "")
    row, _ = await propose(house, OFFICE, key, proposal, house.clock.now_ms())
    await house.db.execute(_PROPOSED, row["approval_id"], case.case_id)


async def _tell_people(house: House, case: Open, last: Record, how: str) -> None:
    """One alert for each proposal that was `rejected` by its second person or `refused` by the
    wallet; either is for people to clear up.
    """
    now_ms = house.clock.now_ms()
    evidence = {"case_id": case.case_id, "approval_id": last["approval_id"]}
    await house.db.execute(
        _ALARM,
        uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID)),
        case.player_id,
        f"offboarding.escheat_{how}",
        last["decided_at"],
        canonical_json(evidence),
        now_ms,
    )
