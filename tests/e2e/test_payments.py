"""PIX over HTTP: what is credited, what goes back, what is refused, what never happens twice."""

import json
import time
from collections.abc import Callable, Iterator

import pytest
from e2e import bank, people
from e2e.edge import Edge
from e2e.player import (
    Json,
    Player,
    assert_adds_up,
    expect,
    fresh_key,
    join,
    problem,
    staff,
    until,
)

NOTHING = {"received": 1, "credited": 0, "refunded": 0, "unknown": 0}


@pytest.fixture(scope="module")
def player(edge: Edge) -> Iterator[Player]:
    with edge.client() as client:
        yield join(client, funds_minor=20_000)


@pytest.fixture(scope="module")
def other(edge: Edge) -> Iterator[Player]:
    with edge.client() as client:
        yield join(client)


def _shown(player: Player, deposit: Json) -> Json:
    return expect(player.get(f"/v1/me/deposits/{deposit['deposit_id']}"), 200)


def _withdrawal(player: Player, withdrawal: Json, status: str) -> Json:
    """The withdrawal, once it has this status."""
    path = f"/v1/me/withdrawals/{withdrawal['withdrawal_id']}"
    return until(lambda: expect(player.get(path), 200), lambda now: bool(now["status"] == status))


# Deposits


@pytest.mark.parametrize("payer", [people.cpf(), None], ids=["another person", "a company"])
def test_money_of_a_third_party_goes_back_and_is_an_alert(
    player: Player, payer: str | None
) -> None:
    before = player.wallet()
    deposit = player.request_deposit(4_000)
    paid = bank.payment(deposit["pix"]["txid"], 4_000, payer)
    answer = bank.deliver(player.client, bank.PAYMENTS, bank.notice(paid))
    assert expect(answer, 200) == NOTHING | {"refunded": 1}
    shown = _shown(player, deposit)
    assert (shown["status"], shown["refusal"]) == ("refunded", "third_party_funds")
    assert player.wallet() == before

    alerts = expect(
        staff(player.client, "aml").get("/v1/ops/aml/alerts", player_id=player.player_id), 200
    )
    found = [a for a in alerts["items"] if a["rule_id"] == "payments.third_party_funds"]
    assert deposit["deposit_id"] in {alert["evidence"]["deposit_id"] for alert in found}
    assert {alert["band"] for alert in found} == {"high"}


def test_the_sandbox_bank_pays_for_another_person_too(player: Player) -> None:
    before = player.wallet()
    deposit = player.request_deposit(4_100)
    assert player.pay(deposit["pix"]["txid"], people.cpf())["status"] == "refunded"
    assert player.wallet() == before


def test_a_cpf_with_points_is_the_same_cpf(player: Player) -> None:
    deposit = player.request_deposit(100)
    digits = player.cpf
    formatted = f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"
    assert player.pay(deposit["pix"]["txid"], formatted)["status"] == "credited"


def test_a_charge_refunded_to_a_third_party_can_still_be_paid_by_the_player(
    player: Player,
) -> None:
    before = player.wallet()["cash_minor"]
    deposit = player.request_deposit(1_500)
    assert player.pay(deposit["pix"]["txid"], people.cpf())["status"] == "refunded"
    assert player.pay(deposit["pix"]["txid"])["status"] == "credited"
    shown = _shown(player, deposit)
    assert (shown["status"], shown["refusal"]) == ("credited", None)
    assert player.wallet()["cash_minor"] == before + 1_500


def test_another_amount_than_the_charge_goes_back(player: Player) -> None:
    before = player.wallet()
    deposit = player.request_deposit(4_200)
    paid = bank.payment(deposit["pix"]["txid"], 4_199, player.cpf)
    answer = bank.deliver(player.client, bank.PAYMENTS, bank.notice(paid))
    assert expect(answer, 200) == NOTHING | {"refunded": 1}
    shown = _shown(player, deposit)
    assert (shown["status"], shown["refusal"]) == ("refunded", "deposit_amount_mismatch")
    assert player.wallet() == before


def test_a_second_payment_of_a_paid_charge_goes_back(player: Player) -> None:
    deposit = player.fund(1_300)
    before = player.wallet()
    again = bank.payment(deposit["pix"]["txid"], 1_300, player.cpf)
    answer = bank.deliver(player.client, bank.PAYMENTS, bank.notice(again))
    assert expect(answer, 200) == NOTHING | {"refunded": 1}
    assert _shown(player, deposit)["status"] == "credited"
    assert player.wallet() == before


