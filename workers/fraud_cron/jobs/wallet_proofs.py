"""Every wallet proves itself from its first event, round and round, whoever plays and whoever asks.

The projection proves a wallet's chain; that its rows are what the events add up to only the wallet
can prove. A player may ask for that too, but one who stays away does not, nor one who gains by a
torn row. So the house asks, in the order of player ids, a bounded number a tick, and stays with a
long wallet, slice by slice and tick by tick, until its proof is complete.

A frozen wallet comes first and once, because it is not released before it is proved; one that does
not hold is asked again every hour, until it is repaired. A wallet that finds a law broken freezes
itself and tells so by an event; the alert of this job does not wait for that, and is the only one
when the log takes no event any more.
"""

from collections.abc import Sequence
from typing import Final

from jobs.alerts import raise_alerts
from jobs.ports import Ports
from jobs.records import text
from jobs.refill import WalletUnavailableError
from jobs.runs import Outcome
from jobs.wallet_facts import FROZEN_RULE_ID
from shared.audit.wallet_proofs import ASKED, Finding, finding_of, kept
from shared.kernel.canonical import canonical_json
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.platform.ports import Database
from shared.risk.model import Alert
from shared.wallet.answer import decode_answer

JOB: Final = "wallet_proofs"
PROOF_RULE_ID: Final = "wallet.proof"

WALLETS_PER_TICK: Final = 100
"""28,800 a day (docs/scaling.md)."""

FROZEN_PER_TICK: Final = 10
TICK_BUDGET_MS: Final = MINUTE_MS
ASKED_AGAIN_MS: Final = HOUR_MS

_CURSOR: Final = """
SELECT outcome ->> 'cursor' AS cursor FROM job_runs
WHERE job = ? AND outcome ->> 'cursor' IS NOT NULL ORDER BY slot DESC LIMIT 1
"""

_NEXT: Final = """
SELECT player_id FROM players WHERE player_id > ? AND wallet_opened_at IS NOT NULL
ORDER BY player_id LIMIT CAST(? AS INTEGER)
"""

_FROZEN: Final = f"""
SELECT DISTINCT a.player_id FROM aml_alerts AS a
LEFT JOIN wallet_proofs AS p ON p.player_id = a.player_id
WHERE a.rule_id = '{FROZEN_RULE_ID}'
  AND coalesce(p.through_seq, 0) < a.evidence ->> 'seq'
  AND (p.law IS NULL OR p.asked_at <= ?1)
  AND NOT EXISTS (
    SELECT 1 FROM wallet_events AS r
    WHERE r.player_id = a.player_id AND r.type = 'RELEASED' AND r.seq > a.evidence ->> 'seq')
ORDER BY coalesce(p.asked_at, 0), a.player_id LIMIT CAST(?2 AS INTEGER)
"""  # noqa: S608 - a constant of ours

_TOLD: Final = """
SELECT a.player_id FROM json_each(?1) AS w
JOIN aml_alerts AS a ON a.player_id = w.value AND a.rule_id = ?2 AND a.status = 'open'
"""


async def prove_wallets(ports: Ports) -> Outcome:
    """Have frozen wallets and the next ones of the round prove themselves; alert what is broken."""
    deadline_ms = ports.clock.now_ms() + TICK_BUDGET_MS
    begin, cursor, players = await _players(ports.db)
    frozen = await _frozen(ports)
    players = [player_id for player_id in players if player_id not in frozen]
    findings: list[Finding] = []
    failed = visited = 0
    first_failure = None
    for place, player_id in enumerate([*frozen, *players]):
        try:
            found = await prove_wallet(ports, player_id, deadline_ms)
            if found is None:
                break
            findings.append(found)
        except Exception as error:  # noqa: BLE001 - one wallet must not stop the round
            failed += 1
            first_failure = first_failure or type(error).__name__
        visited += place >= len(frozen)
    if visited < len(players):
        cursor = players[visited - 1] if visited else begin
    alerts = await _alerts(ports, findings)
    written = await raise_alerts(ports, alerts)
    if findings:
        await ports.db.batch([kept(findings, ports.clock.now_ms())])
    return {
        "cursor": cursor,
        "wallets": visited,
        "frozen_first": len(frozen),
        "proved": sum(found.law is None for found in findings),
        "broken": sum(found.law is not None for found in findings),
        "frozen": sum(found.frozen_law is not None for found in findings),
        "alerts_written": written,
        "wallets_failed": failed,
        "first_failure": first_failure,
    }


async def prove_wallet(ports: Ports, player_id: str, deadline_ms: int) -> Finding | None:
    """Take a wallet's full proof to its end; None when time ran out before, and the wallet keeps
    how far it came.

    Raises:
        WalletUnavailableError: the wallet did not answer as agreed.
    """
    while ports.clock.now_ms() <= deadline_ms:
        answer = decode_answer(await ports.wallets.query(player_id, "verify", "", ASKED))
        found = finding_of(player_id, answer.status, answer.body)
        if found is None:
            raise WalletUnavailableError(f"verify was answered with status {answer.status}")
        if found.law is not None or found.is_complete:
            return found
    return None


async def _alerts(ports: Ports, findings: Sequence[Finding]) -> list[Alert]:
    """One a day for each wallet that does not hold, and for one that is frozen although no open
    alert says so.
    """
    now_ms = ports.clock.now_ms()
    frozen = [found.player_id for found in findings if found.law is None and found.frozen_law]
    told: set[str] = set()
    if frozen:
        rows = await ports.db.query(_TOLD, canonical_json(frozen), FROZEN_RULE_ID)
        told = {text(row, "player_id") for row in rows}
    return [
        Alert(
            player_id=found.player_id,
            rule_id=PROOF_RULE_ID,
            window_started_at=now_ms // DAY_MS * DAY_MS,
            window_ended_at=now_ms,
            band="critical",
            observed=1,
            threshold=1,
            evidence={"law": found.law or found.frozen_law, "holds": found.law is None},
        )
        for found in findings
        if found.law is not None or (found.frozen_law and found.player_id not in told)
    ]


async def _frozen(ports: Ports) -> list[str]:
    """Frozen wallets that have no proof since, at most a tick's share of them."""
    before_ms = ports.clock.now_ms() - ASKED_AGAIN_MS
    rows = await ports.db.query(_FROZEN, before_ms, FROZEN_PER_TICK)
    return [text(row, "player_id") for row in rows]


async def _players(db: Database) -> tuple[str, str, list[str]]:
    """Where this tick begins and where the next one, and whom this one visits."""
    last = await db.first(_CURSOR, JOB)
    after = text(last, "cursor") if last else ""
    rows = await db.query(_NEXT, after, WALLETS_PER_TICK)
    players = [text(row, "player_id") for row in rows]
    return after, players[-1] if len(players) == WALLETS_PER_TICK else "", players
