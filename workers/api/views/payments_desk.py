"""Answers of the payments desk."""

from typing import Annotated, Literal

from pydantic import Field
from views.common import PageQuery, Time, View


class SuspenseQuery(PageQuery):
    cursor: Annotated[str | None, Field(max_length=48, pattern="^[0-9]{1,15}_[0-9A-Za-z]{32}$")] = (
        None
    )


class UnownedPaymentView(View):
    """A PIX that arrived: `open` has not been worked off, `unknown` names no charge of ours, of an
    `unreadable` one only the id is known.
    """

    end_to_end_id: str
    txid: str | None
    amount_minor: int | None
    paid_at: Time | None
    received_at: Time
    age_minutes: Annotated[int, Field(ge=0, description="Since we were told of it first")]
    outcome: Literal["open", "unknown", "unreadable"]
    refusal: Annotated[str | None, Field(description="Why it is to go back, when it is")]


class SuspenseView(View):
    """Money without an owner, newest first; `count` and `amount_minor` are of all of it."""

    count: int
    amount_minor: Annotated[int, Field(description="Reais in centavos, of what can be read")]
    oldest_at: Time | None
    items: list[UnownedPaymentView]
    next_cursor: str | None
