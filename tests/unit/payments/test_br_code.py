"""BR Codes against the examples that the Banco Central do Brasil publishes."""

import pytest

from shared.kernel.money import MAX_AMOUNT_MINOR
from shared.payments.brcode import BrCode, BrCodeError, checksum, dynamic_br_code, parse_br_code

# Manual de Padrões para Iniciação do Pix, version 2.10.0: §2.6.3 static, §2.7.2 dynamic, §2.8.5
# composite with amount. The last one is a `pixCopiaECola` of the API Pix 2.9.0 (openapi.yaml).
STATIC = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000"
    "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"
)
DYNAMIC = (
    "00020101021226700014br.gov.bcb.pix2548pix.example.com/8b3da2f39a4140d1a91abd93113bd441"
    "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***630464E4"
)
COMPOSITE = (
    "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000"
    "5204000053039865406100.505802BR5913Fulano de Tal6008BRASILIA62070503***"
    "80740014br.gov.bcb.pix2552pix.example.com/rec/2353c790eefb11eaadc10242ac12000263042875"
)
WITH_RECURRENCE = (
    "00020101021226810014br.gov.bcb.pix2559pix.example.com/qr/v2/cobv/"
    "1e6c54d3ec9449b7a7fc53b6b0f998e75204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***"
    "80800014br.gov.bcb.pix2558pix.example.com/qr/v2/rec/3ffa640fa4f14080adccb949fa2dc0d06304A441"
)
PUBLISHED = [STATIC, DYNAMIC, COMPOSITE, WITH_RECURRENCE]


def test_the_checksum_is_crc_16_ccitt_false() -> None:
    """The check value of the catalogue of parametrised CRC algorithms for "123456789"."""
    assert checksum("123456789") == "29B1"


@pytest.mark.parametrize("code", PUBLISHED)
def test_the_checksums_of_the_published_examples_are_ours(code: str) -> None:
    assert checksum(code[:-4]) == code[-4:]


def test_the_published_dynamic_example_is_built_to_the_letter() -> None:
    built = dynamic_br_code(
        location="pix.example.com/8b3da2f39a4140d1a91abd93113bd441",
        merchant_name="Fulano de Tal",
        merchant_city="BRASILIA",
    )
    assert built == DYNAMIC


def test_the_published_examples_are_read() -> None:
    key = "123e4567-e12b-12d1-a456-426655440000"
    assert parse_br_code(STATIC) == BrCode("Fulano de Tal", "BRASILIA", key=key)
    assert parse_br_code(COMPOSITE) == BrCode(
        "Fulano de Tal", "BRASILIA", key=key, amount_minor=10_050
    )
    assert parse_br_code(DYNAMIC) == BrCode(
        "Fulano de Tal",
        "BRASILIA",
        location="pix.example.com/8b3da2f39a4140d1a91abd93113bd441",
        single_use=True,
    )
    assert parse_br_code(WITH_RECURRENCE).location == (
        "pix.example.com/qr/v2/cobv/1e6c54d3ec9449b7a7fc53b6b0f998e7"
    )


def test_an_amount_is_decimal_text_with_two_places() -> None:
    built = dynamic_br_code(
        location="pix.example.com/qr/v2/a", merchant_name="N", merchant_city="C", amount_minor=1_050
    )
    assert "540510.50" in built
    assert parse_br_code(built).amount_minor == 1_050


def test_the_largest_amount_of_the_house_fits_into_a_code() -> None:
    built = dynamic_br_code(
        location="a.b/c", merchant_name="N", merchant_city="C", amount_minor=MAX_AMOUNT_MINOR
    )
    assert "54139999999999.99" in built


def test_names_lose_accents_and_what_does_not_fit() -> None:
    code = parse_br_code(
        dynamic_br_code(
            location="pix.example.com/qr/v2/a",
            merchant_name="AcmeToCasino Entretenimento São João Ltda",
            merchant_city="São José dos Campos",
        )
    )
    assert (code.merchant_name, code.merchant_city) == (
        "AcmeToCasino Entretenimen",
        "Sao Jose dos Ca",
    )


def test_a_name_cut_after_a_space_does_not_end_in_one() -> None:
    built = dynamic_br_code(
        location="pix.example.com/a", merchant_name="A" * 24 + " B", merchant_city="C"
    )
    assert parse_br_code(built).merchant_name == "A" * 24


@pytest.mark.parametrize(
    "location",
    [
        "",
        "https://pix.example.com/qr",
        "pix.example.com",
        "/qr",
        "pix.example.com/a b",
        "pix.example.com/é",
        "pix.example.com/" + "a" * 62,
    ],
)
def test_a_location_has_no_scheme_and_fits(location: str) -> None:
    with pytest.raises(ValueError, match="location"):
        dynamic_br_code(location=location, merchant_name="N", merchant_city="C")


@pytest.mark.parametrize("amount_minor", [0, -1, 10**12])
def test_an_amount_that_a_code_cannot_say_is_refused(amount_minor: int) -> None:
    with pytest.raises(ValueError, match="amount"):
        dynamic_br_code(
            location="a.b/c", merchant_name="N", merchant_city="C", amount_minor=amount_minor
        )


def test_a_name_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(ValueError, match="no name"):
        dynamic_br_code(location="a.b/c", merchant_name="日本", merchant_city="C")


def test_a_category_has_four_digits() -> None:
    assert "52047995" in dynamic_br_code(
        location="a.b/c", merchant_name="N", merchant_city="C", merchant_category="7995"
    )
    with pytest.raises(ValueError, match="category"):
        dynamic_br_code(
            location="a.b/c", merchant_name="N", merchant_city="C", merchant_category="799"
        )


@pytest.mark.parametrize("at", range(len(DYNAMIC) - 4))
def test_any_changed_character_is_noticed(at: int) -> None:
    changed = DYNAMIC[:at] + ("8" if DYNAMIC[at] != "8" else "9") + DYNAMIC[at + 1 :]
    with pytest.raises(BrCodeError):
        parse_br_code(changed)


def sealed(body: str) -> str:
    return body + checksum(body)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "6304",
        "é" * 20,
        "0" * 1_000,
        sealed("6304"),
        sealed("0002016304"),
        sealed(DYNAMIC[:-4].replace("5303986", "5303840")),
        sealed(DYNAMIC[:-4].replace("5802BR", "5802US")),
        sealed(DYNAMIC[:-4].replace("br.gov.bcb.pix", "br.gov.bcb.xip")),
        sealed(DYNAMIC[:-4].replace("6008BRASILIA", "")),
        sealed(DYNAMIC[:-4].replace("5802BR", "5802BR5802BR")),
        sealed(DYNAMIC[:-4].replace("5802BR", "54041e105802BR")),
        sealed(DYNAMIC[:-4].replace("2670", "2699")),
        sealed(DYNAMIC[:-4].replace("2548", "2549")),
        sealed(DYNAMIC[:-4].replace("5913", "59 3")),
    ],
    ids=range(15),
)
def test_a_text_of_another_structure_is_refused_even_with_a_fitting_checksum(code: str) -> None:
    with pytest.raises(BrCodeError):
        parse_br_code(code)


def test_the_scheme_is_known_in_any_case_of_letters() -> None:
    upper = sealed(STATIC[:-4].replace("br.gov.bcb.pix", "BR.GOV.BCB.PIX"))
    assert parse_br_code(upper).key is not None
