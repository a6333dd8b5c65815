"""Access tokens: RFC 8725, one test for each way to forge one."""

import base64
import json
import secrets
from typing import Any

import jwt
import pytest
from services import tokens as module
from services.tokens import ISSUER, LIFETIME_S, MAX_CACHED, Tokens

from shared.identity.model import Principal
from shared.kernel.errors import Rejected

NOW_MS = 1_795_356_900_000
NOW_S = NOW_MS // 1000
SUBJECT = "01a2039c-3aa0-7f31-a426-8f3d79065486"
SESSION = "01a2039c-3aa0-7f31-a426-8f3d79065487"
PLAYER = Principal(SUBJECT, SESSION, None)
ANALYST = Principal(SUBJECT, SESSION, "aml")
KEYS = {"j1": secrets.token_bytes(32), "j2": secrets.token_bytes(32)}


@pytest.fixture
def house() -> Tokens:
    return Tokens(KEYS, "j1")


def _claims(**changes: object) -> dict[str, object]:
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": "acme:player",
        "sub": SUBJECT,
        "sid": SESSION,
        "iat": NOW_S,
        "exp": NOW_S + LIFETIME_S,
        "jti": SESSION,
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def _token(
    claims: dict[str, object] | None = None,
    key: bytes = KEYS["j1"],
    algorithm: str = "HS256",
    **header: object,
) -> str:
    headers = {"kid": "j1", "typ": "at+jwt"} | header
    return jwt.encode(_claims() if claims is None else claims, key, algorithm, headers)


def _code(house: Tokens, token: str, audience: Any = "player", now_ms: int = NOW_MS) -> str | None:
    try:
        house.verify(token, audience, now_ms)
    except Rejected as refused:
        return refused.rejection.problem.code
    return None


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_token_proves_its_principal_until_it_expires(house: Tokens) -> None:
    token = house.issue(PLAYER, "player", NOW_MS, SESSION)
    assert house.verify(token, "player", NOW_MS) == PLAYER
    last_ms = (NOW_S + LIFETIME_S) * 1000 - 1
    assert house.verify(token, "player", last_ms) == PLAYER
    assert _code(house, token, now_ms=last_ms + 1) == "token_expired"
    assert _code(Tokens(KEYS, "j1"), token, now_ms=last_ms + 1) == "token_expired"


def test_the_hand_made_token_of_these_tests_is_a_good_one(house: Tokens) -> None:
    assert _code(house, _token()) is None


def test_claims_carry_nothing_personal(house: Tokens) -> None:
    token = house.issue(ANALYST, "staff", NOW_MS, SESSION)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert set(claims) == {"iss", "aud", "sub", "sid", "iat", "exp", "jti", "role"}


def test_the_algorithm_none_and_unsigned_tokens_are_refused(house: Tokens) -> None:
    header = {"alg": "none", "kid": "j1", "typ": "at+jwt"}
    for algorithm in ("none", "None", "NONE", "nOnE"):
        unsigned = f"{_part(header | {'alg': algorithm})}.{_part(_claims())}."
        assert _code(house, unsigned) == "token_invalid"
    signature = _token().rsplit(".", 1)[1]
    assert _code(house, f"{_part(header)}.{_part(_claims())}.{signature}") == "token_invalid"


@pytest.mark.filterwarnings("ignore:The HMAC key is")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_under_the_right_key_is_refused(house: Tokens, algorithm: str) -> None:
    assert _code(house, _token(algorithm=algorithm)) == "token_invalid"


def test_another_key_and_an_unknown_key_id_are_refused(house: Tokens) -> None:
    assert _code(house, _token(key=secrets.token_bytes(32))) == "token_invalid"
    assert _code(house, _token(key=KEYS["j2"])) == "token_invalid"
    for kid in ("j9", "", "../j1", "j1' OR 1=1"):
        assert _code(house, _token(kid=kid)) == "token_invalid"


def test_keys_named_by_the_token_itself_are_not_looked_at(house: Tokens) -> None:
    own = secrets.token_bytes(32)
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(own).decode()}
    forged = _token(key=own, jwk=jwk, jku="https://evil.example/keys", x5u="https://evil.example")
    assert _code(house, forged) == "token_invalid"


def test_keys_rotate_without_ending_sessions() -> None:
    before, after = Tokens(KEYS, "j1"), Tokens(KEYS, "j2")
    old = before.issue(PLAYER, "player", NOW_MS, SESSION)
    new = after.issue(PLAYER, "player", NOW_MS, SESSION)
    assert jwt.get_unverified_header(new)["kid"] == "j2"
    assert _code(after, old) is None
    assert _code(Tokens({"j2": KEYS["j2"]}, "j2"), old) == "token_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"aud": "acme:staff"},
        {"aud": ["acme:player"]},
        {"aud": ["acme:player", "acme:staff"]},
        {"sub": "admin"},
        {"sub": ""},
        {"sid": "x"},
        {"role": "admin"},
        {"nbf": NOW_S - 1},
        {"iat": NOW_S + 61},
        {"iat": str(NOW_S)},
        {"exp": str(NOW_S + 600)},
        {"exp": NOW_S + 600.5},
        {"exp": True},
        *[{name: None} for name in ("iss", "aud", "sub", "sid", "iat", "exp", "jti")],
    ],
    ids=str,
)
def test_a_wrong_or_missing_claim_is_refused(house: Tokens, changes: dict[str, object]) -> None:
    assert _code(house, _token(_claims(**changes))) == "token_invalid"


@pytest.mark.parametrize("kind", ["JWT", "", "rt+jwt", None])
def test_another_type_of_token_is_refused(house: Tokens, kind: str | None) -> None:
    assert _code(house, _token(typ=kind)) == "token_invalid"


@pytest.mark.parametrize("role", [None, "owner", "", ["aml"]])
def test_staff_need_a_role_of_ours(house: Tokens, role: object) -> None:
    claims = _claims(aud="acme:staff", role=role)
    assert _code(house, _token(claims), "staff") == "token_invalid"


def test_the_cache_knows_the_audience_of_what_it_has_seen(house: Tokens) -> None:
    token = house.issue(ANALYST, "staff", NOW_MS, SESSION)
    assert house.verify(token, "staff", NOW_MS) == ANALYST
    assert _code(house, token, "player") == "token_invalid"


def test_the_cache_is_bounded_and_forgets_no_check(
    house: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_CACHED", 8)
    tokens = [_token(_claims(jti=f"{n}")) for n in range(20)]
    for token in tokens:
        assert _code(house, token) is None
    assert len(house._verified) == 8
    assert all(_code(house, token) is None for token in tokens)
    assert MAX_CACHED < 10_000


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "x" * 3_000, "é.é.é", "\x00", _part({}) + "." + _part([]) + "."],
)
def test_what_is_no_token_at_all_is_refused(house: Tokens, token: str) -> None:
    assert _code(house, token) == "token_invalid"


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_a_changed_character_anywhere_is_refused(house: Tokens, place: int) -> None:
    token = _token()
    at = place % (len(token) - 1)  # the last character has bits that base64 ignores
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    assert _code(house, changed) == "token_invalid"


def test_the_active_key_must_be_known() -> None:
    with pytest.raises(ValueError, match="active"):
        Tokens(KEYS, "j9")
