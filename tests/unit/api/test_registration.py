"""Registration of players through the API."""

from api_under_test import World
from e2e.people import cpf, registration
from services.gate import wallet_rules

from shared.compliance.model import profile_now
from shared.kernel.ids import is_uuid
from shared.kernel.times import SAO_PAULO_OFFSET_MS, parse_rfc3339


def test_a_player_is_registered_and_has_a_wallet_with_the_limits_they_chose(world: World) -> None:
    reply = world.call("POST", "/v1/players", registration())
    assert reply.status == 201
    player_id = reply.json["player_id"]
    assert is_uuid(player_id)
    assert reply.json["status"] == "active"
    assert world.wallets.opened == {
        player_id: {
            "player_id": player_id,
            "currency": "BRL",
            "jurisdiction": "br",
            "day_offset_ms": SAO_PAULO_OFFSET_MS,
            "limits": [
                {"kind": "loss", "period": "daily", "value": 100_000_000},
                {"kind": "time", "period": "daily", "value": 1440},
            ],
            "rules": wallet_rules(profile_now("br", world.clock.now_ms())),
        }
    }
    [player] = world.rows("SELECT * FROM players")
    assert player["wallet_opened_at"] == world.clock.now_ms()
    assert (player["kyc_status"], player["vip_tier"]) == ("pending", "bronze")
    assert len(world.rows("SELECT * FROM payment_accounts")) == 1


def test_nothing_personal_is_stored_in_clear(world: World) -> None:
    body = registration()
    assert world.call("POST", "/v1/players", body).status == 201
    dump = str(
        [world.rows(f"SELECT * FROM {t}") for t in ("players", "credentials", "payment_accounts")]
    )
    for secret in ("cpf", "email", "password", "full_name", "phone"):
        assert str(body[secret]) not in dump, secret
    assert "Paulista" not in dump
    assert "192.0.2.7" not in dump


def test_the_first_minute_of_the_eighteenth_birthday_in_sao_paulo_is_old_enough() -> None:
    world = World()
    world.clock.set(parse_rfc3339("2026-11-22T03:00:00.000Z"))
    born = registration(birth_date="2008-11-22")
    assert world.call("POST", "/v1/players", born).status == 201


def test_the_minute_before_it_is_not() -> None:
    world = World()
    world.clock.set(parse_rfc3339("2026-11-22T02:59:59.999Z"))
    reply = world.call("POST", "/v1/players", registration(birth_date="2008-11-22"))
    assert (reply.status, reply.code) == (403, "underage")
    assert world.rows("SELECT * FROM players") == []
    assert world.wallets.opened == {}


def test_one_account_for_each_cpf_however_it_is_written(world: World) -> None:
    number = cpf()
    written = f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"
    assert world.call("POST", "/v1/players", registration(cpf=number)).status == 201
    reply = world.call("POST", "/v1/players", registration(cpf=written))
    assert (reply.status, reply.code) == (409, "already_registered")


def test_one_account_for_each_email_however_it_is_written(world: World) -> None:
    assert world.call("POST", "/v1/players", registration(email="Ana@Example.com")).status == 201
    reply = world.call("POST", "/v1/players", registration(email="ana@EXAMPLE.com"))
    assert (reply.status, reply.code) == (409, "already_registered")
    assert len(world.rows("SELECT * FROM players")) == 1


def test_a_taken_email_and_a_taken_cpf_give_the_same_answer(world: World) -> None:
    first = registration()
    world.call("POST", "/v1/players", first)
    answers = []
    for taken in ("email", "cpf"):
        reply = world.call("POST", "/v1/players", registration(**{taken: first[taken]}))
        answers.append({**reply.json, "request_id": ""})
    assert answers[0] == answers[1]


def test_a_constraint_that_strikes_after_the_look_up_is_the_same_conflict(world: World) -> None:
    first = registration()
    world.call("POST", "/v1/players", first)
    world.change("UPDATE credentials SET subject_id = 'hidden'")
    reply = world.call("POST", "/v1/players", registration(cpf=first["cpf"]))
    assert (reply.status, reply.code) == (409, "already_registered")
    assert len(world.rows("SELECT * FROM payment_accounts")) == 1


