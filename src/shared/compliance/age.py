"""How old somebody is, by every birth date that was ever read on a document of theirs.

The date on a document counts, not the one that was typed (Lei 14.790/2023 art. 26). One under the
legal age refuses every approval, by one person or by two, whatever became of the document since.
Was it a misreading, two people may settle it, and only on a better reading: nothing that the young
date was read on counts any more, and on a document that was sent after that reading the registered
date was read, by a provider where it was a provider that read the young one. The registered date
itself is never waived.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from shared.compliance.errors import KYC_BIRTH_DATE_DIFFERS, KYC_UNDERAGE
from shared.kernel.errors import Rejected
from shared.kernel.times import full_years

type Reader = Literal["provider", "analyst"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A birth date as somebody read it. `source` is the id of the document, or of an analyst's
    reading of several; `sent_at` is when the newest of them that still counts was sent, None when
    none does. Times are UTC milliseconds.
    """

    source: str
    born: date
    reader: Reader
    read_at: int
    sent_at: int | None


@dataclass(frozen=True, slots=True)
class Age:
    """`declared` at registration, `readings` of documents, oldest first; `least` years completed on
    `today`. `settled` are the sources of what two people have settled.
    """

    declared: date
    readings: tuple[Reading, ...]
    least: int
    today: date
    settled: frozenset[str] = frozenset()


def open_underage(age: Age) -> tuple[Reading, ...]:
    """The readings under the legal age that nobody has settled."""
    return tuple(
        one
        for one in age.readings
        if one.source not in age.settled and full_years(one.born, age.today) < age.least
    )


def check_age(age: Age, *, is_settled: bool) -> None:
    """Refuse who is too young, or somebody else. `is_settled`: two people say that what was read
    under the legal age was read wrongly.

    Raises:
        Rejected: KYC_UNDERAGE, else KYC_BIRTH_DATE_DIFFERS.
    """
    if full_years(age.declared, age.today) < age.least:
        raise Rejected(KYC_UNDERAGE, f"The registered birth date is under {age.least} years ago.")
    young = open_underage(age)
    if young and not (is_settled and all(_is_outweighed(one, age) for one in young)):
        raise Rejected(
            KYC_UNDERAGE,
            f"A document was read as of somebody under {age.least}: reject it. Only two people can"
            " settle that it was misread, on a newer document that shows the registered date.",
        )
    if any(one.born != age.declared for one in _counting(age)):
        raise Rejected(
            KYC_BIRTH_DATE_DIFFERS,
            "The document shows another birth date than the one that was declared: reject it.",
        )


def _is_outweighed(young: Reading, age: Age) -> bool:
    return young.sent_at is None and any(
        one.born == age.declared
        and one.sent_at is not None
        and one.sent_at > young.read_at
        and (one.reader == "provider" or young.reader == "analyst")
        for one in age.readings
    )


def _counting(age: Age) -> list[Reading]:
    """What was read on documents that count; an analyst's last word replaces those before it."""
    of_analysts = [one for one in age.readings if one.reader == "analyst"][-1:]
    of_providers = [one for one in age.readings if one.reader == "provider"]
    return [one for one in of_providers + of_analysts if one.sent_at is not None]
