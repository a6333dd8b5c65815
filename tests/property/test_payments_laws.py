"""Laws of payments: codes read back, one flipped bit is noticed, signatures bind body and time."""

from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.errors import Rejected
from shared.payments.brcode import BrCode, BrCodeError, dynamic_br_code, parse_br_code
from shared.payments.signature import sign, verify

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=15)
locations = st.builds(
    "{}.example.com/{}".format,
    st.text("abcdefghij0123456789", min_size=1, max_size=10),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=54),
)
amounts = st.none() | st.integers(1, 10**12 - 1)
codes = st.builds(
    dynamic_br_code,
    location=locations,
    merchant_name=names,
    merchant_city=names,
    amount_minor=amounts,
)


@given(locations, names, names, amounts)
def test_a_code_reads_back_as_what_it_was_made_of(
    location: str, name: str, city: str, amount_minor: int | None
) -> None:
    built = dynamic_br_code(
        location=location, merchant_name=name, merchant_city=city, amount_minor=amount_minor
    )
    assert parse_br_code(built) == BrCode(
        name, city, location=location, amount_minor=amount_minor, single_use=True
    )


@given(codes, st.integers(0), st.integers(0, 6))
def test_a_flipped_bit_anywhere_is_noticed(code: str, at: int, bit: int) -> None:
    index = at % (len(code) - 4)
    flipped = code[:index] + chr(ord(code[index]) ^ 1 << bit) + code[index + 1 :]
    try:
        parse_br_code(flipped)
    except BrCodeError:
        return
    raise AssertionError(flipped)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_br_code(text)
    except BrCodeError:
        return


@given(
    st.binary(),
    st.binary(),
    st.binary(min_size=32, max_size=48),
    st.binary(min_size=32, max_size=48),
    st.integers(0, 10**14),
)
def test_a_signature_holds_for_its_body_and_secret_and_for_no_other(
    body: bytes, other_body: bytes, secret: bytes, other_secret: bytes, now_ms: int
) -> None:
    header = sign(body, secrets=[secret], now_ms=now_ms)
    verify(header, body, secrets=[other_secret, secret], now_ms=now_ms)
    for presented, secrets in ((other_body, [secret]), (body, [other_secret])):
        same = presented == body and secrets == [secret]
        try:
            verify(header, presented, secrets=secrets, now_ms=now_ms)
        except Rejected:
            assert not same
        else:
            assert same
