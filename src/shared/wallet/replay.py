"""The wallet's state at any event, from the events before it and nothing else.

A `State` is folded event by event: balances, limits, grants with their wagering, open rounds,
withdrawals on their way, the seed that is committed. At the newest event it is what the tables say,
which the proof checks; at an earlier one it is what the wallet was then. It is made of JSON values
only, so a proof that goes on later can be put away and taken up again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.kernel.times import SAO_PAULO_OFFSET_MS
from shared.wallet import replay_gate
from shared.wallet.model import GENESIS_HASH, Event
from shared.wallet.replay_gate import Facts
from shared.wallet.upcast import newest_data


@dataclass(slots=True)
class State:
    """Money in minor units, times in UTC milliseconds. `gate` is the row of the gate, `limits` by
    source, kind and period, `limit_changes` by kind and period, `terms` the number of pauses and
    exclusions; the other dictionaries are by id. `seed` is the commitment in force, `draws` how
    often it has drawn.
    """

    seq: int = 0
    hash: str = GENESIS_HASH
    recorded_at: int = 0
    player_id: str = ""
    currency: str = ""
    jurisdiction: str = ""
    cash_minor: int = 0
    bonus_minor: int = 0
    held_minor: int = 0
    frozen_law: str | None = None
    gate: Facts = field(default_factory=dict)
    limits: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    limit_changes: dict[str, dict[str, Facts]] = field(default_factory=dict)
    terms: int = 0
    grants: dict[str, Facts] = field(default_factory=dict)
    open_rounds: dict[str, Facts] = field(default_factory=dict)
    held_withdrawals: dict[str, Facts] = field(default_factory=dict)
    seed: Facts | None = None
    seeds_committed: int = 0
    draws: int = 0
    books_closed: int = 0
    closed_seq: int = 0
    day_offset_ms: int = SAO_PAULO_OFFSET_MS

    def apply(self, event: Event, data: Facts) -> None:
        """Fold one more event; `data` is `newest_data` of it.

        Raises:
            LookupError, TypeError, ValueError: when the event does not say what its type must say,
                or speaks of something that the events before it do not know.
        """
        self.seq, self.hash, self.recorded_at = event.seq, event.hash, event.recorded_at
        self.cash_minor += event.cash_delta
        self.bonus_minor += event.bonus_delta
        self.held_minor += event.held_delta
        effect = _EFFECTS.get(event.type)
        if effect is not None:
            effect(self, event, data)


def replayed(events: Iterable[Event], state: State | None = None) -> State:
    """The state after `events`, which follow `state` (a new wallet when None)."""
    state = State() if state is None else state
    for event in events:
        state.apply(event, newest_data(event))
    return state


def _opened(state: State, _: Event, data: Facts) -> None:
    state.player_id = data["player_id"]
    state.currency = data["currency"]
    state.jurisdiction = data["jurisdiction"]
    state.day_offset_ms = data["day_offset_ms"]
    replay_gate.opened(state, data)


def _seed_committed(state: State, event: Event, data: Facts) -> None:
    state.seeds_committed += 1
    state.draws = 0
    state.seed = {
        "server_seed_hash": data["server_seed_hash"],
        "client_seed": data["client_seed"],
        "next_server_seed_hash": data["next_server_seed_hash"],
        "committed_at": event.recorded_at,
    }


def _held(state: State, event: Event, data: Facts) -> None:
    state.held_withdrawals[data["withdrawal_id"]] = {
        "amount_minor": event.amount_minor,
        "payment_account_id": data["payment_account_id"],
        "end_to_end_id": data["end_to_end_id"],
        "requested_at": event.recorded_at,
        "due_at": data["due_at"],
    }


def _closed(state: State, _: Event, data: Facts) -> None:
    del state.held_withdrawals[data["withdrawal_id"]]


def _bet(state: State, event: Event, data: Facts) -> None:
    assert event.round_id is not None
    state.open_rounds[event.round_id] = {
        "game_id": data["game_id"],
        "stake_cash_minor": data["cash_minor"],
        "stake_bonus_minor": data["bonus_minor"],
        "stake_grants": data.get("grants", []),
        "opened_seq": event.seq,
        "opened_at": event.recorded_at,
    }
    state.draws += "fairness" in data
    _move(state, data, -1)
    _count(state, data, +1)


def _win(state: State, event: Event, data: Facts) -> None:
    assert event.round_id is not None
    del state.open_rounds[event.round_id]
    _move(state, data, +1)


def _rollback(state: State, event: Event, data: Facts) -> None:
    assert event.round_id is not None
    match data["of"]:
        case "BET":
            state.open_rounds.pop(event.round_id, None)
            _move(state, data, +1)
            _count(state, data, -1)
        case "WIN":
            _move(state, data, -1)


def _bonus_credit(state: State, event: Event, data: Facts) -> None:
    state.grants[data["grant_id"]] = {
        "credited_seq": event.seq,
        "credited_minor": event.amount_minor,
        "balance_minor": event.amount_minor,
        "status": "active",
        "wagered_minor": 0,
        **data["terms"],
    }


def _bonus_moved(state: State, event: Event, data: Facts) -> None:
    state.grants[data["grant_id"]]["balance_minor"] += event.bonus_delta


def _bonus_converted(state: State, event: Event, data: Facts) -> None:
    _bonus_moved(state, event, data)
    state.grants[data["grant_id"]]["status"] = "converted"


def _bonus_forfeited(state: State, event: Event, data: Facts) -> None:
    _bonus_moved(state, event, data)
    state.grants[data["grant_id"]]["status"] = data["cause"]


def _frozen(state: State, _: Event, data: Facts) -> None:
    state.frozen_law = data["law"]


def _released(state: State, _: Event, __: Facts) -> None:
    state.frozen_law = None


def _books_closed(state: State, _: Event, data: Facts) -> None:
    state.books_closed += 1
    state.closed_seq = data["closed_seq"]


def _move(state: State, data: Facts, sign: int) -> None:
    for grant_id, amount in data.get("grants", ()):
        state.grants[grant_id]["balance_minor"] += sign * amount


def _count(state: State, data: Facts, sign: int) -> None:
    for grant_id, amount in data.get("wagering", ()):
        state.grants[grant_id]["wagered_minor"] += sign * amount


_EFFECTS: Final[Mapping[str, Callable[[State, Event, Facts], None]]] = {
    "OPENED": _opened,
    **replay_gate.EFFECTS,
    "SEED_COMMITTED": _seed_committed,
    "WITHDRAWAL_HELD": _held,
    "WITHDRAWAL": _closed,
    "WITHDRAWAL_RELEASED": _closed,
    "BET": _bet,
    "WIN": _win,
    "ROLLBACK": _rollback,
    "BONUS_CREDIT": _bonus_credit,
    "BONUS_DEBIT": _bonus_moved,
    "BONUS_CONVERTED": _bonus_converted,
    "BONUS_FORFEITED": _bonus_forfeited,
    "FROZEN": _frozen,
    "RELEASED": _released,
    "BOOKS_CLOSED": _books_closed,
}
"""What a type does beyond its deltas; a type that is not here moves money only, or reveals."""
