"""Bodies and answers of protection by markers: the player's messages, and the desk behind them.

A player is told numbers of their own play and what they can do; no view for players has a score, a
level or a marker.
"""

from typing import Annotated, Literal

from pydantic import Field
from views.common import AmountMinor, Body, Id, Language, PageQuery, Reason, Time, View

LevelName = Literal["none", "low", "medium", "high", "critical"]
ActionName = Literal["message", "acknowledge", "choose", "pause", "lift"]
FlagName = Literal["harm_words", "lost_money", "bonus_begging"]
TierName = Literal["bronze", "silver", "gold", "platinum"]


class IncomeBody(Body):
    monthly_minor: Annotated[
        AmountMinor | None,
        Field(description="What is earned in a month, in minor units; null takes it back"),
    ]


class IncomeView(View):
    monthly_minor: int | None
    declared_at: Time | None


class MessagesQuery(PageQuery):
    language: Language = "pt-BR"


class MessageView(View):
    """`waits_for`: what bets wait for while the wallet has it; null for one that is only told."""

    message_id: Id
    title: str
    body: str
    sent_at: Time
    waits_for: Literal["acknowledge", "choose"] | None
    reaction: str | None
    reacted_at: Time | None


class MessagesView(View):
    items: list[MessageView]
    next_cursor: str | None


class SeenView(View):
    message_id: Id
    reaction: str


class ReadingView(View):
    marker: str
    title: str
    holds: bool
    values: dict[str, int]
    evidence_at: Time | None
    missing: Annotated[str | None, Field(description="Why it could not be computed")]


class LevelChangeView(View):
    from_level: LevelName
    to_level: LevelName
    score: int
    policy_version: str
    changed_at: Time


class TierChangeView(View):
    from_tier: TierName
    to_tier: TierName
    reasons: list[str]
    level: LevelName
    settled_minor: int
    days_played: int
    tenure_days: int
    rules_version: str
    changed_at: Time


class VipView(View):
    """`earned` is above `tier` while a rise waits for the level."""

    tier: TierName
    earned: TierName | None
    benefits: bool
    settled_minor: int | None
    days_played: int | None
    tenure_days: int | None
    rules_version: str | None
    history: list[TierChangeView]


class RestrictionsView(View):
    bonus: bool
    marketing: bool
    vip_benefits: bool
    vip_promotion: bool


class InterventionView(View):
    intervention_id: Id
    player_id: Id
    origin: Literal["policy", "staff"]
    level: LevelName
    action: ActionName
    template: str
    template_version: str
    score: int
    policy_version: str
    readings: list[ReadingView]
    numbers: dict[str, int]
    blocks_bonus: bool
    pause_until: Time | None
    deposit_limit_minor: int | None
    actor_id: str | None
    reason: str | None
    taken_at: Time
    status: Literal["pending", "carried_out", "refused"]
    refusal: Annotated[str | None, Field(description="Why the wallet has not done it")]
    carried_out_at: Time | None
    reaction: str | None
    reacted_at: Time | None
    outcome_7: dict[str, object] | None
    outcome_30: dict[str, object] | None


class InterventionsView(View):
    items: list[InterventionView]
    next_cursor: str | None


class InterventionsQuery(PageQuery):
    player_id: Annotated[str | None, Field(max_length=36)] = None
    level: LevelName | None = None
    status: Literal["pending", "carried_out", "refused"] | None = None


class InterventionBody(Body):
    """The measure of a level, by a person's decision; `lift` ends a stop of bonuses."""

    player_id: Id
    action: ActionName
    reason: Reason


class ContactBody(Body):
    """What was said is searched for words that a person must read; the flags of both count."""

    channel: Literal["chat", "email", "phone", "other"]
    flags: Annotated[tuple[FlagName, ...], Field(max_length=3)] = ()
    message: Annotated[str | None, Field(min_length=1, max_length=4_000)] = None


class ContactView(View):
    contact_id: Id
    channel: str
    flags: list[FlagName]
    noted_by: str
    noted_at: Time
    task_id: Annotated[Id | None, Field(description="The review that a flag opens")]


class TaskView(View):
    task_id: Id
    player_id: Id
    kind: Literal["human_contact", "contact_review"]
    because_of: str
    opened_at: Time
    due_at: Time
    is_late: bool
    closed_at: Time | None
    closed_by: str | None
    outcome: str | None


class TasksView(View):
    items: list[TaskView]
    next_cursor: str | None


class TasksQuery(PageQuery):
    state: Literal["open", "closed", "any"] = "open"
    player_id: Annotated[str | None, Field(max_length=36)] = None


class TaskBody(Body):
    outcome: Literal["talked", "message_left", "not_reached", "declined", "no_action", "escalated"]
    note: Annotated[str | None, Field(min_length=1, max_length=4_000)] = None


class PlayerHarmView(View):
    player_id: Id
    score: int
    level: LevelName
    level_since: Time | None
    evaluated_at: Time | None
    policy_version: str | None
    events_counted: int
    readings: list[ReadingView]
    restrictions: RestrictionsView
    vip: VipView
    levels: list[LevelChangeView]
    interventions: list[InterventionView]
    tasks: list[TaskView]
    contacts: list[ContactView]


class PlayersByLevelQuery(PageQuery):
    """Without a level: everybody who is at one."""

    level: Literal["low", "medium", "high", "critical"] | None = None


class PlayerAtLevelView(View):
    player_id: Id
    score: int
    level: LevelName
    level_since: Time | None
    evaluated_at: Time | None


class PlayersAtLevelView(View):
    items: list[PlayerAtLevelView]
    next_cursor: str | None


class PolicyView(View):
    """Every version of the policy and of the VIP rules, as the code has them."""

    in_force: str
    policies: list[dict[str, object]]
    vip_in_force: str
    vip_rules: list[dict[str, object]]
