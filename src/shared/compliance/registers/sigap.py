"""The Impediments module of SIGAP, API v2: by CPF, who may not bet in Brazil and why.

`GET <address>/impedimento/v2/condicao/{cpf}` with a bearer token that the ministry issues against
the operator's e-CNPJ; obtaining that token happens outside, it arrives here as a secret. An answer
is `{resultado, motivos, idRequisicao}`, read strictly (IN SPA/MF 22/2025, 31/2025 art. 5): an
unknown `resultado`, IMPEDIDO without a reason and NAO_IMPEDIDO with one are no answers. A reason
that we have not seen yet is one all the same: the ministry added four in 2026 alone.
"""

import json
import re
from typing import Final

from shared.compliance.registers.ports import (
    MAX_ANSWER_BYTES,
    TIMEOUT_MS,
    RegisterAnswer,
    RegisterDown,
    Subject,
)
from shared.platform.ports import HttpAnswer, HttpClient, HttpRequest, Unreachable

PATH: Final = "/impedimento/v2/condicao/"

PROGRAMA_SOCIAL: Final = "PROGRAMA_SOCIAL"
AUTOEXCLUSAO: Final = "AUTOEXCLUSAO_CENTRALIZADA"
NOVO_DESENROLA: Final = "PROGRAMA_NOVO_DESENROLA_BRASIL"
RENEGOCIACAO_FIES: Final = "RENEGOCIACAO_FIES"
DESENROLA_ADIMPLENTES: Final = "PROGRAMA_DESENROLA_ADIMPLENTES"
FIES_EMPREENDEDOR: Final = "PROGRAMA_FIES_EMPREENDEDOR"

STATUS_OF_REASON: Final[dict[str, int]] = {PROGRAMA_SOCIAL: 10, AUTOEXCLUSAO: 4}
"""Status codes of a bettor in SIGAP's files, as far as official texts show them: 10 Exclusão –
Programas Sociais, 4 Autoexcluído. For the other reasons none was seen, and none is guessed."""

_REASON: Final = re.compile("[A-Z][A-Z0-9_]{1,63}")
_MAX_REQUEST_ID: Final = 128


class Sigap:
    """`Register` over HTTP."""

    def __init__(self, http: HttpClient, address: str, token: str) -> None:
        self._http = http
        self._url = address.rstrip("/") + PATH
        self._token = token

    async def ask(self, subject: Subject) -> RegisterAnswer:
        request = HttpRequest(
            "GET",
            self._url + subject.cpf,
            {"authorization": f"Bearer {self._token}", "accept": "application/json"},
        )
        try:
            answer = await self._http.send(
                request, timeout_ms=TIMEOUT_MS, max_bytes=MAX_ANSWER_BYTES
            )
        except Unreachable:
            # Its words are not passed on: they may quote the address, which ends with the CPF.
            raise RegisterDown("no_answer", "no answer in time") from None
        refuse_status(answer)
        try:
            return read_answer(answer.body)
        except ValueError as error:
            raise RegisterDown("unreadable", str(error)) from None


def refuse_status(answer: HttpAnswer) -> None:
    """Anything but 200 is no answer. Raises `RegisterDown`."""
    status = answer.status
    if status == 200:
        return
    if status in (401, 403):
        raise RegisterDown("refused", f"status {status}")
    outage_of_all = status == 429 or status >= 500
    raise RegisterDown("no_answer" if outage_of_all else "unreadable", f"status {status}")


def read_answer(body: bytes) -> RegisterAnswer:
    """The answer that `body` is.

    Raises:
        ValueError: for anything that is not exactly an answer; the message quotes nothing of it.
    """
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise ValueError("no JSON object")  # noqa: TRY004 - what was sent is wrong, not who calls
    result, request_id = told.get("resultado"), told.get("idRequisicao")
    if not isinstance(request_id, str) or not 0 < len(request_id) <= _MAX_REQUEST_ID:
        raise ValueError("no idRequisicao")
    reasons = _reasons(told.get("motivos"))
    if result == "NAO_IMPEDIDO":
        if reasons:
            raise ValueError("NAO_IMPEDIDO with a motivo")
        return RegisterAnswer(is_listed=False, reasons=(), request_id=request_id)
    if result != "IMPEDIDO":
        raise ValueError("unknown resultado")
    if not reasons:
        raise ValueError("IMPEDIDO without a motivo")
    return RegisterAnswer(is_listed=True, reasons=reasons, request_id=request_id)


def _reasons(told: object) -> tuple[str, ...]:
    if told is None:
        return ()
    if not isinstance(told, list):
        raise ValueError("motivos is no list")  # noqa: TRY004 - as above
    for reason in told:
        if not isinstance(reason, str) or not _REASON.fullmatch(reason):
            raise ValueError("a motivo is no code")
    return tuple(sorted(set(told)))