def test_one_payment_never_credits_two_charges_and_is_not_sent_back_either(
    player: Player,
) -> None:
    """The money of this end-to-end id is in the wallet: returning it would pay it out twice."""
    first, second = player.request_deposit(1_100), player.request_deposit(1_100)
    end_to_end = bank.end_to_end_id()
    paid = [
        bank.payment(d["pix"]["txid"], 1_100, player.cpf, end_to_end=end_to_end)
        for d in (first, second)
    ]
    answer = bank.deliver(player.client, bank.PAYMENTS, bank.notice(paid[0]))
    assert expect(answer, 200) == NOTHING | {"credited": 1}
    before = player.wallet()
    answer = bank.deliver(player.client, bank.PAYMENTS, bank.notice(paid[1]))
    assert expect(answer, 200) == NOTHING | {"unknown": 1}
    assert _shown(player, second)["status"] == "pending"
    assert player.wallet() == before


def test_one_payment_told_for_two_players_pays_the_first(player: Player, other: Player) -> None:
    mine, theirs = player.request_deposit(900), other.request_deposit(900)
    one = bank.end_to_end_id()
    told = bank.notice(bank.payment(mine["pix"]["txid"], 900, player.cpf, end_to_end=one))
    again = bank.notice(bank.payment(theirs["pix"]["txid"], 900, other.cpf, end_to_end=one))
    answer = bank.deliver(player.client, bank.PAYMENTS, told)
    assert expect(answer, 200) == NOTHING | {"credited": 1}
    before = other.wallet()
    answer = bank.deliver(player.client, bank.PAYMENTS, again)
    assert expect(answer, 200) == NOTHING | {"unknown": 1}
    assert (other.wallet(), _shown(other, theirs)["status"]) == (before, "pending")


def test_a_payment_without_a_charge_is_heard_and_moves_nothing(player: Player) -> None:
    before = player.wallet()
    paid = bank.payment("0" * 32, 4_300, player.cpf)
    answer = bank.deliver(player.client, bank.PAYMENTS, bank.notice(paid))
    assert expect(answer, 200) == NOTHING | {"unknown": 1}
    assert player.wallet() == before


def test_a_notice_with_several_payments_is_worked_off_to_its_end(
    player: Player, other: Player
) -> None:
    mine, theirs = player.request_deposit(700), other.request_deposit(800)
    message = bank.notice(
        bank.payment("1" * 32, 600, player.cpf),
        bank.payment(mine["pix"]["txid"], 700, player.cpf),
        bank.payment(theirs["pix"]["txid"], 800, player.cpf),
        bank.payment(theirs["pix"]["txid"], 800, other.cpf),
    )
    answer = bank.deliver(player.client, bank.PAYMENTS, message)
    told = {"received": 4, "credited": 2, "refunded": 1, "unknown": 1}
    assert expect(answer, 200) == told
    assert (_shown(player, mine)["status"], _shown(other, theirs)["status"]) == (
        "credited",
        "credited",
    )
    assert other.wallet()["cash_minor"] == 800


@pytest.mark.parametrize("path", [bank.PAYMENTS, bank.PAYOUTS])
@pytest.mark.parametrize(
    ("sign", "code"),
    [
        (lambda _: "", "webhook_signature_missing"),
        (lambda _: "t=now,v1=beef", "webhook_signature_missing"),
        (lambda body: bank.signature(body, key=b"k" * 32), "webhook_signature_invalid"),
        (lambda body: bank.signature(body + b" "), "webhook_signature_invalid"),
        (
            lambda body: bank.signature(body, at_s=int(time.time()) - 301),
            "webhook_outside_window",
        ),
        (
            lambda body: bank.signature(body, at_s=int(time.time()) + 310),
            "webhook_outside_window",
        ),
    ],
    ids=["none", "malformed", "another secret", "another body", "too old", "from the future"],
)
def test_a_notice_that_the_bank_did_not_sign_just_now_is_refused(
    player: Player, path: str, sign: Callable[[bytes], str], code: str
) -> None:
    body = b'{"pix": [], "pagamentos": []}'
    headers = {"Content-Type": "application/json"}
    signed = sign(body)
    answer = player.client.post(
        path, content=body, headers=headers | ({bank.HEADER: signed} if signed else {})
    )
    problem(answer, 401, code)


