"""The commands of a wallet as values, each read from its payload.

`COMMANDS` maps the kind of `execute` to the reader of its payload; the table in
docs/architecture.md shows payloads and answers side by side.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from shared.kernel.money import CURRENCIES
from shared.kernel.times import DAY_MS
from shared.wallet.model import LIMIT_KINDS, PERIODS, Limit
from shared.wallet.payload import Fields, decode_payload, refuse

_CLIENT_SEED: Final = re.compile(r"[!-9;-~]{1,64}")  # no colon: it separates the draw's message
_GAME_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PROVIDER_GAME_ID: Final = re.compile(r"[!-~]{1,128}")
_JURISDICTION: Final = re.compile(r"[a-z]{2,8}")
_MAX_ADVANCE_MS: Final = 3 * 366 * DAY_MS


@dataclass(frozen=True, slots=True)
class Open:
    player_id: str
    currency: str
    jurisdiction: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class DepositRequest:
    amount_minor: int
    method: str


@dataclass(frozen=True, slots=True)
class DepositCredit:
    deposit_id: str
    amount_minor: int
    end_to_end_id: str


@dataclass(frozen=True, slots=True)
class WithdrawalHold:
    amount_minor: int
    payment_account_id: str


@dataclass(frozen=True, slots=True)
class WithdrawalSettle:
    withdrawal_id: str
    end_to_end_id: str


@dataclass(frozen=True, slots=True)
class WithdrawalRelease:
    withdrawal_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class GameSessionOpen:
    game_id: str
    version: int
    rtp_bps: int
    min_stake_minor: int
    max_stake_minor: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Play:
    session_id: str
    stake_minor: int
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class GameInForce:
    """What the game configuration says now."""

    version: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Bet:
    round_id: str
    game_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Win:
    round_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Rollback:
    round_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class BonusCredit:
    grant_id: str
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class BonusDebit:
    grant_id: str
    amount_minor: int
    reason: str


@dataclass(frozen=True, slots=True)
class SeedRotate:
    client_seed: str | None


@dataclass(frozen=True, slots=True)
class SessionRevoke:
    session_id: str


@dataclass(frozen=True, slots=True)
class ClockAdvance:
    advance_ms: int


type Command = (
    Open
    | DepositRequest
    | DepositCredit
    | WithdrawalHold
    | WithdrawalSettle
    | WithdrawalRelease
    | GameSessionOpen
    | Play
    | Bet
    | Win
    | Rollback
    | BonusCredit
    | BonusDebit
    | SeedRotate
    | SessionRevoke
    | ClockAdvance
)


def _open(fields: Fields) -> Open:
    return Open(
        player_id=fields.id("player_id"),
        currency=fields.choice("currency", CURRENCIES),
        jurisdiction=fields.matching("jurisdiction", _JURISDICTION),
        limits=_limits(fields.mappings("limits", most=len(LIMIT_KINDS) * len(PERIODS))),
    )


def _limits(items: list[dict[str, object]]) -> tuple[Limit, ...]:
    limits: list[Limit] = []
    for item in items:
        fields = Fields(item)
        limits.append(
            Limit(
                kind=fields.choice("kind", LIMIT_KINDS),
                period=fields.choice("period", PERIODS),
                value=fields.whole("value", least=0),
            )
        )
        fields.done()
    if len({(limit.kind, limit.period) for limit in limits}) < len(limits):
        refuse("limits", "names one limit twice")
    return tuple(limits)


def _game_session_open(fields: Fields) -> GameSessionOpen:
    game = Fields(fields.mapping("game"))
    least = game.amount("min_stake_minor")
    command = GameSessionOpen(
        game_id=game.matching("game_id", _GAME_ID),
        version=game.whole("version", least=1),
        rtp_bps=game.whole("rtp_bps", least=1, most=10_000),
        min_stake_minor=least,
        max_stake_minor=game.whole("max_stake_minor", least=least),
        enabled=game.flag("enabled"),
    )
    game.done()
    return command


def _play(fields: Fields) -> Play:
    return Play(
        session_id=fields.id("session_id"),
        stake_minor=fields.amount("stake_minor"),
        params=fields.mapping("params"),
    )


def _bet(fields: Fields) -> Bet:
    return Bet(
        fields.id("round_id"),
        fields.matching("game_id", _PROVIDER_GAME_ID),
        fields.amount("amount_minor"),
    )


def _seed_rotate(fields: Fields) -> SeedRotate:
    given = fields.has("client_seed")
    return SeedRotate(fields.matching("client_seed", _CLIENT_SEED) if given else None)


COMMANDS: Final[Mapping[str, Callable[[Fields], Command]]] = {
    "open": _open,
    "deposit_request": lambda f: DepositRequest(
        f.amount("amount_minor"), f.choice("method", ("pix",))
    ),
    "deposit_credit": lambda f: DepositCredit(
        f.id("deposit_id"), f.amount("amount_minor"), f.id("end_to_end_id")
    ),
    "withdrawal_hold": lambda f: WithdrawalHold(
        f.amount("amount_minor"), f.id("payment_account_id")
    ),
    "withdrawal_settle": lambda f: WithdrawalSettle(f.id("withdrawal_id"), f.id("end_to_end_id")),
    "withdrawal_release": lambda f: WithdrawalRelease(f.id("withdrawal_id"), f.text("reason")),
    "game_session_open": _game_session_open,
    "play": _play,
    "bet": _bet,
    "win": lambda f: Win(f.id("round_id"), f.whole("amount_minor", least=0)),
    "rollback": lambda f: Rollback(f.id("round_id"), f.text("reason")),
    "bonus_credit": lambda f: BonusCredit(
        f.id("grant_id"), f.amount("amount_minor"), f.text("reason")
    ),
    "bonus_debit": lambda f: BonusDebit(
        f.id("grant_id"), f.amount("amount_minor"), f.text("reason")
    ),
    "seed_rotate": _seed_rotate,
    "session_revoke": lambda f: SessionRevoke(f.id("session_id")),
    "clock_advance": lambda f: ClockAdvance(f.whole("advance_ms", least=1, most=_MAX_ADVANCE_MS)),
}

KEYLESS: Final = frozenset(
    {"open", "game_session_open", "seed_rotate", "session_revoke", "clock_advance"}
)
"""Kinds that move no money and may come without an idempotency key; `open` never needs one,
because opening a wallet again is a replay by nature."""


def read_games_in_force(context: str) -> Mapping[str, GameInForce]:
    """The game configuration that comes with a bet: `{game_id: [version, enabled 0 or 1]}`.

    It is what the house says, not what the player asks, so it is no part of the payload and of the
    hash that an idempotency key stands for. An empty text is an empty configuration.

    Raises:
        Rejected: `invalid_payload`.
    """
    if not context:
        return {}
    games: dict[str, GameInForce] = {}
    for game_id, entry in decode_payload(context).items():
        match entry:
            case [int() as version, (0 | 1) as enabled]:
                games[game_id] = GameInForce(version, enabled == 1)
            case _:
                refuse("context", "is not {game_id: [version, enabled 0 or 1]}")
    return games


def read_command(kind: str, payload: Mapping[str, object]) -> Command:
    """The command of a known kind.

    Raises:
        KeyError: for a kind that is not in `COMMANDS`.
        Rejected: `invalid_payload`.
    """
    fields = Fields(payload)
    command = COMMANDS[kind](fields)
    fields.done()
    return command
