"""What a player reads, by template and version, in Portuguese and English.

A message tells numbers of the player's own play and what they can do; it names no level, score or
marker, and diagnoses nobody (`words.NEVER_WRITTEN`; a test reads every text). A text that was sent
is never edited: another wording is another version, because the intervention names the one that was
on the screen. `{…}` are filled with the numbers that were stored with the intervention.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

type Language = Literal["pt-BR", "en"]
type Template = Literal["activity", "numbers", "choice", "pause"]


@dataclass(frozen=True, slots=True)
class Wording:
    """One version of a template in one language."""

    title: str
    body: str

    def filled(self, numbers: Mapping[str, str]) -> "Wording":
        """With the numbers in their places."""
        return Wording(self.title, self.body.format_map(_OrDash(numbers)))


class _OrDash(dict[str, str]):
    """A number that was not stored is shown as a dash, never as an error."""

    def __missing__(self, _key: str) -> str:
        return "\u2013"


VERSION: Final = "2026-11"

TEXTS: Final[Mapping[tuple[str, str], Mapping[Language, Wording]]] = MappingProxyType(
    {
        ("activity", "2026-11"): {
            "pt-BR": Wording(
                "Seu resumo da semana",
                "Nos últimos 7 dias você jogou {minutes} minutos em {days} dias. Seus limites de "
                "tempo, perda e depósito podem ser ajustados quando quiser, na página de limites.",
            ),
            "en": Wording(
                "Your week in numbers",
                "In the last 7 days you played {minutes} minutes on {days} days. You can adjust "
                "your limits on time, loss and deposits whenever you like, on the limits page.",
            ),
        },
        ("numbers", "2026-11"): {
            "pt-BR": Wording(
                "Seus números dos últimos 7 dias",
                "Você jogou {minutes} minutos em {days} dias e o resultado foi uma perda de "
                "{loss}. Nas quatro semanas anteriores, a média por semana foi de {usual_loss}. "
                "Que tal definir um limite que combine com o que você planejou gastar? A redução "
                "vale na hora.",
            ),
            "en": Wording(
                "Your numbers of the last 7 days",
                "You played {minutes} minutes on {days} days and the result was a loss of {loss}. "
                "In the four weeks before, the weekly mean was {usual_loss}. Would a limit that "
                "fits what you planned to spend help? A lower limit takes effect at once.",
            ),
        },
        ("choice", "2026-11"): {
            "pt-BR": Wording(
                "Antes da próxima aposta, escolha",
                "Nos últimos 7 dias você jogou {minutes} minutos e o resultado foi uma perda de "
                "{loss}; a média semanal das quatro semanas anteriores foi de {usual_loss}. Para "
                "continuar, reduza um dos seus limites ou faça uma pausa. Seu saldo continua "
                "disponível para saque. Nossa equipe vai entrar em contato para conversar com "
                "você.",
            ),
            "en": Wording(
                "Before the next bet, choose",
                "In the last 7 days you played {minutes} minutes and the result was a loss of "
                "{loss}; the weekly mean of the four weeks before was {usual_loss}. To go on, "
                "lower one of your limits or take a pause. Your balance can be withdrawn at any "
                "time. Our team will contact you to talk.",
            ),
        },
        ("pause", "2026-11"): {
            "pt-BR": Wording(
                "Uma pausa de 24 horas",
                "As apostas e os depósitos da sua conta estão em pausa por 24 horas e o limite "
                "semanal de depósito foi reduzido. Nos últimos 7 dias você jogou {minutes} minutos "
                "e o resultado foi uma perda de {loss}; a média semanal das quatro semanas "
                "anteriores foi de {usual_loss}. Seu saldo pode ser sacado. Se quiser ficar mais "
                "tempo sem jogar, você pode se autoexcluir aqui ou em todas as casas de uma vez: "
                "{central_register}. Nossa equipe vai entrar em contato para conversar com você.",
            ),
            "en": Wording(
                "A pause of 24 hours",
                "Bets and deposits of your account are paused for 24 hours and the weekly deposit "
                "limit was lowered. In the last 7 days you played {minutes} minutes and the result "
                "was a loss of {loss}; the weekly mean of the four weeks before was {usual_loss}. "
                "Your balance can be withdrawn. If you want to stay away for longer, you can "
                "exclude yourself here or from all operators at once: {central_register}. Our "
                "team will contact you to talk.",
            ),
        },
    }
)
"""By template and version."""

TEMPLATES: Final[tuple[Template, ...]] = ("activity", "numbers", "choice", "pause")


def wording(template: str, version: str, language: Language) -> Wording:
    """The text as it was sent; KeyError when there never was such a version."""
    return TEXTS[(template, version)][language]
