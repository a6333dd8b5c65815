"""What the events say of withdrawals, seeds and a freeze, held against the rows of them."""

from dataclasses import asdict
from typing import Final

from shared.kernel.canonical import sha256_hex
from shared.kernel.errors import InvariantBroken
from shared.platform.ports import Sql
from shared.wallet import tables
from shared.wallet.model import Event, Seed, Withdrawal
from shared.wallet.replay import State
from shared.wallet.replay_gate import Facts
from shared.wallet.seeds import revealed_body

_COMMITTED: Final = ("server_seed_hash", "client_seed", "next_server_seed_hash")


def check_hold(event: Event, data: Facts, row: Withdrawal | None) -> None:
    """A WITHDRAWAL_HELD made the row; what it said stays there, whatever became of the hold.

    Raises:
        InvariantBroken: `holds`.
    """
    told = (
        event.amount_minor,
        data["payment_account_id"],
        data["end_to_end_id"],
        event.event_id,
        event.recorded_at,
        data["due_at"],
    )
    if row is None or told != (
        row.amount_minor,
        row.payment_account_id,
        row.end_to_end_id,
        row.held_event_id,
        row.requested_at,
        row.due_at,
    ):
        raise InvariantBroken("holds", "the row of a hold")


def check_closed_hold(event: Event, data: Facts, row: Withdrawal | None) -> None:
    """The event that ended a hold. Only a payment names one.

    Raises:
        InvariantBroken: `holds`.
    """
    status = "paid" if event.type == "WITHDRAWAL" else "released"
    told = (status, event.seq, event.amount_minor)
    if (
        row is None
        or (row.status, row.closed_seq, row.amount_minor) != told
        or data.get("end_to_end_id", row.end_to_end_id) != row.end_to_end_id
    ):
        raise InvariantBroken("holds", "the row of a withdrawal")


def check_holds(sql: Sql, state: State) -> None:
    """The withdrawals on their way, which are few, whole.

    Raises:
        InvariantBroken: `holds`.
    """
    stored = {
        row.withdrawal_id: {
            "amount_minor": row.amount_minor,
            "payment_account_id": row.payment_account_id,
            "end_to_end_id": row.end_to_end_id,
            "requested_at": row.requested_at,
            "due_at": row.due_at,
        }
        for row in tables.find(sql, Withdrawal, "FROM withdrawals WHERE status = 'held'")
    }
    held_minor = sum(hold["amount_minor"] for hold in state.held_withdrawals.values())
    if stored != state.held_withdrawals or held_minor != state.held_minor:
        raise InvariantBroken("holds", "the withdrawals on their way")


def check_seed(sql: Sql, event: Event, data: Facts, number: int) -> None:
    """A SEED_COMMITTED: both server seeds are what was committed before anything was drawn. A
    SEED_REVEALED: the row shows the same, since the same moment.

    Raises:
        InvariantBroken: `seeds`.
    """
    row = _seed(sql, number)
    if event.type == "SEED_COMMITTED":
        is_told = _commitment(row) == {name: data[name] for name in _COMMITTED}
    else:
        is_told = (revealed_body(row), row.revealed_at) == (data, event.recorded_at)
    if not is_told:
        raise InvariantBroken("seeds", f"the row of seed {number}")


def check_seeds(sql: Sql, state: State) -> None:
    """The seed that will draw next, whole, and the number of those before it. It is secret still:
    a row that calls it revealed would show it to the player.

    Raises:
        InvariantBroken: `seeds`.
    """
    row = _seed(sql, state.seeds_committed)
    stored = {**_commitment(row), "committed_at": row.committed_at}
    numbers = sql.query("SELECT count(*), max(number) FROM seeds")
    if (
        stored != state.seed
        or (row.nonce, row.revealed_at) != (state.draws, None)
        or numbers != [(state.seeds_committed, state.seeds_committed)]
    ):
        raise InvariantBroken("seeds", "the seed in use")


def check_frozen(sql: Sql, state: State) -> None:
    """What the log froze stays frozen until the log releases it. The other way round there may be
    no event: a wallet is frozen also when its log takes no more of them.

    Raises:
        InvariantBroken: `frozen`.
    """
    stored = sql.query("SELECT frozen_law FROM meta")
    if state.frozen_law is not None and stored != [(state.frozen_law,)]:
        raise InvariantBroken("frozen", "the wallet was released by nobody")


def _seed(sql: Sql, number: int) -> Seed:
    rows = tables.find(sql, Seed, "FROM seeds WHERE number = ?", number)
    if not rows:
        raise InvariantBroken("seeds", f"there is no seed {number}")
    return rows[0]


def _commitment(row: Seed) -> Facts:
    """What the row commits to, if it holds the seeds that it names the hashes of.

    Raises:
        InvariantBroken: `seeds`.
    """
    hashes = (sha256_hex(row.server_seed), sha256_hex(row.next_server_seed))
    if hashes != (row.server_seed_hash, row.next_server_seed_hash):
        raise InvariantBroken("seeds", f"a server seed of {row.number} is not the committed one")
    return {name: value for name, value in asdict(row).items() if name in _COMMITTED}
