"""The bank as the webhooks meet it: notices of the API Pix, signed with this checkout's secret.

The signature is made here by hand and not by the code under test: `t=<seconds>,v1=<hex>` over the
seconds, a full stop and the raw body.
"""

import base64
import hmac
import json
import re
import secrets
import string
import time
from typing import Any, Final

import httpx
from e2e.edge import ROOT
from e2e.player import own_address

HEADER: Final = "X-Pix-Signature"
PAYMENTS: Final = "/v1/webhooks/pix"
PAYOUTS: Final = "/v1/webhooks/pix/payouts"


def secret() -> bytes:
    """What the api Worker of this checkout knows too (`.dev.vars.api`)."""
    text = (ROOT / ".dev.vars.api").read_text(encoding="utf-8")
    found = re.search(r"^PIX_WEBHOOK_SECRET='?([^'\n]+)'?$", text, re.MULTILINE)
    assert found is not None
    return base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))


def signature(body: bytes, *, at_s: int | None = None, key: bytes | None = None) -> str:
    """The header's value, now and by the right key unless told otherwise."""
    seconds = str(int(time.time()) if at_s is None else at_s)
    signed = seconds.encode() + b"." + body
    return f"t={seconds},v1={hmac.new(key or secret(), signed, 'sha256').hexdigest()}"


def deliver(
    client: httpx.Client, path: str, message: object, *, signed: str | None = None
) -> httpx.Response:
    """Post a notice to a webhook."""
    body = json.dumps(message).encode()
    headers = own_address() | {
        "Content-Type": "application/json",
        HEADER: signature(body) if signed is None else signed,
    }
    return client.post(path, content=body, headers=headers)


def end_to_end_id() -> str:
    """An EndToEndId that nobody used."""
    unique = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(11))
    return f"E12345678202611221415{unique}"


def payment(
    txid: str, amount_minor: int, payer_cpf: str | None, *, end_to_end: str | None = None
) -> dict[str, Any]:
    """One received PIX; a payer without a CPF is a company."""
    payer = {"cnpj": "11222333000181"} if payer_cpf is None else {"cpf": payer_cpf}
    return {
        "endToEndId": end_to_end or end_to_end_id(),
        "txid": txid,
        "valor": f"{amount_minor // 100}.{amount_minor % 100:02d}",
        "horario": "2026-11-22T14:15:00.000Z",
        "pagador": payer,
    }


def notice(*payments: dict[str, Any]) -> dict[str, Any]:
    return {"pix": list(payments)}


def payout_result(end_to_end: str, *, paid: bool, why: str = "") -> dict[str, Any]:
    """The bank's answer to one payout."""
    status = "REALIZADO" if paid else "NAO_REALIZADO"
    return {"pagamentos": [{"endToEndId": end_to_end, "status": status, "motivo": why}]}
