"""Why a withdrawal is where it is, in words for the player, in Portuguese and English.

A pending withdrawal always says what happens next and until when. No text ever hints at an analysis
for money laundering: telling a customer is forbidden (Lei 9.613/1998 art. 11 II).
"""

from datetime import datetime, timedelta, timezone
from typing import Final, Literal

from shared.kernel.times import SAO_PAULO_OFFSET_MS
from shared.payments.model import WithdrawalStatus

Language = Literal["pt-BR", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("pt-BR", "en")

_SAO_PAULO: Final = timezone(timedelta(milliseconds=SAO_PAULO_OFFSET_MS))

_TEXTS: Final[dict[str, dict[Language, str]]] = {
    "processing": {
        "pt-BR": "Seu saque foi enviado ao banco. O PIX chega à sua conta cadastrada até {due} "
        "(horário de Brasília). O valor está reservado e não pode ser apostado.",
        "en": "Your withdrawal has been sent to the bank. The PIX reaches your registered account "
        "by {due} (Brasília time). The amount is set aside and cannot be bet.",
    },
    "late": {
        "pt-BR": "O banco ainda não confirmou o seu saque, que deveria ter chegado até {due} "
        "(horário de Brasília). O valor continua reservado para você; estamos cobrando o banco e "
        "avisaremos assim que houver resposta.",
        "en": "The bank has not confirmed your withdrawal yet; it was due by {due} (Brasília "
        "time). The amount is still set aside for you; we are pressing the bank and will tell you "
        "as soon as it answers.",
    },
    "paid": {
        "pt-BR": "Seu saque foi pago por PIX na sua conta cadastrada.",
        "en": "Your withdrawal was paid by PIX to your registered account.",
    },
    "released": {
        "pt-BR": "O saque não foi concluído e o valor voltou inteiro para o seu saldo. Confira a "
        "conta cadastrada e peça de novo quando quiser.",
        "en": "The withdrawal was not completed and the whole amount is back in your balance. "
        "Check your registered account and ask again whenever you like.",
    },
}


def explain_withdrawal(
    status: WithdrawalStatus, *, due_at_ms: int, now_ms: int, language: Language
) -> str:
    """One or two sentences on a withdrawal's state; `processing` past its due time says so."""
    key = "late" if status == "processing" and now_ms > due_at_ms else status
    return _TEXTS[key][language].format(due=_local_minute(due_at_ms, language))


def _local_minute(at_ms: int, language: Language) -> str:
    moment = datetime.fromtimestamp(at_ms // 1000, tz=_SAO_PAULO)
    return f"{moment:%d/%m/%Y %H:%M}" if language == "pt-BR" else f"{moment:%Y-%m-%d %H:%M}"
