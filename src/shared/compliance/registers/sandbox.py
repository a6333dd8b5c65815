"""The registers of the sandbox: servers that answer as the real ones do, to the same adapters.

SIGAP answers by the CPFs that the ministry publishes for homologation (BR-IMP-04): each check
digit is right and none belongs to a person. Further people can be put on a register, and a register
can be switched off; both are kept by whoever implements `Listings`.
"""

import json
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import parse_qs

from shared.compliance.registers import gamstop, sigap
from shared.compliance.registers.gamstop import SELF_EXCLUDED
from shared.compliance.registers.ports import RegisterName
from shared.compliance.registers.sigap import (
    AUTOEXCLUSAO,
    DESENROLA_ADIMPLENTES,
    FIES_EMPREENDEDOR,
    NOVO_DESENROLA,
    PROGRAMA_SOCIAL,
    RENEGOCIACAO_FIES,
)
from shared.platform.ports import Entropy, HttpAnswer, HttpRequest, Unreachable

HOMOLOGATION: Final[Mapping[str, tuple[str, ...]]] = {
    "28784142090": (PROGRAMA_SOCIAL,),
    "08782758000": (PROGRAMA_SOCIAL,),
    "08940473965": (PROGRAMA_SOCIAL,),
    "51077358008": (AUTOEXCLUSAO,),
    "62564939074": (AUTOEXCLUSAO,),
    "15690288691": (AUTOEXCLUSAO,),
    "10996230572": (AUTOEXCLUSAO, PROGRAMA_SOCIAL),
    "83941151878": (NOVO_DESENROLA,),
    "15959816679": (RENEGOCIACAO_FIES,),
    "55851894091": (DESENROLA_ADIMPLENTES,),
    "99458738067": (FIES_EMPREENDEDOR,),
}
"""The reasons of each published CPF."""


class Listings(Protocol):
    """What the sandbox was told about its registers."""

    async def is_up(self, register: RegisterName) -> bool: ...

    async def reasons(self, register: RegisterName, person: str) -> tuple[str, ...]:
        """Why `person` (a CPF at SIGAP, an e-mail address at GAMSTOP) was listed, if they were."""
        ...


class SandboxRegisters:
    """`HttpClient` to the registers of the sandbox; no other address exists."""

    def __init__(self, listings: Listings, entropy: Entropy) -> None:
        self._listings = listings
        self._entropy = entropy

    async def send(self, request: HttpRequest, *, timeout_ms: int, max_bytes: int) -> HttpAnswer:
        if sigap.PATH in request.url:
            return await self._sigap(request)
        if request.url.endswith(gamstop.PATH):
            return await self._gamstop(request)
        raise Unreachable("no such service in the sandbox")

    async def _sigap(self, request: HttpRequest) -> HttpAnswer:
        await self._refuse_outage("sigap")
        cpf = request.url.rpartition("/")[2]
        reasons = HOMOLOGATION.get(cpf, ()) or await self._listings.reasons("sigap", cpf)
        told = {
            "resultado": "IMPEDIDO" if reasons else "NAO_IMPEDIDO",
            "motivos": list(reasons),
            "idRequisicao": self._request_id(),
        }
        return HttpAnswer(200, {"content-type": "application/json"}, json.dumps(told).encode())

    async def _gamstop(self, request: HttpRequest) -> HttpAnswer:
        await self._refuse_outage("gamstop")
        form = parse_qs((request.body or b"").decode())
        email = form["email"][0]
        reasons = await self._listings.reasons("gamstop", email)
        headers = {
            "x-exclusion": "Y" if SELF_EXCLUDED in reasons else "N",
            "x-unique-id": self._request_id(),
        }
        return HttpAnswer(200, headers, b"")

    async def _refuse_outage(self, register: RegisterName) -> None:
        if not await self._listings.is_up(register):
            raise Unreachable("the sandbox's register is switched off")

    def _request_id(self) -> str:
        return f"sandbox-{self._entropy.token(8).hex()}"
