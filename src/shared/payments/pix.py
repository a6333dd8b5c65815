"""Messages of the Central Bank's API Pix (2.9.0) as the sandbox's bank sends them.

A notice is `{"pix": [{endToEndId, txid, valor, horario, …}]}`; amounts are decimal text with two
places. The standard has no payer in a notice; institutions add `pagador`, and this platform
requires it of its provider, because money of a third party must be sent back (Portaria SPA/MF
615/2024).
"""

from dataclasses import dataclass

from shared.kernel.money import format_major
from shared.kernel.times import rfc3339


@dataclass(frozen=True, slots=True)
class PixPayment:
    """One PIX that reached us. `payer_cpf` is None when a company paid and when nobody can say who
    did; `txid` when it names no charge.
    """

    end_to_end_id: str
    txid: str | None
    amount_minor: int
    paid_at_ms: int
    payer_cpf: str | None
    payer_name: str | None
    payer_is_known: bool = True


def notice(payments: list[PixPayment]) -> dict[str, object]:
    """The body of the webhook for these payments."""
    return {"pix": [_pix(payment) for payment in payments]}


def _pix(payment: PixPayment) -> dict[str, object]:
    payer = {"cpf": payment.payer_cpf, "nome": payment.payer_name}
    return {
        "endToEndId": payment.end_to_end_id,
        "txid": payment.txid,
        "valor": format_major(payment.amount_minor),
        "horario": rfc3339(payment.paid_at_ms),
        "pagador": {name: value for name, value in payer.items() if value is not None},
    }
