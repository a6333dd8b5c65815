"""One-time passwords: the vectors of RFC 6238 and RFC 4226, the window, and no code twice."""

import base64

import pytest

from shared.identity import totp

SECRET = b"12345678901234567890"

RFC_6238 = [
    (59, "94287082"),
    (1_111_111_109, "07081804"),
    (1_111_111_111, "14050471"),
    (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"),
    (20_000_000_000, "65353130"),
]
RFC_4226 = [
    *("755224", "287082", "359152", "969429", "338314"),
    *("254676", "287922", "162583", "399871", "520489"),
]


@pytest.mark.parametrize(("at_s", "code"), RFC_6238)
def test_codes_are_those_of_rfc_6238_appendix_b(at_s: int, code: str) -> None:
    assert totp.code_of(SECRET, totp.step_at(at_s * 1000), digits=8) == code


@pytest.mark.parametrize(("step", "code"), list(enumerate(RFC_4226)))
def test_codes_of_six_digits_are_those_of_rfc_4226_appendix_d(step: int, code: str) -> None:
    assert totp.code_of(SECRET, step) == code


def test_a_step_has_thirty_seconds() -> None:
    assert [totp.step_at(ms) for ms in (0, 29_999, 30_000)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("drift", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)]
)
def test_a_code_is_good_one_step_around_its_own(drift: int, accepted: bool) -> None:
    now_ms = 1_000 * totp.STEP_MS
    code = totp.code_of(SECRET, 1_000 + drift)
    step = totp.accepted_step(SECRET, code, now_ms, 0)
    assert step == (1_000 + drift if accepted else None)


@pytest.mark.parametrize(("last_step", "accepted"), [(999, True), (1_000, False), (1_001, False)])
def test_no_code_is_accepted_for_a_step_that_was_reached(last_step: int, accepted: bool) -> None:
    now_ms = 1_000 * totp.STEP_MS
    code = totp.code_of(SECRET, 1_000)
    assert (totp.accepted_step(SECRET, code, now_ms, last_step) is not None) == accepted


@pytest.mark.parametrize("code", ["", "28708", "2870820", "é" * 6, "２８７０８２", "287 082"])
def test_what_is_no_code_is_refused_and_breaks_nothing(code: str) -> None:
    assert totp.accepted_step(SECRET, code, totp.STEP_MS, -9) is None


def test_a_secret_is_written_as_apps_read_it_and_read_back() -> None:
    text = totp.secret_text(SECRET)
    assert text == base64.b32encode(SECRET).decode().rstrip("=")
    assert totp.secret_bytes(text) == SECRET


def test_the_address_for_the_qr_code_names_issuer_account_and_parameters() -> None:
    assert totp.enrolment_uri(SECRET, "ana+1@example.com") == (
        "otpauth://totp/AcmeToCasino:ana%2B1@example.com"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=AcmeToCasino"
        "&algorithm=SHA1&digits=6&period=30"
    )
