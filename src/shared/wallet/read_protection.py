"""Reading the commands of player protection: rules, facts, sessions, limits, terms, reactions.

Whatever is wrong with a payload is `invalid_payload` with the name of the field. What the house
alone may say (`HOUSE_ONLY`) is no command in the mouth of a player.
"""

from collections.abc import Callable, Mapping
from typing import Final

from shared.kernel.times import DAY_MS
from shared.wallet.commands import (
    Command,
    Exclude,
    FactRecord,
    InterventionAck,
    InterventionSet,
    LimitCancel,
    LimitConfirm,
    LimitSet,
    OperatorLimitSet,
    Pause,
    RealityCheckAck,
    RealityCheckSet,
    RulesSet,
    SessionBegin,
)
from shared.wallet.gate_model import (
    CHOICES,
    DEMANDS,
    EXCLUSION_SOURCES,
    FACT_STATUSES,
    REQUIREMENTS,
    VERDICTS,
    Fact,
    Rules,
)
from shared.wallet.model import LIMIT_KINDS, PERIODS
from shared.wallet.payload import LAST_MS, MAX_ADDRESS_CHARS, Fields, refuse

MAX_REASONS: Final = 20
MAX_DELAY_MS: Final = 30 * DAY_MS
LEAST_REALITY_MINUTES: Final = 10
MOST_REALITY_MINUTES: Final = 120
LEVELS: Final = ("none", "low", "medium", "high", "critical")
REACTIONS: Final = ("acknowledged", *CHOICES)

HOUSE_ONLY: Final = frozenset(
    {"rules_set", "fact_record", "session_begin", "operator_limit_set", "intervention_set"}
)


def read_rules(fields: Fields) -> Rules:
    """The rules of a jurisdiction; `reality_check_minutes` null or absent is none.

    Raises:
        Rejected: `invalid_payload`.
    """
    rules = Rules(
        requires=fields.choices("requires", REQUIREMENTS),
        mandatory=fields.choices("mandatory", LIMIT_KINDS) if fields.has("mandatory") else (),
        reality_check_minutes=fields.whole("reality_check_minutes", least=1, most=1_440)
        if fields.has("reality_check_minutes")
        else None,
        loosening_delay_ms=fields.whole("loosening_delay_ms", least=0, most=MAX_DELAY_MS),
    )
    fields.done()
    return rules


def _fact_record(fields: Fields) -> FactRecord:
    name = fields.choice("name", tuple(FACT_STATUSES))
    return FactRecord(
        name,
        Fact(
            status=fields.choice("status", FACT_STATUSES[name]),
            version=fields.moment("version"),
            valid_until=_optional_moment(fields, "valid_until"),
            reasons=fields.codes("reasons", most=MAX_REASONS) if fields.has("reasons") else (),
        ),
    )


def _session_begin(fields: Fields) -> SessionBegin:
    session_id = fields.id("session_id")
    place = Fields(fields.mapping("place"))
    command = SessionBegin(
        session_id=session_id,
        verdict=place.choice("verdict", VERDICTS),
        reason=place.text("reason") if place.has("reason") else None,
        address=place.text("address"),
    )
    place.done()
    if len(command.address) > MAX_ADDRESS_CHARS:
        refuse("address", f"is longer than {MAX_ADDRESS_CHARS} characters")
    return command


def _limit(fields: Fields) -> tuple[str, str]:
    """Kind and period: `session` is one game session, which no deposit belongs to."""
    kind = fields.choice("kind", LIMIT_KINDS)
    periods = PERIODS if kind == "deposit" else ("session", *PERIODS)
    return kind, fields.choice("period", periods)


def _limit_value(fields: Fields) -> int | None:
    return fields.whole("value", least=0) if fields.has("value") else None


def _operator_limit_set(fields: Fields) -> OperatorLimitSet:
    return OperatorLimitSet(
        *_limit(fields),
        _limit_value(fields),
        fields.text("reason"),
        fields.id("actor"),
        only_tighter=fields.has("only_tighter") and fields.flag("only_tighter"),
    )


def _exclude(fields: Fields) -> Exclude:
    return Exclude(_optional_moment(fields, "until"), fields.choice("source", EXCLUSION_SOURCES))


def _pause(fields: Fields) -> Pause:
    return Pause(fields.moment("until"), fields.choice("source", EXCLUSION_SOURCES))


def _intervention_set(fields: Fields) -> InterventionSet:
    return InterventionSet(
        intervention_id=fields.id("intervention_id"),
        level=fields.choice("level", LEVELS),
        template=fields.id("template"),
        demands=fields.choice("demands", DEMANDS),
        blocks_bonus=fields.has("bonus_block") and fields.flag("bonus_block"),
    )


def _reality_check_set(fields: Fields) -> RealityCheckSet:
    return RealityCheckSet(
        fields.whole("minutes", least=LEAST_REALITY_MINUTES, most=MOST_REALITY_MINUTES)
    )


def _optional_moment(fields: Fields, name: str) -> int | None:
    return fields.whole(name, least=1, most=LAST_MS) if fields.has(name) else None


PROTECTION_COMMANDS: Final[Mapping[str, Callable[[Fields], Command]]] = {
    "rules_set": lambda f: RulesSet(
        read_rules(Fields(f.mapping("rules"))), f.whole("version", least=1)
    ),
    "fact_record": _fact_record,
    "session_begin": _session_begin,
    "limit_set": lambda f: LimitSet(*_limit(f), _limit_value(f)),
    "limit_confirm": lambda f: LimitConfirm(*_limit(f)),
    "limit_cancel": lambda f: LimitCancel(*_limit(f)),
    "operator_limit_set": _operator_limit_set,
    "exclude": _exclude,
    "pause": _pause,
    "reality_check_set": _reality_check_set,
    "reality_check_ack": lambda _: RealityCheckAck(),
    "intervention_set": _intervention_set,
    "intervention_ack": lambda f: InterventionAck(
        f.id("intervention_id"), f.choice("reaction", REACTIONS)
    ),
}
"""None of them moves money, and doing one twice changes nothing more: a key is welcome, not
needed."""
