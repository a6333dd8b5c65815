"""The answers of the registers are read strictly, and their servers are asked as they want it."""

import asyncio
import json
from collections.abc import Awaitable

import pytest

from shared.compliance.registers.gamstop import SELF_EXCLUDED, Gamstop
from shared.compliance.registers.ports import (
    NoRegister,
    RegisterAnswer,
    RegisterDown,
    RegisterName,
    Subject,
)
from shared.compliance.registers.sandbox import HOMOLOGATION, SandboxRegisters
from shared.compliance.registers.sigap import Sigap, read_answer
from shared.identity.cpf import normalise_cpf
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.http import ScriptedHttp
from shared.platform.ports import HttpAnswer

PERSON = Subject(
    cpf="31415926590",
    full_name="Ana Maria Souza",
    birth_date="1990-05-17",
    email="ana@example.com",
    phone="+5511900000000",
    postal_code="01001-000",
)
ADDRESS = "https://register.test"


def run[T](work: Awaitable[T]) -> T:
    async def wait() -> T:
        return await work

    return asyncio.run(wait())


def told(**members: object) -> bytes:
    whole: dict[str, object] = {
        "resultado": "IMPEDIDO",
        "motivos": ["PROGRAMA_SOCIAL"],
        "idRequisicao": "r-1",
    }
    return json.dumps(whole | members).encode()


def answering(status: int, body: bytes = b"", **headers: str) -> ScriptedHttp:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return ScriptedHttp(lambda _: HttpAnswer(status, named, body))


SILENT = ScriptedHttp(lambda _: None)


class Nobody:
    """Listings of a sandbox in which nothing was set, or in which all is down."""

    def __init__(self, *, up: bool = True, listed: tuple[str, ...] = ()) -> None:
        self.up = up
        self.listed = listed

    async def is_up(self, register: RegisterName) -> bool:
        return self.up

    async def reasons(self, register: RegisterName, person: str) -> tuple[str, ...]:
        return self.listed


def test_an_impeded_person_has_their_reasons_sorted_and_once() -> None:
    both = ["PROGRAMA_SOCIAL", "AUTOEXCLUSAO_CENTRALIZADA", "PROGRAMA_SOCIAL"]
    answer = read_answer(told(motivos=both))
    expected = ("AUTOEXCLUSAO_CENTRALIZADA", "PROGRAMA_SOCIAL")
    assert answer == RegisterAnswer(is_listed=True, reasons=expected, request_id="r-1")


def test_a_reason_that_is_new_to_us_impedes_as_well() -> None:
    assert read_answer(told(motivos=["PROGRAMA_DE_2027"])).reasons == ("PROGRAMA_DE_2027",)