@pytest.mark.parametrize(
    "message",
    [
        [],
        {},
        {"pix": []},
        {"pix": [{"txid": "0" * 32}]},
        {"pix": [bank.payment("0" * 32, 100, None) | {"valor": 1.0}]},
        {"pix": [bank.payment("0" * 32, 100, None) | {"valor": "-1.00"}]},
        {"pix": [bank.payment("0" * 32, 100, None) | {"valor": "0.00"}]},
        {"pix": [bank.payment("0" * 32, 100, None) | {"horario": "yesterday"}]},
    ],
    ids=["list", "empty", "no pix", "short", "float", "negative", "zero", "time"],
)
def test_a_signed_notice_that_is_none_is_refused(player: Player, message: object) -> None:
    problem(bank.deliver(player.client, bank.PAYMENTS, message), 422, "validation_failed")


def test_a_payment_of_nobody_for_a_charge_goes_back(player: Player) -> None:
    deposit = expect(
        player.post("/v1/me/deposits", {"amount_minor": 700, "method": "pix"}, key=fresh_key()), 201
    )
    message = {"pix": [bank.payment(deposit["pix"]["txid"], 700, None) | {"pagador": {}}]}
    told = expect(bank.deliver(player.client, bank.PAYMENTS, message), 200)
    assert told == NOTHING | {"refunded": 1}
    assert _shown(player, deposit)["refusal"] == "payer_unknown"


def test_the_payments_desk_ticks_in_the_api_and_counts_money_of_nobody(
    edge: Edge, player: Player
) -> None:
    payment = bank.payment("0" * 32, 1_234, None)
    bank.deliver(player.client, bank.PAYMENTS, {"pix": [payment]})
    assert edge.scheduled("api", "*/5 * * * *") == "ok"
    lines = [entry.message for entry in edge.logs() if '"job":"payout_desk"' in entry.message]
    assert json.loads(lines[-1])["suspense"] >= 1
    told = expect(staff(player.client, "finance").get("/v1/ops/payments/suspense"), 200)
    [mine] = [item for item in told["items"] if item["end_to_end_id"] == payment["endToEndId"]]
    assert (mine["outcome"], mine["amount_minor"]) == ("unknown", 1_234)


