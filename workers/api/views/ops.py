"""Bodies and answers of the operator's desk."""

from typing import Annotated, Literal

from pydantic import Field
from views.common import Body, PageQuery, Reason, Time, View


class RtpBody(Body):
    rtp: Annotated[
        str | int | float,
        Field(
            description="Percent with at most two decimals, as a number or a decimal text",
            examples=["96.50"],
        ),
    ]
    reason: Reason


class GameVersionView(View):
    game_id: str
    version: int
    rtp_target: str
    status: Literal["pending", "active", "retired", "rejected"]
    approval_id: str | None


class DecisionBody(Body):
    decision: Literal["approve", "reject"]
    reason: Reason


class ApprovalView(View):
    approval_id: str
    kind: str
    subject: dict[str, object]
    status: Literal["pending", "approved", "rejected"]
    maker_id: str
    reason: str
    created_at: Time
    checker_id: str | None
    decided_at: Time | None
    decision_reason: str | None
    carried_out_at: Annotated[
        Time | None, Field(description="Empty while the wallet has not done it yet")
    ]
    refusal: Annotated[
        str | None,
        Field(description="Code of the refusal when it was carried out; the checker may try again"),
    ]


class ApprovalsView(View):
    items: list[ApprovalView]
    next_cursor: str | None


class ApprovalsQuery(PageQuery):
    status: Literal["pending", "approved", "rejected"] | None = None


class AlertView(View):
    alert_id: str
    player_id: str
    rule_id: str
    band: Literal["low", "medium", "high", "critical"]
    observed: int
    threshold: int
    window_started_at: Time
    window_ended_at: Time
    evidence: dict[str, object]
    status: Literal["open", "reviewed"]
    created_at: Time
    updated_at: Time


class AlertsView(View):
    items: list[AlertView]
    next_cursor: str | None


class AlertsQuery(PageQuery):
    status: Literal["open", "reviewed"] | None = None
    band: Literal["low", "medium", "high", "critical"] | None = None
    player_id: Annotated[str | None, Field(max_length=36)] = None


class AuditEntryView(View):
    seq: int
    recorded_at: Time
    actor_id: str
    actor_role: str
    action: str
    subject: str
    data: dict[str, object]
    prev_hash: str
    hash: str


class AuditView(View):
    items: list[AuditEntryView]
    next_cursor: str | None


class ConservationView(View):
    """Of one currency, when it was reconciled last: the sum of all accounts, and by how much the
    players' accounts differ from the last balances of their wallets. Both are to be zero.
    """

    drift_minor: int
    difference_minor: int
    checked_at: Time
    accounts: dict[str, int]


class StatsView(View):
    """Live counters of the platform; money of the house currency, others under `by_currency`."""

    players: int
    rounds: int
    stakes_minor: int
    wins_minor: int
    rtp_actual: str | None
    alerts_open: int
    events_projected: int
    projection_lag_ms: int | None
    as_of: Time
    by_currency: dict[str, dict[str, object]]
    conservation: dict[str, ConservationView]
