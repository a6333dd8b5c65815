"""Webhook signatures: only our provider, only this body, only now, through a change of secrets."""

import hashlib
import hmac

import pytest

from shared.kernel.errors import Problem, Rejected
from shared.payments.errors import (
    WEBHOOK_OUTSIDE_WINDOW,
    WEBHOOK_SIGNATURE_INVALID,
    WEBHOOK_SIGNATURE_MISSING,
)
from shared.payments.signature import WINDOW_MS, sign, verify

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32
BODY = b'{"pix": []}'
NOW = 1_800_000_000_000


def refused(header: str | None, *, body: bytes = BODY, now_ms: int = NOW) -> Problem:
    with pytest.raises(Rejected) as refusal:
        verify(header, body, secrets=[NEW], now_ms=now_ms)
    return refusal.value.rejection.problem


def test_the_header_is_the_documented_hmac() -> None:
    expected = hmac.new(NEW, b"1800000000." + BODY, hashlib.sha256).hexdigest()
    assert sign(BODY, secrets=[NEW], now_ms=NOW) == f"t=1800000000,v1={expected}"


def test_a_signed_body_is_accepted() -> None:
    verify(sign(BODY, secrets=[NEW], now_ms=NOW), BODY, secrets=[NEW], now_ms=NOW)


@pytest.mark.parametrize("body", [b"", b'{"pix":[]}', BODY + b" "])
def test_another_body_is_refused(body: bytes) -> None:
    header = sign(BODY, secrets=[NEW], now_ms=NOW)
    assert refused(header, body=body) is WEBHOOK_SIGNATURE_INVALID


def test_another_secret_is_refused() -> None:
    assert refused(sign(BODY, secrets=[OTHER], now_ms=NOW)) is WEBHOOK_SIGNATURE_INVALID


def test_a_changed_time_is_refused_as_not_signed() -> None:
    header = sign(BODY, secrets=[NEW], now_ms=NOW - 2 * WINDOW_MS)
    moved = header.replace("t=1799999400", "t=1800000000")
    assert moved != header
    assert refused(moved) is WEBHOOK_SIGNATURE_INVALID


@pytest.mark.parametrize("age_ms", [0, WINDOW_MS, -WINDOW_MS])
def test_a_notice_within_five_minutes_either_way_is_accepted(age_ms: int) -> None:
    header = sign(BODY, secrets=[NEW], now_ms=NOW - age_ms)
    verify(header, BODY, secrets=[NEW], now_ms=NOW)


@pytest.mark.parametrize("age_ms", [WINDOW_MS + 1_000, -WINDOW_MS - 1_000, NOW])
def test_a_notice_outside_five_minutes_is_refused_although_well_signed(age_ms: int) -> None:
    header = sign(BODY, secrets=[NEW], now_ms=NOW - age_ms)
    assert refused(header) is WEBHOOK_OUTSIDE_WINDOW


def test_during_a_rotation_both_sides_may_be_first() -> None:
    by_old = sign(BODY, secrets=[OLD], now_ms=NOW)
    by_both = sign(BODY, secrets=[NEW, OLD], now_ms=NOW)
    verify(by_old, BODY, secrets=[NEW, OLD], now_ms=NOW)
    verify(by_both, BODY, secrets=[OLD], now_ms=NOW)
    verify(by_both, BODY, secrets=[NEW], now_ms=NOW)


def test_after_a_rotation_the_old_secret_opens_nothing() -> None:
    assert refused(sign(BODY, secrets=[OLD], now_ms=NOW)) is WEBHOOK_SIGNATURE_INVALID


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=1800000000",
        "v1=" + "0" * 64,
        "t=,v1=" + "0" * 64,
        "t=-1,v1=" + "0" * 64,
        "t=1800000000,v1=" + "0" * 63,
        "t=1800000000,v1=" + "G" * 64,
        "t=1800000000,v0=" + "0" * 64,
        "t=1800000000, v1=" + "0" * 64,
        "t=1800000000" + (",v1=" + "0" * 64) * 5,
        "t=1800000000,v1=" + "0" * 64 + "\n",
        "t=" + "9" * 13 + ",v1=" + "0" * 64,
        "t=١,v1=" + "0" * 64,
    ],
)
def test_a_header_of_another_form_counts_as_missing(header: str | None) -> None:
    assert refused(header) is WEBHOOK_SIGNATURE_MISSING


def test_a_short_secret_is_a_defect_of_the_configuration() -> None:
    with pytest.raises(AssertionError):
        sign(BODY, secrets=[b"short"], now_ms=NOW)


def test_verifying_without_a_secret_is_a_defect_and_not_a_pass() -> None:
    with pytest.raises(AssertionError):
        verify(sign(BODY, secrets=[NEW], now_ms=NOW), BODY, secrets=[], now_ms=NOW)
