"""The report of protection by markers: players by level, what was done, spend after it."""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from views.common import Time, View
from views.harm import ActionName, LevelName

MAX_REPORT_DAYS: Final = 366
_FIRST: Final = date(2020, 1, 1)
_LAST: Final = date(2999, 12, 31)


class ReportQuery(BaseModel):
    """Days of the jurisdiction's calendar, both included; without them, the last 30."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: Annotated[date | None, Field(alias="from", ge=_FIRST, le=_LAST)] = None
    to: Annotated[date | None, Field(ge=_FIRST, le=_LAST)] = None

    @model_validator(mode="after")
    def _is_a_period(self) -> Self:
        if self.from_ is not None and self.to is not None:
            days = (self.to - self.from_).days
            if not 0 <= days < MAX_REPORT_DAYS:
                raise ValueError(f"a period has 1 to {MAX_REPORT_DAYS} days")
        return self


class LevelShareView(View):
    level: LevelName
    players: int
    share_bps: Annotated[int, Field(description="Of all players with a wallet, in basis points")]


class ActionsTakenView(View):
    level: LevelName
    origin: Literal["policy", "staff"]
    action: ActionName
    taken: int
    carried_out: int
    pending: int
    refused: int
    reactions: dict[str, int]


class SpendView(View):
    days_played: int
    staked_minor: int
    loss_minor: int
    deposited_minor: int
    play_minutes: int


class ChangeView(View):
    """As many days before as after; of interventions whose days after are over."""

    level: LevelName
    currency: str
    days: Literal[7, 30]
    interventions: int
    spent_less: Annotated[int, Field(description="Of them, those after which less was lost")]
    before: SpendView
    after: SpendView


class TasksReportView(View):
    opened: int
    closed: int
    closed_late: int
    open: int
    overdue: int


class HarmReportView(View):
    first_day: date
    last_day: date
    as_of: Time
    policy_version: str
    players: int
    levels: list[LevelShareView]
    interventions: list[ActionsTakenView]
    tasks: TasksReportView
    change_of_spend: list[ChangeView]