def test_opening_a_deposit_again_is_a_replay_even_after_it_was_paid(player: Player) -> None:
    body, key = {"amount_minor": 900, "method": "pix"}, fresh_key()
    first = player.post("/v1/me/deposits", body, key=key)
    deposit = expect(first, 201)
    player.pay(deposit["pix"]["txid"])
    again = player.post("/v1/me/deposits", body, key=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other_body = body | {"amount_minor": 901}
    problem(player.post("/v1/me/deposits", other_body, key=key), 409, "idempotency_key_conflict")
    problem(player.post("/v1/me/deposits", body), 400, "idempotency_key_required")


def test_the_largest_deposit_has_a_code_and_a_larger_one_is_refused(player: Player) -> None:
    deposit = player.request_deposit(10**12 - 1)
    assert "9999999999.99" in deposit["pix"]["br_code"]
    body = {"amount_minor": 10**12, "method": "pix"}
    problem(player.post("/v1/me/deposits", body, key=fresh_key()), 422, "validation_failed")


@pytest.mark.parametrize(
    ("method", "status", "code"),
    [
        ("credit_card", 403, "payment_method_forbidden"),
        ("boleto", 403, "payment_method_forbidden"),
        ("crypto", 403, "payment_method_forbidden"),
        ("barter", 422, "payment_method_unknown"),
        ("PIX", 422, "validation_failed"),
    ],
)
def test_only_pix_pays(player: Player, method: str, status: int, code: str) -> None:
    body = {"amount_minor": 1_000, "method": method}
    problem(player.post("/v1/me/deposits", body, key=fresh_key()), status, code)


def test_deposits_and_withdrawals_of_others_do_not_exist(player: Player, other: Player) -> None:
    deposit = player.request_deposit(500)
    withdrawal = player.withdraw(500)
    for path, code in (
        (f"/v1/me/deposits/{deposit['deposit_id']}", "deposit_not_found"),
        (f"/v1/me/withdrawals/{withdrawal['withdrawal_id']}", "withdrawal_not_found"),
    ):
        assert player.get(path).status_code == 200
        problem(other.get(path), 404, code)
    ids = {item["deposit_id"] for item in expect(other.get("/v1/me/deposits"), 200)["items"]}
    assert deposit["deposit_id"] not in ids
    assert expect(other.get("/v1/me/withdrawals"), 200)["items"] == []


def test_lists_page_through_every_deposit_newest_first(other: Player) -> None:
    opened = [other.request_deposit(100 + n)["deposit_id"] for n in range(5)]
    listed: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = expect(other.get("/v1/me/deposits", **query), 200)
        listed += [item["deposit_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert listed[:5] == opened[::-1]
    assert len(set(listed)) == len(listed)


# Withdrawals


def test_more_than_the_cash_cannot_be_withdrawn(player: Player) -> None:
    before = player.wallet()
    body = {"amount_minor": before["cash_minor"] + 1}
    refused = problem(
        player.post("/v1/me/withdrawals", body, key=fresh_key()), 409, "insufficient_funds"
    )
    assert refused["balance"] == {"amount_minor": before["cash_minor"], "currency": "BRL"}
    assert player.wallet() == before


def test_a_withdrawal_asked_for_twice_is_paid_once(player: Player) -> None:
    body, key = {"amount_minor": 1_000}, fresh_key()
    before = player.wallet()["cash_minor"]
    first = player.post("/v1/me/withdrawals", body, key=key)
    withdrawal = expect(first, 201)
    _withdrawal(player, withdrawal, "paid")
    again = player.post("/v1/me/withdrawals", body, key=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    problem(
        player.post("/v1/me/withdrawals", {"amount_minor": 1_001}, key=key),
        409,
        "idempotency_key_conflict",
    )
    problem(player.post("/v1/me/withdrawals", body), 400, "idempotency_key_required")
    assert player.wallet()["cash_minor"] == before - 1_000


def test_a_withdrawal_goes_to_an_account_of_the_player_only(player: Player, other: Player) -> None:
    theirs = expect(other.get("/v1/me/payment-accounts"), 200)["items"][0]
    mine = expect(player.get("/v1/me/payment-accounts"), 200)["items"][0]
    assert mine["key_masked"] != player.cpf
    body = {"amount_minor": 100, "payment_account_id": theirs["payment_account_id"]}
    problem(
        player.post("/v1/me/withdrawals", body, key=fresh_key()), 404, "payment_account_not_found"
    )
    body["payment_account_id"] = mine["payment_account_id"]
    withdrawal = expect(player.post("/v1/me/withdrawals", body, key=fresh_key()), 201)
    assert withdrawal["payment_account_id"] == mine["payment_account_id"]


def test_what_the_bank_says_after_a_payout_was_paid_changes_nothing(player: Player) -> None:
    withdrawal = player.withdraw(1_200)
    _withdrawal(player, withdrawal, "paid")
    before = player.wallet()
    end_to_end = player.payout_of(withdrawal["withdrawal_id"])
    for message in (
        bank.payout_result(end_to_end, paid=True),
        bank.payout_result(end_to_end, paid=False, why="too late"),
    ):
        answer = bank.deliver(player.client, bank.PAYOUTS, message)
        assert expect(answer, 200) == {"received": 1}
    assert player.wallet() == before
    assert _withdrawal(player, withdrawal, "paid")["status"] == "paid"


def test_a_payout_of_nobody_is_heard_and_moves_nothing(player: Player) -> None:
    before = player.wallet()
    message = bank.payout_result(bank.end_to_end_id(), paid=True)
    assert expect(bank.deliver(player.client, bank.PAYOUTS, message), 200) == {"received": 1}
    assert player.wallet() == before


def test_a_withdrawal_explains_itself_in_the_language_that_was_asked_for(player: Player) -> None:
    withdrawal = player.withdraw(100)
    path = f"/v1/me/withdrawals/{withdrawal['withdrawal_id']}"
    texts = {
        expect(
            player.client.get(path, headers={**player.headers, "Accept-Language": language}), 200
        )["explanation"]
        for language in ("pt-BR", "en-GB")
    }
    assert len(texts) == 2


def test_the_money_of_the_module_adds_up(player: Player) -> None:
    until(player.wallet, lambda wallet: bool(wallet["held_minor"] == 0))
    assert_adds_up(player)
