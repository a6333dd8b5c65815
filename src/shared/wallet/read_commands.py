"""Reading a command: the payload of each kind, field by field, into the value that is decided on.

`COMMANDS` maps the kind of `execute` to the reader of its payload. What is wrong with a payload is
`invalid_payload` with the name of the field, whatever the state of the wallet.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from shared.kernel.canonical import canonical_json
from shared.kernel.money import CURRENCIES, MAX_AMOUNT_MINOR
from shared.kernel.times import HOUR_MS, SAO_PAULO_OFFSET_MS
from shared.wallet.commands import (
    Adjustment,
    Bet,
    BonusCredit,
    BonusDebit,
    BonusExpire,
    BonusForfeit,
    ClockAdvance,
    Command,
    Context,
    DepositCredit,
    DepositRequest,
    GameInForce,
    GameSessionOpen,
    Open,
    Play,
    Rollback,
    SeedRotate,
    SessionRevoke,
    TwoPeople,
    Unfreeze,
    Win,
    WithdrawalHold,
    WithdrawalRelease,
    WithdrawalSettle,
)
from shared.wallet.model import LIMIT_KINDS, PERIODS, GrantTerms, Limit
from shared.wallet.payload import LAST_MS, Fields, decode_payload, refuse
from shared.wallet.read_books import BOOK_COMMANDS
from shared.wallet.read_protection import PROTECTION_COMMANDS, read_rules

MAX_MULTIPLIER: Final = 100
MAX_CONTRIBUTIONS: Final = 200

_CLIENT_SEED: Final = re.compile(r"[!-9;-~]{1,64}")  # no colon: it separates the draw's message
_GAME_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_PROVIDER_GAME_ID: Final = re.compile(r"[!-~]{1,128}")
_JURISDICTION: Final = re.compile(r"[a-z]{2,8}")
_WEST_MS: Final = -12 * HOUR_MS
_EAST_MS: Final = 14 * HOUR_MS
"""The offsets from UTC that are in use."""
_MAX_ADVANCE_MS: Final = 3 * 366 * 24 * HOUR_MS


def _open(fields: Fields) -> Open:
    return Open(
        rules=read_rules(Fields(fields.mapping("rules"))),
        player_id=fields.id("player_id"),
        currency=fields.choice("currency", CURRENCIES),
        jurisdiction=fields.matching("jurisdiction", _JURISDICTION),
        day_offset_ms=fields.whole("day_offset_ms", least=_WEST_MS, most=_EAST_MS)
        if fields.has("day_offset_ms")
        else SAO_PAULO_OFFSET_MS,
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
        min_round_ms=game.whole("min_round_ms", least=0, most=HOUR_MS)
        if game.has("min_round_ms")
        else 0,
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


def _rollback(fields: Fields) -> Rollback:
    return Rollback(
        round_id=fields.id("round_id"),
        reason=fields.text("reason"),
        takes_win_back=not fields.has("after_win")
        or fields.choice("after_win", ("reject", "reverse")) == "reverse",
        may_owe=fields.has("allow_negative") and fields.flag("allow_negative"),
    )


def _bonus_credit(fields: Fields) -> BonusCredit:
    amount_minor = fields.amount("amount_minor")
    return BonusCredit(
        grant_id=fields.id("grant_id"),
        amount_minor=amount_minor,
        reason=fields.text("reason"),
        terms=_terms(Fields(fields.mapping("terms")), amount_minor)
        if fields.has("terms")
        else GrantTerms(),
    )


def _terms(fields: Fields, amount_minor: int) -> GrantTerms:
    def optional(name: str, most: int = MAX_AMOUNT_MINOR) -> int | None:
        return fields.whole(name, least=1, most=most) if fields.has(name) else None

    multiplier = optional("wagering_multiplier", MAX_MULTIPLIER) or 0
    terms = GrantTerms(
        required_minor=amount_minor * multiplier,
        contributions=_contributions(fields) if fields.has("contributions") else "{}",
        max_stake_minor=optional("max_stake_minor"),
        expires_at=optional("expires_at_ms", LAST_MS),
        on_withdrawal=fields.choice("on_withdrawal", ("keep", "forfeit"))
        if fields.has("on_withdrawal")
        else "keep",
    )
    fields.done()
    return terms


def _contributions(fields: Fields) -> str:
    shares = Fields(given := fields.mapping("contributions"))
    if len(given) > MAX_CONTRIBUTIONS:
        refuse("contributions", f"names more than {MAX_CONTRIBUTIONS} games")
    for game_id in given:
        if not _PROVIDER_GAME_ID.fullmatch(game_id):
            refuse("contributions", "names something that is no game")
        shares.whole(game_id, least=0, most=10_000)
    return canonical_json(given)


def _two_people(fields: Fields) -> TwoPeople:
    return TwoPeople(
        approval_id=fields.id("approval_id"),
        maker_id=fields.id("maker_id"),
        checker_id=fields.id("checker_id"),
        reason=fields.text("reason"),
    )


def _adjustment(fields: Fields) -> Adjustment:
    sign = 1 if fields.choice("direction", ("credit", "debit")) == "credit" else -1
    return Adjustment(_two_people(fields), sign * fields.amount("amount_minor"))


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
    "rollback": _rollback,
    "bonus_credit": _bonus_credit,
    "bonus_debit": lambda f: BonusDebit(
        f.id("grant_id"), f.amount("amount_minor"), f.text("reason")
    ),
    "bonus_forfeit": lambda f: BonusForfeit(f.id("grant_id"), f.text("reason")),
    "bonus_expire": lambda _: BonusExpire(),
    "adjustment": _adjustment,
    "unfreeze": lambda f: Unfreeze(_two_people(f)),
    "seed_rotate": _seed_rotate,
    "session_revoke": lambda f: SessionRevoke(f.id("session_id")),
    **BOOK_COMMANDS,
    **PROTECTION_COMMANDS,
    "clock_advance": lambda f: ClockAdvance(f.whole("advance_ms", least=1, most=_MAX_ADVANCE_MS)),
}

NO_CONTEXT: Final = Context({}, "")

KEYLESS: Final = frozenset(
    {
        "open",
        "game_session_open",
        "seed_rotate",
        "session_revoke",
        "bonus_expire",
        "clock_advance",
        *BOOK_COMMANDS,
        *PROTECTION_COMMANDS,
    }
)
"""Kinds that may come without an idempotency key, because doing them twice changes nothing more or
moves no money; `open` never needs one: opening a wallet again is a replay by nature."""


def read_currency(payload: dict[str, object]) -> str | None:
    """The currency that a payload names, taken out of it; a wallet has one and mixes none.

    Raises:
        Rejected: `invalid_payload`.
    """
    if payload.get("currency") is None:
        payload.pop("currency", None)
        return None
    return Fields({"currency": payload.pop("currency")}).choice("currency", CURRENCIES)


@lru_cache(8)
def read_context(context: str) -> Context:
    """What comes with a bet: `{"games": {game_id: [version, enabled 0 or 1]}, "address": text}`.

    It is what the house says, not what the player asks, so it is no part of the payload and of the
    hash that an idempotency key stands for. An empty text says nothing. The same text comes with
    bet after bet, so what it says is remembered.

    Raises:
        Rejected: `invalid_payload`.
    """
    if not context:
        return NO_CONTEXT
    told = decode_payload(context)
    named, address = told.get("games"), told.get("address")
    if not isinstance(named, dict) or not isinstance(address, str):
        refuse("context", 'is not {"games": {…}, "address": text}')
    games: dict[str, GameInForce] = {}
    for game_id, entry in named.items():
        match entry:
            case [int() as version, (0 | 1) as enabled]:
                games[game_id] = GameInForce(version, enabled == 1)
            case _:
                refuse("context", "is not {game_id: [version, enabled 0 or 1]}")
    return Context(games, address)


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
