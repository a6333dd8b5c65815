"""Shapes that many answers share. Unknown fields are refused and integers are strict: `"10"`,
`10.0` and `true` are not amounts.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.kernel.money import MAX_AMOUNT_MINOR


class Body(BaseModel):
    """Base of every request body and query."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class View(BaseModel):
    """Base of every answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)


UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"

AmountMinor = Annotated[
    int,
    Field(gt=0, le=MAX_AMOUNT_MINOR, description="Minor units: 1050 is R$ 10.50", examples=[1050]),
]
BalanceMinor = Annotated[int, Field(ge=0, description="Minor units", examples=[10000])]
CashMinor = Annotated[
    int,
    Field(
        description="Minor units; below zero only after a win that was spent was taken back",
        examples=[10000],
    ),
]
CurrencyCode = Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217", examples=["BRL"])]
Id = Annotated[
    str,
    Field(
        pattern=UUID_PATTERN,
        description="UUIDv7",
        examples=["01938f6e-7c1a-7b3e-8f00-4a5b6c7d8e9f"],
    ),
]
Time = Annotated[
    str,
    Field(description="RFC 3339, UTC, milliseconds", examples=["2026-11-22T14:15:00.000Z"]),
]
Sha256Hex = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal")]
Reason = Annotated[str, Field(min_length=3, max_length=500)]
Language = Literal["pt-BR", "en"]


class PageQuery(BaseModel):
    """`?limit=&cursor=` of every list; a cursor is the opaque `next_cursor` of the page before, and
    what cannot be one is refused. This one is of lists by id; others say what theirs look like.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(pattern=UUID_PATTERN)] = None


class NumberedPageQuery(PageQuery):
    """Of a list by sequence number."""

    cursor: Annotated[str | None, Field(pattern="^[1-9][0-9]{0,14}$")] = None
