"""A person asks for the erasure of their data, and somebody of the house decides.

What no law keeps goes with the decision, in its transaction: the key under which it is sealed is
destroyed, the account closed, and what stood in clear is overwritten. What law keeps of a name
stays sealed under the person's key of records, until the last of its classes has ended;
`retention_sweep` then destroys that key too. `fates` says for each table what goes when. The ledger
names nobody but by the id of the player, so it verifies before and after. Sessions end before the
transaction; files in R2, and sessions opened since, go after it, until they are done.
"""

import json
from contextlib import suppress
from typing import Final

from services.audit import Action, carry_out
from services.container import House
from services.fates import at_the_grant
from services.personal_data import open_person
from services.rows import integer
from services.unknown_wallet import says_never_opened
from shared.compliance.errors import ERASURE_DECIDED, ERASURE_MONEY_OPEN, ERASURE_NOT_FOUND
from shared.compliance.model import profile_now
from shared.compliance.retention import Kept, explanation, kept_after
from shared.compliance.rules import TextLanguage
from shared.identity.model import Principal
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.kernel.failures import anonymous_trace
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record, SqlConstraintError, Statement, Unreachable
from shared.wallet.answer import decode_answer

_LAST: Final = "SELECT * FROM erasure_requests WHERE player_id = ? ORDER BY rowid DESC LIMIT 1"
_OPEN: Final = """
INSERT INTO erasure_requests (request_id, player_id, status, requested_at)
VALUES (?, ?, 'open', ?)
"""
_DECIDE: Final = """
UPDATE erasure_requests SET status = ?, decided_at = ?, decided_by = ?, decision_reason = ?
WHERE request_id = ? AND status = 'open'
"""
_KEEP: Final = """
INSERT INTO retentions (player_id, record_class, began_at, keep_until)
SELECT ?, ?, ?, ? WHERE NOT EXISTS (
  SELECT 1 FROM retentions WHERE player_id = ? AND record_class = ?)
"""
_KEEP_IDENTITY: Final = (
    "INSERT INTO kept_identities (player_id, sealed, kept_since) SELECT ?, ?, ? WHERE true"
)
DESTROY_KEY: Final = """
UPDATE person_keys SET wrapped = NULL, key_id = NULL, destroyed_at = ?
WHERE player_id = ? AND purpose = ? AND destroyed_at IS NULL
"""
_CLOSE: Final = "UPDATE players SET status = 'closed', updated_at = ? WHERE player_id = ?"
# Deposits are counted, because one that began and ended meanwhile left a balance. The expression on
# the right of the approvals' has no affinity either, so that their index serves.
_IF_STILL_SO: Final = """
AND EXISTS (SELECT 1 FROM erasure_requests AS e WHERE e.request_id = ? AND e.status = 'open'
  AND (SELECT count(*) FROM deposits AS d WHERE d.player_id = e.player_id) = ?
  AND NOT EXISTS (SELECT 1 FROM deposits AS d WHERE d.player_id = e.player_id
    AND d.status = 'pending')
  AND NOT EXISTS (SELECT 1 FROM withdrawals AS w WHERE w.player_id = e.player_id
    AND w.status = 'processing')
  AND NOT EXISTS (SELECT 1 FROM pix_received AS r JOIN deposits AS d USING (txid)
    WHERE d.player_id = e.player_id AND r.outcome = 'open')
  AND NOT EXISTS (SELECT 1 FROM offboardings AS o WHERE o.player_id = e.player_id
    AND o.next_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM approvals AS a WHERE a.subject ->> 'player_id' = e.player_id || ''
    AND (a.status = 'pending' OR (a.status = 'approved' AND a.carried_out_at IS NULL
      AND a.refusal IS NULL))))
"""
"""Ends every statement that erases: when somebody decided first, or a payment, an off-boarding or a
proposal began after the look at them, none must change anything. An approved proposal without an
outcome is on its way to the wallet."""
_END_SESSIONS: Final = """
UPDATE refresh_families SET revoked_at = ?, revoked_reason = 'erased'
WHERE subject_id = ? AND revoked_at IS NULL
"""
_UNFINISHED: Final = (
    "SELECT request_id, player_id FROM erasure_requests WHERE status = 'granted'"
    " ORDER BY (instr('0123456789abcdef', substr(request_id, -1)) + ?) % 17"
    " LIMIT CAST(? AS INTEGER)"
)
_COMPLETE: Final = """
UPDATE erasure_requests SET status = 'completed', completed_at = ?
WHERE request_id = ? AND status = 'granted'
"""
_PAYMENTS: Final = """
SELECT (SELECT count(*) FROM deposits WHERE player_id = ?1) AS deposits,
  (SELECT count(*) FROM deposits WHERE player_id = ?1 AND status = 'pending')
  + (SELECT count(*) FROM withdrawals WHERE player_id = ?1 AND status = 'processing')
  + (SELECT count(*) FROM pix_received JOIN deposits USING (txid)
    WHERE player_id = ?1 AND outcome = 'open') AS pending,
  (SELECT count(*) FROM offboardings WHERE player_id = ?1 AND next_at IS NOT NULL) AS leaving,
  EXISTS (SELECT 1 FROM players
    WHERE player_id = ?1 AND wallet_opened_at IS NOT NULL) AS has_wallet,
  (SELECT count(*) FROM approvals WHERE subject ->> 'player_id' = ?1 AND (status = 'pending'
    OR (status = 'approved' AND carried_out_at IS NULL AND refusal IS NULL))) AS proposed
"""


