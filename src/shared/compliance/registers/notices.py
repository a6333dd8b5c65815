"""What somebody who must leave is told, in words that blame nobody.

The reason is named to people who have shown who they are. Whoever registered under a number that
may be somebody else's reads only that the account cannot be kept, for what the notice says of the
number would be said to a stranger (SPA/MF, questions on social benefits, item 4). A wording that
was sent is never edited: another wording is another version. The words are the house's own.
"""

from typing import Final, Literal

from shared.compliance.registers.gamstop import SELF_EXCLUDED
from shared.compliance.registers.sigap import (
    AUTOEXCLUSAO,
    DESENROLA_ADIMPLENTES,
    FIES_EMPREENDEDOR,
    NOVO_DESENROLA,
    PROGRAMA_SOCIAL,
    RENEGOCIACAO_FIES,
)
from shared.compliance.rules import TextLanguage
from shared.kernel.values import value

type NoticeKind = Literal["impeded", "closed", "refunded", "unclaimed"]

VERSION: Final = "2026-11"

_SUBJECTS: Final[dict[TextLanguage, str]] = {
    "pt-BR": "Aviso sobre a sua conta na AcmeToCasino",
    "en": "A notice about your AcmeToCasino account",
}

_TEXTS: Final[dict[TextLanguage, dict[NoticeKind, str]]] = {
    "pt-BR": {
        "impeded": (
            "{why} Por isso as apostas, os depósitos e os bônus estão bloqueados desde {found}. O"
            " seu saldo é seu: você pode sacá-lo até {until}. Depois disso a conta será encerrada e"
            " o que restar será enviado para a sua conta cadastrada."
        ),
        "closed": (
            "A sua conta foi encerrada em {now}. {why} O saldo que ficou será enviado para a sua"
            " conta cadastrada, sem que você precise pedir."
        ),
        "refunded": "Em {now} o saldo de {amount} foi enviado para a sua conta cadastrada.",
        "unclaimed": (
            "Não conseguimos enviar o saldo de {amount} para a sua conta cadastrada. Continuaremos"
            " tentando até {until}; depois, por lei, o valor vai para o FIES e o FUNCAP. Fale com o"
            " nosso atendimento para receber."
        ),
    },
    "en": {
        "impeded": (
            "{why} Bets, deposits and bonuses are therefore blocked since {found}. Your balance is"
            " yours: you can withdraw it until {until}. After that the account is closed and what"
            " is left is sent to your registered account."
        ),
        "closed": (
            "Your account was closed on {now}. {why} The balance that was left is sent to your"
            " registered account; you need not ask for it."
        ),
        "refunded": "On {now} the balance of {amount} was sent to your registered account.",
        "unclaimed": (
            "We could not send the balance of {amount} to your registered account. We keep trying"
            " until {until}; after that the law gives it to FIES and FUNCAP. Contact our support to"
            " receive it."
        ),
    },
}

_NEUTRAL: Final[dict[TextLanguage, str]] = {
    "pt-BR": "As verificações regulatórias desta conta não foram concluídas.",
    "en": "The regulatory checks of this account were not completed.",
}
_NAMED: Final[dict[TextLanguage, str]] = {
    "pt-BR": "Na consulta ao registro oficial consta: {reasons}.",
    "en": "The official register says: {reasons}.",
}
_REASONS: Final[dict[str, tuple[str, str]]] = {
    PROGRAMA_SOCIAL: (
        "Impedido - Programa Social (Bolsa Família ou BPC)",
        "impeded, social programme (Bolsa Família or BPC)",
    ),
    AUTOEXCLUSAO: (
        "Impedido - Autoexclusão Centralizada",
        "impeded, centralised self-exclusion",
    ),
    NOVO_DESENROLA: ("Impedido - Novo Desenrola Brasil", "impeded, Novo Desenrola Brasil"),
    RENEGOCIACAO_FIES: ("Impedido - renegociação do FIES", "impeded, FIES renegotiation"),
    DESENROLA_ADIMPLENTES: (
        "Impedido - Desenrola Adimplentes",
        "impeded, Desenrola Adimplentes",
    ),
    FIES_EMPREENDEDOR: ("Impedido - FIES Empreendedor", "impeded, FIES Empreendedor"),
    SELF_EXCLUDED: ("autoexclusão", "self-excluded"),
}


@value
class Notice:
    """A message as it is sent."""

    subject: str
    text: str
    version: str


def notice(
    kind: NoticeKind,
    language: TextLanguage,
    *,
    reasons: tuple[str, ...],
    is_identified: bool,
    values: dict[str, str],
) -> Notice:
    """The message of one step; `values` are its dates and amounts, written out.

    Raises:
        KeyError: when a value that the text names is missing.
    """
    why = _NEUTRAL[language]
    if is_identified:
        named = ", ".join(_reason(reason, language) for reason in reasons)
        why = _NAMED[language].format(reasons=named)
    text = _TEXTS[language][kind].format(why=why, **values)
    return Notice(_SUBJECTS[language], text, VERSION)


def _reason(code: str, language: TextLanguage) -> str:
    """The register's own words; a code that has none yet is shown as it is."""
    known = _REASONS.get(code)
    return code if known is None else known[0 if language == "pt-BR" else 1]