def test_of_many_registrations_of_one_person_at_once_one_succeeds(world: World) -> None:
    number = cpf()
    bodies = [registration(cpf=number) for _ in range(8)]
    replies = world.at_once("POST", "/v1/players", bodies)
    assert sorted(reply.status for reply in replies) == [201] + [409] * 7
    assert len(world.wallets.opened) == 1


def test_registration_is_completed_by_repeating_it_when_the_wallet_was_away(world: World) -> None:
    body = registration()
    world.wallets.is_down = True
    reply = world.call("POST", "/v1/players", body)
    assert (reply.status, reply.code) == (503, "wallet_pending")
    assert reply.json["retry"] == "same_key"
    [player] = world.rows("SELECT player_id, wallet_opened_at FROM players")
    assert player["wallet_opened_at"] is None

    world.wallets.is_down = False
    again = world.call("POST", "/v1/players", body)
    assert (again.status, again.json["player_id"]) == (201, player["player_id"])
    assert list(world.wallets.opened) == [player["player_id"]]
    assert world.call("POST", "/v1/players", body).code == "already_registered"


def test_registration_is_completed_by_the_next_login(world: World) -> None:
    body = registration()
    world.wallets.is_down = True
    world.call("POST", "/v1/players", body)
    login = {"email": body["email"], "password": body["password"]}
    assert world.call("POST", "/v1/auth/login", login).code == "wallet_pending"
    world.wallets.is_down = False
    assert world.call("POST", "/v1/auth/login", login).status == 200
    assert len(world.wallets.opened) == 1
    assert world.rows("SELECT 1 FROM players WHERE wallet_opened_at IS NULL") == []


def test_a_stranger_cannot_complete_a_half_made_registration(world: World) -> None:
    body = registration()
    world.wallets.is_down = True
    world.call("POST", "/v1/players", body)
    world.wallets.is_down = False
    guesses = [body | {"password": "another-password-9"}, body | {"cpf": cpf()}]
    for guess in guesses:
        assert world.call("POST", "/v1/players", guess).code == "already_registered"
    assert world.wallets.opened == {}


def test_both_limits_and_both_consents_are_mandatory(world: World) -> None:
    only_loss = {"loss": {"period": "daily", "amount_minor": 1000}}
    cases = {
        "limits_required": [registration(limits=only_loss), registration(limits={})],
        "consent_required": [registration(accept_terms=False), registration(accept_privacy=False)],
    }
    for code, bodies in cases.items():
        for body in bodies:
            reply = world.call("POST", "/v1/players", body)
            assert (reply.status, reply.code) == (422, code)
    assert world.rows("SELECT * FROM players") == []


def test_limits_are_offered_and_not_demanded_where_the_law_does_not() -> None:
    world = World(JURISDICTION="gli")
    body = registration(currency="USD")
    del body["limits"]
    assert world.call("POST", "/v1/players", body).status == 201


def test_a_wallet_is_kept_in_the_currency_of_the_jurisdiction(world: World) -> None:
    for currency in ("USD", "EUR", "GBP"):
        reply = world.call("POST", "/v1/players", registration(currency=currency))
        assert (reply.status, reply.code) == (403, "currency_not_allowed")
    assert world.rows("SELECT * FROM players") == []
    for body in (registration(currency="BRL"), registration(currency=None)):
        assert world.call("POST", "/v1/players", body).status == 201
    unsaid = registration()
    del unsaid["currency"]
    assert world.call("POST", "/v1/players", unsaid).status == 201
    assert {wallet["currency"] for wallet in world.wallets.opened.values()} == {"BRL"}
    assert World(JURISDICTION="mt").call("POST", "/v1/players", unsaid).status == 201


def test_a_body_cannot_assign_what_the_house_decides(world: World) -> None:
    for field in ("role", "kyc_status", "vip_tier", "status", "balance", "player_id"):
        reply = world.call("POST", "/v1/players", registration(**{field: "admin"}))
        assert (reply.status, reply.code) == (422, "validation_failed")
        assert reply.json["errors"][0]["loc"] == ["body", field]


def test_errors_name_places_and_never_values(world: World) -> None:
    body = registration(password=12345, cpf="11144477736", email="not an address at all")
    reply = world.call("POST", "/v1/players", body)
    places = {tuple(error["loc"]) for error in reply.json["errors"]}
    assert places == {("body", "password"), ("body", "cpf"), ("body", "email")}
    for value in ("12345", "11144477736", "not an address"):
        assert value not in reply.text
