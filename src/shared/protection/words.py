"""Words that no message may use, and words of a player's message that a person must read.

A score is not a diagnosis: what is written to a player speaks of play, time and money and never of
illness, of risk classes or of what the house computes. `flags_of` only proposes; who noted the
contact decides, and a person looks at every flagged contact.
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from shared.protection.model import CONTACT_FLAGS, ContactFlag

NEVER_WRITTEN: Final[tuple[str, ...]] = (
    "addict",
    "adicao",
    "adicto",
    "clinic",
    "compuls",
    "dependen",
    "diagnos",
    "disease",
    "disorder",
    "doen",
    "illness",
    "jogador de risco",
    "ludopat",
    "medical condition",
    "nivel de risco",
    "obsess",
    "patholog",
    "patolog",
    "pontuacao",
    "problem gambl",
    "problem player",
    "risk level",
    "risk score",
    "score",
    "sintoma",
    "symptom",
    "transtorno",
    "vicia",
    "vicio",
)
"""Beginnings and parts of words, without accents, in both languages."""

WATCHED: Final[Mapping[ContactFlag, tuple[str, ...]]] = MappingProxyType(
    {
        "harm_words": (
            "nao consigo parar",
            "nao paro de jogar",
            "perdi tudo",
            "perdi o controle",
            "estou desesperad",
            "quero morrer",
            "me matar",
            "suicid",
            "divida",
            "agiota",
            "emprestimo",
            "dinheiro do aluguel",
            "vicia",
            "vicio",
            "can't stop",
            "cannot stop",
            "cant stop",
            "lost everything",
            "lost control",
            "kill myself",
            "want to die",
            "in debt",
            "loan",
            "rent money",
            "addict",
            "desperate",
        ),
        "lost_money": (
            "devolva",
            "meu dinheiro de volta",
            "quero meu dinheiro",
            "perdi meu dinheiro",
            "perdi dinheiro",
            "give me back",
            "my money back",
            "lost my money",
            "refund my loss",
        ),
        "bonus_begging": (
            "me da um bonus",
            "me de um bonus",
            "preciso de um bonus",
            "libera um bonus",
            "libera bonus",
            "algum bonus",
            "need a bonus",
            "give me a bonus",
            "any bonus",
        ),
    }
)
"""The list of RG-M14, as one would write without accents. Version 2026-11."""


def plain(text: str) -> str:
    """Lower case without accents, one space between words, straight apostrophes."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("\u2019", "'"))
    letters = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", letters).strip()


def never_written_in(text: str) -> tuple[str, ...]:
    """The entries of NEVER_WRITTEN that occur in `text`; () for a text that may be sent."""
    words = plain(text)
    return tuple(entry for entry in NEVER_WRITTEN if entry in words)


def flags_of(message: str) -> tuple[ContactFlag, ...]:
    """The flags that a player's message suggests, in the order of CONTACT_FLAGS."""
    words = plain(message)
    return tuple(flag for flag in CONTACT_FLAGS if any(entry in words for entry in WATCHED[flag]))