@pytest.mark.parametrize("nothing", [{"motivos": []}, {"motivos": None}])
def test_somebody_who_is_not_impeded_has_no_reason(nothing: dict[str, object]) -> None:
    answer = read_answer(told(resultado="NAO_IMPEDIDO", **nothing))
    assert answer == RegisterAnswer(is_listed=False, reasons=(), request_id="r-1")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (told(resultado="TALVEZ"), "unknown resultado"),
        (told(resultado="impedido"), "unknown resultado"),
        (told(resultado=None), "unknown resultado"),
        (told(motivos=[]), "IMPEDIDO without a motivo"),
        (told(motivos=None), "IMPEDIDO without a motivo"),
        (told(resultado="NAO_IMPEDIDO"), "NAO_IMPEDIDO with a motivo"),
        (told(motivos="PROGRAMA_SOCIAL"), "no list"),
        (told(motivos=[10]), "no code"),
        (told(motivos=["31415926590"]), "no code"),
        (told(idRequisicao=""), "no idRequisicao"),
        (told(idRequisicao=7), "no idRequisicao"),
        (told(idRequisicao="x" * 129), "no idRequisicao"),
        (b"[]", "no JSON object"),
        (b"<html>", "no JSON"),
        (b"\xff\xfe", "no JSON"),
    ],
)
def test_what_is_not_understood_is_no_answer(body: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_answer(body)
    with pytest.raises(RegisterDown) as down:
        run(Sigap(answering(200, body), ADDRESS, "t").ask(PERSON))
    assert down.value.outage == "unreadable"
    assert PERSON.cpf not in str(down.value)


def test_sigap_is_asked_by_the_cpf_with_the_token_as_bearer() -> None:
    http = answering(200, told())
    run(Sigap(http, ADDRESS + "/", "the-token").ask(PERSON))
    [asked] = http.asked
    assert asked.method == "GET"
    assert asked.url == f"{ADDRESS}/impedimento/v2/condicao/31415926590"
    assert asked.headers["authorization"] == "Bearer the-token"


@pytest.mark.parametrize(
    ("status", "outage"),
    [
        (401, "refused"),
        (403, "refused"),
        (429, "no_answer"),
        (500, "no_answer"),
        (503, "no_answer"),
        (302, "unreadable"),
        (400, "unreadable"),
        (404, "unreadable"),
        (204, "unreadable"),
    ],
)
def test_no_status_but_200_is_an_answer(status: int, outage: str) -> None:
    for register in (
        Sigap(answering(status, told(resultado="NAO_IMPEDIDO", motivos=[])), ADDRESS, "t"),
        Gamstop(answering(status, x_exclusion="N", x_unique_id="u"), ADDRESS, "k"),
    ):
        with pytest.raises(RegisterDown) as down:
            run(register.ask(PERSON))
        assert down.value.outage == outage


def test_silence_is_no_answer_and_its_words_hold_nothing_of_the_person() -> None:
    for register in (Sigap(SILENT, ADDRESS, "t"), Gamstop(SILENT, ADDRESS, "k")):
        with pytest.raises(RegisterDown) as down:
            run(register.ask(PERSON))
        assert str(down.value) == "no_answer: no answer in time"


def test_a_register_that_nobody_connected_never_answers() -> None:
    with pytest.raises(RegisterDown) as down:
        run(NoRegister().ask(PERSON))
    assert down.value.outage == "not_connected"


@pytest.mark.parametrize(("flag", "listed"), [("Y", True), ("N", False), ("P", False)])
def test_gamstop_answers_in_headers(flag: str, listed: bool) -> None:
    http = answering(200, x_exclusion=flag, x_unique_id="u-1")
    answer = run(Gamstop(http, ADDRESS, "the-key").ask(PERSON))
    assert answer == RegisterAnswer(
        is_listed=listed, reasons=(SELF_EXCLUDED,) if listed else (), request_id="u-1"
    )
    [asked] = http.asked
    assert (asked.method, asked.url) == ("POST", f"{ADDRESS}/v2")
    assert asked.headers["x-api-key"] == "the-key"
    assert asked.body == (
        b"firstName=Ana&lastName=Maria+Souza&dateOfBirth=1990-05-17&email=ana%40example.com"
        b"&postcode=01001-000&mobile=%2B5511900000000"
    )
    assert PERSON.cpf.encode() not in asked.body


@pytest.mark.parametrize(
    "headers", [{}, {"x_exclusion": "Y"}, {"x_exclusion": "X", "x_unique_id": "u"}]
)
def test_headers_that_say_nothing_are_no_answer(headers: dict[str, str]) -> None:
    with pytest.raises(RegisterDown) as down:
        run(Gamstop(answering(200, b"", **headers), ADDRESS, "k").ask(PERSON))
    assert down.value.outage == "unreadable"


@pytest.mark.parametrize(("cpf", "reasons"), HOMOLOGATION.items())
def test_each_published_cpf_is_one_and_gives_its_reasons(
    cpf: str, reasons: tuple[str, ...]
) -> None:
    assert normalise_cpf(cpf) == cpf
    register = Sigap(SandboxRegisters(Nobody(), SeededEntropy(1)), ADDRESS, "t")
    person = Subject(cpf, "X", "1990-01-01", "x@example.com", "+55", "1")
    assert run(register.ask(person)).reasons == reasons


def test_the_sandbox_lists_nobody_else_until_it_is_told_to() -> None:
    clear = SandboxRegisters(Nobody(), SeededEntropy(1))
    assert not run(Sigap(clear, ADDRESS, "t").ask(PERSON)).is_listed
    assert not run(Gamstop(clear, ADDRESS, "k").ask(PERSON)).is_listed
    listing = SandboxRegisters(Nobody(listed=(SELF_EXCLUDED,)), SeededEntropy(1))
    assert run(Sigap(listing, ADDRESS, "t").ask(PERSON)).reasons == (SELF_EXCLUDED,)
    assert run(Gamstop(listing, ADDRESS, "k").ask(PERSON)).is_listed


def test_a_register_of_the_sandbox_that_is_switched_off_gives_no_answer() -> None:
    off = SandboxRegisters(Nobody(up=False), SeededEntropy(1))
    for register in (Sigap(off, ADDRESS, "t"), Gamstop(off, ADDRESS, "k")):
        with pytest.raises(RegisterDown) as down:
            run(register.ask(PERSON))
        assert down.value.outage == "no_answer"


def test_every_question_has_an_id_that_tells_nothing_of_the_person() -> None:
    http = SandboxRegisters(Nobody(), SeededEntropy(1))
    register = Sigap(http, ADDRESS, "t")
    first, second = run(register.ask(PERSON)), run(register.ask(PERSON))
    assert first.request_id != second.request_id
