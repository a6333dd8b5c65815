"""Player protection at the edge: the ways to say a limit, a term, an answer.

A limit is one number in the unit of its kind. A client may name the unit (`amount_minor`,
`minutes`, `bets`) or not (`value`); null takes the limit away. A term is said once: a length, an
end, or no end.
"""

from collections.abc import Iterable
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, AliasChoices, Field, model_validator
from views.common import Body, CurrencyCode, Reason

from shared.compliance.terms import Term
from shared.kernel.money import MAX_AMOUNT_MINOR
from shared.kernel.times import parse_rfc3339

MAX_BETS: Final = 10_000_000
_DAY_MINUTES: Final = 1_440
PERIOD_MINUTES: Final = {
    "daily": _DAY_MINUTES,
    "weekly": 7 * _DAY_MINUTES,
    "monthly": 31 * _DAY_MINUTES,
    "session": _DAY_MINUTES,
}
"""More minutes than a period has would limit nothing."""
UNITS: Final = {"time": "minutes", "bet_count": "bets"}
"""The member that names the unit of a kind; every other kind is money."""
MONEY: Final = "amount_minor"

type LimitKindName = Literal["deposit", "loss", "wager", "time", "bet_count"]
type LimitPeriodName = Literal["daily", "weekly", "monthly", "session"]
type Reaction = Literal["acknowledged", "limit_set", "paused", "excluded"]


def _a_time(text: str) -> str:
    parse_rfc3339(text)
    return text


Moment = Annotated[
    str,
    AfterValidator(_a_time),
    Field(
        max_length=40,
        description="RFC 3339 with an offset",
        json_schema_extra={"format": "date-time"},
    ),
]
_Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT_MINOR, description="Minor units")]
_Minutes = Annotated[int, Field(ge=0, le=PERIOD_MINUTES["monthly"])]
_Bets = Annotated[int, Field(ge=0, le=MAX_BETS)]


def _one_of(given: Iterable[str], names: frozenset[str], what: str) -> str:
    said = [name for name in given if name in names]
    if len(said) != 1:
        raise ValueError(f"give exactly one of {what}")
    return said[0]


class LimitBody(Body):
    """A limit: exactly one of `amount_minor`, `minutes`, `bets` or `value`; null removes it."""

    amount_minor: Annotated[
        _Amount | None, Field(validation_alias=AliasChoices(MONEY, "limit_minor", "value_minor"))
    ] = None
    minutes: Annotated[
        _Minutes | None, Field(validation_alias=AliasChoices("minutes", "limit_minutes"))
    ] = None
    bets: Annotated[
        _Bets | None, Field(validation_alias=AliasChoices("bets", "count", "bet_count"))
    ] = None
    value: Annotated[_Amount | None, Field(validation_alias=AliasChoices("value", "limit"))] = None
    currency: CurrencyCode | None = None

    @model_validator(mode="after")
    def _says_one_number(self) -> Self:
        self.said  # noqa: B018 - raises unless exactly one is given
        return self

    @property
    def said(self) -> str:
        """The member that was given."""
        names = frozenset({MONEY, "minutes", "bets", "value"})
        return _one_of(self.model_fields_set, names, "amount_minor, minutes, bets, value")

    def value_of(self, kind: str) -> int | None:
        """The number in the unit of `kind`.

        Raises:
            ValueError: when another unit was named.
        """
        expected = UNITS.get(kind, MONEY)
        if self.said not in ("value", expected):
            raise ValueError(f"a limit of this kind is given in {expected}")
        number: int | None = getattr(self, self.said)
        return number


class PauseBody(Body):
    """A pause: one of `minutes`, `hours`, `days`, `until`. Without any, the shortest on offer."""

    minutes: Annotated[
        int | None,
        Field(ge=1, le=100_000, validation_alias=AliasChoices("minutes", "duration_minutes")),
    ] = None
    hours: Annotated[
        int | None, Field(ge=1, le=2_400, validation_alias=AliasChoices("hours", "duration_hours"))
    ] = None
    days: Annotated[
        int | None, Field(ge=1, le=100, validation_alias=AliasChoices("days", "duration_days"))
    ] = None
    until: Annotated[Moment | None, Field(validation_alias=AliasChoices("until", "ends_at"))] = None

    @model_validator(mode="after")
    def _says_one_term(self) -> Self:
        if len(_set(self, "minutes", "hours", "days", "until")) > 1:
            raise ValueError("give one of minutes, hours, days, until")
        return self

    def to_term(self) -> Term | None:
        """The domain's value; None when no length was given."""
        if self.hours is not None:
            return Term(minutes=self.hours * 60)
        if self.minutes is not None:
            return Term(minutes=self.minutes)
        if self.until is not None:
            return Term(until_ms=parse_rfc3339(self.until))
        return None if self.days is None else Term(days=self.days)


class ExclusionBody(Body):
    """A self-exclusion: exactly one of `days`, `months`, `years`, `until`, `indefinite: true`."""

    days: Annotated[
        int | None, Field(ge=1, le=100_000, validation_alias=AliasChoices("days", "duration_days"))
    ] = None
    months: Annotated[
        int | None,
        Field(ge=1, le=1_200, validation_alias=AliasChoices("months", "duration_months")),
    ] = None
    years: Annotated[
        int | None, Field(ge=1, le=100, validation_alias=AliasChoices("years", "duration_years"))
    ] = None
    until: Annotated[Moment | None, Field(validation_alias=AliasChoices("until", "ends_at"))] = None
    indefinite: Annotated[
        bool | None, Field(validation_alias=AliasChoices("indefinite", "permanent"))
    ] = None

    @model_validator(mode="after")
    def _says_one_term(self) -> Self:
        said = _set(self, "days", "months", "years", "until")
        if len(said) + (1 if self.indefinite else 0) != 1:
            raise ValueError("give exactly one of days, months, years, until, indefinite")
        return self

    def to_term(self) -> Term:
        """The domain's value."""
        if self.indefinite:
            return Term(indefinite=True)
        if self.until is not None:
            return Term(until_ms=parse_rfc3339(self.until))
        if self.days is not None:
            return Term(days=self.days)
        return Term(months=self.months or 12 * (self.years or 0))


def _set(body: Body, *names: str) -> list[str]:
    return [name for name in names if getattr(body, name) is not None]


class RealityCheckBody(Body):
    """How often the player wants to be told; the house's own interval holds when it is shorter."""

    minutes: Annotated[
        int,
        Field(ge=10, le=120, validation_alias=AliasChoices("minutes", "interval_minutes")),
    ]


class InterventionAckBody(Body):
    """What the player did about a message of player protection."""

    reaction: Reaction = "acknowledged"


class MarketingBody(Body):
    """Whether the player wants advertising."""

    consent: Annotated[bool, Field(validation_alias=AliasChoices("consent", "marketing"))]


class OperatorLimitBody(Body):
    """A limit set by the house for a player; `value` null takes the house's limit away. That of the
    player stays: of the two the tighter one holds.
    """

    kind: LimitKindName
    period: LimitPeriodName
    value: Annotated[int | None, Field(ge=0, le=MAX_AMOUNT_MINOR, description="Unit of the kind")]
    reason: Reason

    @model_validator(mode="after")
    def _fits_its_period(self) -> Self:
        most = PERIOD_MINUTES[self.period] if self.kind == "time" else MAX_AMOUNT_MINOR
        if self.value is not None and self.value > most:
            raise ValueError("the period has fewer minutes")
        return self


class OperatorExclusionBody(ExclusionBody):
    """An exclusion by the house, under the terms that a player has."""

    reason: Reason
