"""Answers about a player's wallet."""

from typing import Annotated

from pydantic import Field
from views.common import BalanceMinor, CashMinor, CurrencyCode, Id, Sha256Hex, Time, View


class WalletView(View):
    currency: CurrencyCode
    cash_minor: CashMinor
    bonus_minor: BalanceMinor
    held_minor: Annotated[int, Field(ge=0, description="Reserved for withdrawals on their way")]
    withdrawable_minor: BalanceMinor
    seq: Annotated[int, Field(ge=0, description="Number of the newest event")]
    head_hash: Sha256Hex


class EventView(View):
    seq: int
    event_id: Id
    type: str
    amount_minor: BalanceMinor
    cash_delta: int
    bonus_delta: int
    held_delta: int
    cash_after: CashMinor
    bonus_after: BalanceMinor
    held_after: BalanceMinor
    round_id: str | None
    recorded_at: Time
    data: dict[str, object]
    hash: Sha256Hex


class StatementView(View):
    items: list[EventView]
    next_cursor: str | None


class VerifyView(View):
    """The chain and every fold recomputed: from the first event, or in a wallet of more than
    20,000 events from where the last proof ended; `events` is how far the proof has come.
    """

    ok: bool
    events: int
    from_seq: Annotated[int, Field(ge=1, description="First event that was read for this answer")]
    is_complete: Annotated[bool, Field(description="False while more calls are needed")]
    head_hash: Sha256Hex
    broken_at: int | None
    law: str | None
