"""What law keeps of somebody whose account is over, and until when: classes and days of the
profile.

A request of erasure does not override what the law keeps (LGPD arts. 16 I and 18 VI); what it does
not keep goes at once. The days count from the closing of the account, which is no earlier than the
last record of it. A class that the jurisdiction does not name is not kept. The person is told which
classes and why in words that say nothing about any examination (Lei 9.613/1998 art. 11 II).
"""

from dataclasses import dataclass
from typing import Final

from shared.compliance.profile import InForce
from shared.compliance.rules import TextLanguage
from shared.kernel.times import DAY_MS, local_date

HOUSE_CLASS: Final = "house"
"""Where no law keeps anything, the closing itself is the end."""

_NAMES: Final[dict[str, dict[TextLanguage, str]]] = {
    "aml": {
        "pt-BR": "cadastro e movimentações financeiras",
        "en": "registration and financial transactions",
    },
    "game_round": {
        "pt-BR": "apostas, rodadas de jogo e medidas de proteção",
        "en": "bets, rounds of games and measures of protection",
    },
    "exclusion_notice": {
        "pt-BR": "comunicações sobre exclusão e impedimento",
        "en": "notices about exclusion and impediment",
    },
    "identity_evidence": {
        "pt-BR": "documentos e provas de identidade",
        "en": "documents and evidence of identity",
    },
    "access_log": {
        "pt-BR": "registros de acesso e de localização",
        "en": "records of access and of place",
    },
}
_INTRODUCTION: Final[dict[TextLanguage, str]] = {
    "pt-BR": "Você pediu a eliminação dos seus dados pessoais (LGPD, art. 18, VI). O que nenhuma "
    "lei nos obriga a guardar é eliminado assim que o pedido é deferido: e-mail, telefone, "
    "endereço de contato, gênero, senha, renda declarada, preferências e histórico de "
    "dispositivos.",
    "en": "You asked for the erasure of your personal data (LGPD, art. 18, VI). What no law "
    "obliges us to keep is erased as soon as the request is granted: e-mail, phone, contact "
    "address, gender, password, declared income, preferences and the history of devices.",
}
_KEPT: Final[dict[TextLanguage, str]] = {
    "pt-BR": " Por obrigação legal (LGPD, art. 16, I) continuam guardados, fora de uso e com o que "
    "identifica você lacrado: {kept}. Depois são eliminados; restam movimentações e ações sob um "
    "número que não diz mais de quem são.",
    "en": " By legal obligation (LGPD, art. 16, I) the following stay kept, out of use and with "
    "what identifies you sealed: {kept}. Afterwards they are erased; what remains is transactions "
    "and actions under a number that no longer tells whose they are.",
}
_ITEM: Final[dict[TextLanguage, str]] = {
    "pt-BR": "{name} até {until} ({source})",
    "en": "{name} until {until} ({source})",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A class of records that law keeps until `keep_until` (UTC milliseconds)."""

    record_class: str
    keep_until: int
    rule_id: str
    source: str


def kept_after(rules: InForce, closed_at: int) -> tuple[Kept, ...]:
    """What is kept of an account that was closed at `closed_at`; never empty, by class."""
    kept: dict[str, Kept] = {}
    for rule in rules.profile.retention:
        name, until = rule.value.record_class, closed_at + rule.value.least_days * DAY_MS
        if rule.binds(rules.day) and (name not in kept or until > kept[name].keep_until):
            kept[name] = Kept(name, until, rule.rule_id, rule.source)
    if not kept:
        return (Kept(HOUSE_CLASS, closed_at, "", ""),)
    return tuple(kept[name] for name in sorted(kept))


def explanation(kept: tuple[Kept, ...], language: TextLanguage, day_offset_ms: int) -> str:
    """What becomes of the data of somebody who asks for their erasure, with the law."""
    items = [
        _ITEM[language].format(
            name=_NAMES[one.record_class][language],
            until=f"{local_date(one.keep_until, day_offset_ms):%d/%m/%Y}"
            if language == "pt-BR"
            else local_date(one.keep_until, day_offset_ms).isoformat(),
            source=one.source,
        )
        for one in kept
        if one.record_class != HOUSE_CLASS
    ]
    ends = _KEPT[language].format(kept="; ".join(items)) if items else ""
    return _INTRODUCTION[language] + ends