async def request_erasure(house: House, player_id: str, now_ms: int) -> tuple[Record, bool]:
    """The request of a player, and whether it was there before: one is open at a time."""
    known = await house.db.first(_LAST, player_id)
    if known is not None and known["status"] == "open":
        return known, True
    request_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    # Of two at once one is the request.
    with suppress(SqlConstraintError):
        await house.db.execute(_OPEN, request_id, player_id, now_ms)
    row = await last_request(house, player_id)
    return row, row["request_id"] != request_id


async def last_request(house: House, player_id: str) -> Record:
    """The last request of a player.

    Raises:
        Rejected: ERASURE_NOT_FOUND.
    """
    row = await house.db.first(_LAST, player_id)
    if row is None:
        raise Rejected(ERASURE_NOT_FOUND, "You have not asked for an erasure.")
    return row


def what_stays(
    house: House, closed_at: int, language: TextLanguage
) -> tuple[tuple[Kept, ...], str]:
    """What law would keep of an account closed at `closed_at`, and how that is told."""
    rules = profile_now(house.settings.jurisdiction, closed_at)
    kept = kept_after(rules, closed_at)
    return kept, explanation(kept, language, rules.profile.day_offset_ms)


async def decide_erasure(
    house: House, actor: Principal, request_id: str, *, is_granted: bool, reason: str, now_ms: int
) -> Record:
    """The request after the decision and, when it was granted, after what can be done at once.

    Raises:
        Rejected: ERASURE_NOT_FOUND, ERASURE_DECIDED, ERASURE_MONEY_OPEN.
        Unreachable: when the wallet gave no answer; nothing is decided then.
    """
    request = await _request(house, request_id)
    if request["status"] != "open":
        raise Rejected(ERASURE_DECIDED, f"It is {request['status']!s}.")
    player_id = str(request["player_id"])
    outcome = "granted" if is_granted else "refused"
    decided = Statement(_DECIDE, (outcome, now_ms, actor.subject_id, reason, request_id))
    statements = [decided]
    if is_granted:
        await _refuse_open_money(house, player_id)
        await _end_sessions(house, player_id, now_ms)
        # Nobody acts for the person any more; what was on its way until now is seen by this look.
        deposits = await _refuse_open_money(house, player_id)
        erasing = [*await _erasing(house, player_id, now_ms), decided]
        seen = (request_id, deposits)
        statements = [Statement(one.sql + _IF_STILL_SO, (*one.params, *seen)) for one in erasing]

    async def plan() -> Action:
        told = {"request_id": request_id, "outcome": outcome}
        return Action("erasure.decide", player_id, told, statements)

    _, happened = await carry_out(house, actor, now_ms, plan)
    if not happened:
        if (await _request(house, request_id))["status"] == "open":
            raise Rejected(ERASURE_MONEY_OPEN, "A payment, an off-boarding or a proposal is new.")
        raise Rejected(ERASURE_DECIDED, "Somebody decided this a moment ago.")
    if is_granted:
        await _try_to_finish(house, request_id, player_id)
    return await _request(house, request_id)


async def finish_erasures(house: House, limit: int, slot: int) -> int:
    """Do what came after decisions and was cut off; how many are finished now. Each `slot` begins
    elsewhere, so that what cannot be finished keeps nothing else waiting.
    """
    rows = await house.db.query(_UNFINISHED, slot, limit)
    done = [await _try_to_finish(house, str(r["request_id"]), str(r["player_id"])) for r in rows]
    return sum(done)


