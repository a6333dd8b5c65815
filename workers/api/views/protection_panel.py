"""What the API tells of a player's protection: changes, terms, the panel, the desk's view of it."""

from typing import Annotated, Literal

from pydantic import Field
from views.common import Time, View
from views.protection import LimitKindName, LimitPeriodName, Reaction

type ExclusionSource = Literal["player", "operator", "harm"]


class PendingLimitView(View):
    """A looser limit that waits: it can be confirmed from `due_at` on, and cancelled until then."""

    value: Annotated[int | None, Field(description="null: to be removed")]
    requested_at: Time
    due_at: Time


class LimitChangeView(View):
    """What binds now, and the change that waits; `effective_at` is when what was asked for binds
    or, when it waits, may be confirmed.
    """

    kind: LimitKindName
    period: LimitPeriodName
    value: Annotated[int | None, Field(description="In force now, in the unit of the kind")]
    status: Literal["active", "pending"]
    effective_at: Time
    pending: PendingLimitView | None


class CentralRegisterView(View):
    """Where a player bars themselves everywhere at once."""

    text: str
    link: str | None


class PauseView(View):
    """A pause in force; it ends by itself."""

    kind: Literal["paused"]
    until: Time
    source: ExclusionSource
    made_at: Time


class ExclusionView(View):
    """A self-exclusion in force; withdrawals stay open. `notice` is what the jurisdiction has a
    player told.
    """

    kind: Literal["excluded"]
    until: Annotated[Time | None, Field(description="null: without an end")]
    source: ExclusionSource
    made_at: Time
    notice: str | None
    central_register: CentralRegisterView | None


class RealityIntervalView(View):
    """The player's own interval; that of the jurisdiction holds where it is shorter."""

    minutes: int


class RealityCheckView(View):
    """What a reality check shows; `acknowledged` is false when none was due: nothing changed."""

    session_minutes: Annotated[int, Field(ge=0)]
    wagered_minor: int
    net_minor: Annotated[int, Field(description="Positive is a gain")]
    since: Time | None
    acknowledged: bool
    due_at: Annotated[Time | None, Field(description="null: no reality check is asked")]


class InterventionAckView(View):
    """The reaction was taken."""

    intervention_id: str
    reaction: Reaction


class UseView(View):
    """What a window saw."""

    wagered_minor: int
    won_minor: int
    net_minor: Annotated[int, Field(description="Positive is a gain")]
    deposited_minor: int
    bets: int
    play_minutes: int


class WindowUseView(UseView):
    """A window of the regulatory calendar, until it begins anew."""

    resets_at: Time


class UseByPeriodView(View):
    daily: WindowUseView
    weekly: WindowUseView
    monthly: WindowUseView


class WaitingLimitView(PendingLimitView):
    can_confirm: bool


class LimitView(View):
    """A limit: what binds is the tighter of the player's own and the house's."""

    kind: LimitKindName
    period: LimitPeriodName
    value: Annotated[int, Field(description="Minor units, minutes or bets, by the kind")]
    used: int
    remaining: int
    resets_at: Annotated[Time | None, Field(description="null: with the game session")]
    player: int | None
    operator: int | None
    pending: WaitingLimitView | None


class TermView(View):
    """A pause or an exclusion that was made."""

    kind: Literal["excluded", "paused"]
    until: Time | None
    source: ExclusionSource
    made_at: Time


class LoginSessionView(View):
    session_id: str
    began_at: Time
    minutes: Annotated[int, Field(ge=0)]


class RealityPositionView(View):
    """The running period between two reality checks; `minutes` is the player's own interval."""

    minutes: int | None
    due_at: Time | None
    session_minutes: int
    wagered_minor: int
    net_minor: int
    since: Time | None


class MessageView(View):
    """A message of player protection that waits for an answer, as it reads."""

    intervention_id: str
    template: str
    demands: str
    title: str | None
    body: str | None


class OfferView(View):
    """What there is to choose from, by the rules of the jurisdiction."""

    pause_least_minutes: int
    pause_most_days: int
    pauses_days: list[int]
    exclusion_least_days: int
    exclusion_most_days: int | None
    exclusion_months: list[int]
    indefinite: bool
    limit_kinds: list[LimitKindName]
    limit_periods: list[LimitPeriodName]
    mandatory: list[LimitKindName]


class PanelView(View):
    """Time and money of the session, day, week and month; limits with their use; what is closed."""

    now: Time
    session: LoginSessionView | None
    use: UseByPeriodView
    game_session: UseView | None
    limits: list[LimitView]
    excluded_until: Time | None
    is_excluded_for_ever: bool
    paused_until: Time | None
    terms: list[TermView]
    reality_check: RealityPositionView


class ProtectionView(PanelView):
    """The panel of a player, with what there is to choose from and where to stop everywhere."""

    intervention: MessageView | None
    offer: OfferView
    notice: str | None
    central_register: CentralRegisterView | None


class OrderView(View):
    """What somebody at the desk ordered. `outcome`: `done`, the code of the wallet's refusal,
    `forbidden` when a tighter limit stays that the role may not loosen, or empty while the wallet
    gave no answer.
    """

    order_id: str
    command: Literal["operator_limit_set", "exclude"]
    payload: dict[str, object]
    reason: str
    actor_id: str
    actor_role: str
    ordered_at: Time
    outcome: str | None
    carried_out_at: Time | None


class DeskPanelView(PanelView):
    """The panel as the desk sees it: with the level of the message that waits."""

    intervention: dict[str, object] | None


class PlayerProtectionView(View):
    """A player's protection for the desk; `gate` is what the wallet decides by."""

    panel: DeskPanelView
    gate: dict[str, object]
    orders: list[OrderView]
