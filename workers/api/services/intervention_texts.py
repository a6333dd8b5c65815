"""A message of player protection as the player reads it: the words of the version that was sent,
with the numbers that were stored with it.
"""

import json
from typing import Any, Final

from services.container import House
from shared.compliance.model import profile_now
from shared.platform.ports import Record
from shared.protection.texts import TEXTS, Language, Wording

_SENT: Final = (
    "SELECT template, template_version, numbers FROM interventions"
    " WHERE intervention_id = ? AND player_id = ?"
)
_SIGNS: Final = {"BRL": "R$", "EUR": "€", "GBP": "£", "USD": "US$"}


async def message_of(
    house: House, player_id: str, intervention_id: str, language: Language
) -> Wording | None:
    """The message in `language`; None when D1 does not have it."""
    row = await house.db.first(_SENT, intervention_id, player_id)
    if row is None:
        return None
    texts = TEXTS.get((str(row["template"]), str(row["template_version"])))
    return None if texts is None else texts[language].filled(_numbers(house, row, language))


def _numbers(house: House, row: Record, language: Language) -> dict[str, str]:
    """`loss_minor` becomes `loss`, written as money of the jurisdiction; the rest are counts."""
    rules = profile_now(house.settings.jurisdiction, house.clock.now_ms())
    stored: dict[str, Any] = json.loads(str(row["numbers"]))
    told = {
        name.removesuffix("_minor"): money(number, rules.profile.currency, language)
        if name.endswith("_minor")
        else str(number)
        for name, number in stored.items()
    }
    try:
        told["central_register"] = rules.text("central_exclusion").link or ""
    except KeyError:
        told["central_register"] = ""
    return told


def money(amount_minor: int, currency: str, language: Language) -> str:
    """`R$ 1.234,50` and `R$1,234.50`: an amount as people of the language write it."""
    major, minor = divmod(abs(amount_minor), 100)
    sign = "−" if amount_minor < 0 else ""
    if language == "pt-BR":
        return f"{sign}{_SIGNS[currency]} {f'{major:,}'.replace(',', '.')},{minor:02d}"
    return f"{sign}{_SIGNS[currency]}{major:,}.{minor:02d}"