def keeping(kept: tuple[Kept, ...], player_id: str, began_at: int) -> list[Statement]:
    """What makes the classes stay until their end; a retention that is there stays as it is."""
    named = [(player_id, one.record_class) for one in kept]
    return [
        Statement(_KEEP, (*name, began_at, one.keep_until, *name))
        for name, one in zip(named, kept, strict=True)
    ]


async def _erasing(house: House, player_id: str, now_ms: int) -> list[Statement]:
    """Everything that happens in the transaction of the decision."""
    row = await house.db.first("SELECT * FROM players WHERE player_id = ?", player_id)
    assert row is not None
    known = await open_person(house, row)
    record = {name: known[name] for name in ("full_name", "birth_date", "address")}
    sealed = await house.sealing.seal(canonical_json(record), bound=f"player:{player_id}:record")
    kept, _ = what_stays(house, now_ms, "en")
    return [
        *keeping(kept, player_id, now_ms),
        Statement(_KEEP_IDENTITY, (player_id, sealed, now_ms)),
        *at_the_grant(player_id),
        Statement(_END_SESSIONS, (now_ms, player_id)),
        Statement(_CLOSE, (now_ms, player_id)),
        Statement(DESTROY_KEY, (now_ms, player_id, "profile")),
    ]


async def _refuse_open_money(house: House, player_id: str) -> int:
    """How many deposits there are. A balance is paid out first: nobody could be paid once nobody
    knows who they are. The payments are looked at before the wallet, so that one that ends in
    between is seen as a balance.
    """
    payments = await house.db.first(_PAYMENTS, player_id)
    assert payments is not None
    if integer(payments["leaving"]):
        raise Rejected(ERASURE_MONEY_OPEN, "The person leaves the house; let that end first.")
    if integer(payments["proposed"]):
        raise Rejected(ERASURE_MONEY_OPEN, "A proposal about the player waits; have it decided.")
    text = await house.wallets.query(player_id, "state_at", "", "{}")
    answer = decode_answer(text)
    body = json.loads(answer.body)
    if answer.status >= 400:
        # Only a wallet that was never opened holds nothing: one that is torn says this much too.
        if says_never_opened(answer) and not payments["has_wallet"]:
            return integer(payments["deposits"])
        raise Unreachable("the wallet did not show its state")
    balances = {name: body[name] for name in ("cash_minor", "bonus_minor", "held_minor")}
    if any(balances.values()) or body["open_rounds"] or integer(payments["pending"]):
        raise Rejected(
            ERASURE_MONEY_OPEN,
            "Pay the balance out, and let bets and payments end, before the data go.",
            balance=balances,
        )
    return integer(payments["deposits"])


async def _end_sessions(house: House, player_id: str, now_ms: int) -> None:
    """End the sessions everywhere. What is refused afterwards costs the person a login.

    Raises:
        Unreachable: when the wallet gave no answer.
    """
    for session_id in await house.sessions.live_ids(player_id, now_ms):
        await _end_in_wallet(house, player_id, session_id)
        await house.sessions.revoke(session_id, "erased", now_ms)


async def _end_in_wallet(house: House, player_id: str, session_id: str) -> None:
    payload = canonical_json({"session_id": session_id})
    text = await house.wallets.execute(player_id, "session_revoke", "", "", payload)
    answer = decode_answer(text)
    if answer.status >= 400 and not says_never_opened(answer):
        raise Unreachable("the wallet did not end a session")


async def _try_to_finish(house: House, request_id: str, player_id: str) -> bool:
    """End the sessions in the wallet and delete the exports; False when it is to be done again."""
    try:
        families = await house.db.query(
            "SELECT family_id FROM refresh_families WHERE subject_id = ? AND revoked_reason ="
            " 'erased'",
            player_id,
        )
        for family in families:
            await _end_in_wallet(house, player_id, str(family["family_id"]))
        for key in await house.documents.list(f"exports/{player_id}/"):
            await house.documents.delete(key)
    except Exception as failure:  # noqa: BLE001 - it is decided, and the tick tries again
        told = {"request_id": request_id, "failure": anonymous_trace(failure)}
        house.log({"event": "erasure_unfinished", **told})
        return False
    await house.db.execute(_COMPLETE, house.clock.now_ms(), request_id)
    return True


async def _request(house: House, request_id: str) -> Record:
    row = await house.db.first("SELECT * FROM erasure_requests WHERE request_id = ?", request_id)
    if row is None:
        raise Rejected(ERASURE_NOT_FOUND, "There is no request with this id.")
    return row
