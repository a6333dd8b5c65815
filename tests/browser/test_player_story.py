"""The whole story as a person lives it, in Chromium against the three Workers."""

import re

import pytest
from browser.accessibility import nameless_fields, violations
from browser.conftest import Device, Language, OpenVisit, Visit
from browser.player import Player, minor
from e2e.edge import Edge
from playwright.sync_api import expect

ROUNDS = 4
STAKE_MINOR = 250
DEPOSIT_MINOR = 10_000
WITHDRAWAL_MINOR = 3_000


def signed(minor_units: int, language: Language) -> re.Pattern[str]:
    """The digits of a result as the page writes them."""
    text = f"{abs(minor_units) / 100:.2f}"
    return re.compile(re.escape(text.replace(".", ",") if language == "pt-BR" else text))


def assert_accessible(visit: Visit) -> None:
    assert not violations(visit.page)
    assert not nameless_fields(visit.page)


def sign_up(visit: Visit, player: Player) -> None:
    visit.go("/")
    expect(visit.page.locator("#specimen-roll")).to_have_text(
        "23,63" if visit.language == "pt-BR" else "23.63"
    )
    visit.keep_screenshot("1-welcome")
    assert_accessible(visit)
    player.fill_access()
    player.fill_person()
    player.fill_address()
    assert_accessible(visit)
    with visit.page.expect_response("**/v1/players") as registered:
        player.fill_limits()
    player.player_id = registered.value.json()["player_id"]
    expect(visit.page.locator("#view-wallet")).to_be_visible()


def deposit(visit: Visit, player: Player) -> None:
    player.ask_for_deposit("100,00" if visit.language == "pt-BR" else "100.00")
    assert visit.page.locator("#br-code").input_value().startswith("000201")
    visit.keep_screenshot("2-pix")
    assert_accessible(visit)
    player.pay_deposit()
    expect(visit.page.locator("#wallet-cash")).to_contain_text("100")
    assert player.balance_minor() == DEPOSIT_MINOR


def play(visit: Visit, player: Player) -> int:
    """Plays some rounds; what they changed, added up from what the page told."""
    player.open("play")
    player.choose(chance=50, stake="2.50", over=True)
    net = 0
    for _ in range(ROUNDS):
        player.bet()
        net = minor(visit.page.locator("#sitting-net").inner_text())
        assert player.balance_minor() == DEPOSIT_MINOR + net
    wins = (net + ROUNDS * STAKE_MINOR) / 480
    assert wins in range(ROUNDS + 1), "a win at 50 % and 96 % pays 4,80 for 2,50"
    expect(visit.page.locator("#rounds li")).to_have_count(ROUNDS)
    visit.page.evaluate("scrollTo(0, 0)")
    assert_bet_and_result_share_a_screen(visit)
    visit.keep_screenshot("3-play", whole=False)
    assert_accessible(visit)
    return net


def assert_bet_and_result_share_a_screen(visit: Visit) -> None:
    expect(visit.page.locator("#roll-number")).to_be_in_viewport(ratio=1)
    expect(visit.page.locator("#bet-button")).to_be_in_viewport(ratio=1)
    navigation = visit.page.locator(".sections").bounding_box()
    button = visit.page.locator("#bet-button").bounding_box()
    assert navigation
    assert button
    below = navigation["y"] > button["y"]
    assert not below or button["y"] + button["height"] <= navigation["y"]


def prove(visit: Visit, player: Player) -> None:
    player.open("fairness")
    committed = visit.page.locator("#seed-hash").inner_text()
    visit.page.locator("#new-client-seed").fill("minha-sorte")
    visit.page.locator("#rotate [type=submit]").click()
    expect(visit.page.locator("#revealed code")).to_have_text(re.compile("^[0-9a-f]{64}$"))
    expect(visit.page.locator("#seed-hash")).not_to_have_text(committed)
    expect(visit.page.locator("#seed-client")).to_have_text("minha-sorte")
    visit.page.locator("#check-all").click()
    expect(visit.page.locator("#check-verdict")).to_have_attribute("data-state", "proven")
    expect(visit.page.locator("#check-verdict")).to_contain_text(str(ROUNDS))
    expect(visit.page.locator('#proofs .badge[data-state="proven"]')).to_have_count(ROUNDS)
    visit.keep_screenshot("4-proof")
    assert_accessible(visit)


def withdraw(visit: Visit, player: Player, cash_minor: int) -> None:
    player.open("wallet")
    visit.page.locator("#withdraw-amount").fill("30")
    visit.page.locator("#withdraw [type=submit]").click()
    expect(visit.page.locator("#withdrawal")).to_have_attribute(
        "data-status", "paid", timeout=60_000
    )
    expect(visit.page.locator("#wallet-held")).to_contain_text("0")
    assert minor(visit.page.locator("#wallet-cash").inner_text()) == cash_minor - WITHDRAWAL_MINOR
    visit.keep_screenshot("5-wallet")
    assert_accessible(visit)


def read_statement(visit: Visit, player: Player) -> None:
    player.open("statement")
    for kind, count in {"BET": ROUNDS, "DEPOSIT": 1, "WITHDRAWAL": 1}.items():
        expect(visit.page.locator(f'#statement-rows [data-type="{kind}"]')).to_have_count(count)
    visit.page.locator("#verify-chain").click()
    expect(visit.page.locator("#chain-verdict")).to_have_attribute("data-state", "proven")
    visit.keep_screenshot("6-statement")
    assert_accessible(visit)


@pytest.mark.slow
@pytest.mark.parametrize("device", ["desktop", "phone"])
@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_a_player_signs_up_deposits_plays_proves_and_is_paid(
    visit: OpenVisit, edge: Edge, device: Device, language: Language
) -> None:
    dark = (device == "phone") == (language == "pt-BR")
    opened = visit(edge.base_url, device=device, language=language, dark=dark)
    player = Player(opened.page)
    sign_up(opened, player)
    player.be_identified(edge)
    deposit(opened, player)
    net = play(opened, player)
    prove(opened, player)
    withdraw(opened, player, DEPOSIT_MINOR + net)
    read_statement(opened, player)
    player.open("protection")
    expect(opened.page.locator("#limit-cards article")).to_have_count(2)
    expect(opened.page.locator("#strip-daily")).to_have_text(signed(net, language))
    opened.keep_screenshot("7-protection")
    assert_accessible(opened)
    opened.page.locator("#log-out").click()
    expect(opened.page.locator("#view-welcome")).to_be_visible()


def test_switching_the_language_keeps_the_person_where_they_are(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    player = Player(opened.page)
    opened.go("/")
    player.sign_up()
    player.open("play")
    expect(opened.page.locator("#play-title")).to_have_text("Dados")
    opened.page.get_by_role("button", name="English").click()
    expect(opened.page.locator("#play-title")).to_have_text("Dice")
    expect(opened.page.locator("html")).to_have_attribute("lang", "en")
    expect(opened.page.locator("#bet-button")).to_have_text("Bet R$1.00")
    opened.page.reload()
    expect(opened.page.locator("#play-title")).to_have_text("Dice")


def test_the_arithmetic_before_a_bet_is_the_games(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    player = Player(opened.page)
    opened.go("/")
    player.sign_up()
    player.open("play")
    player.choose(chance=33, stake="7,77")
    assert minor(opened.page.locator("#fact-payout").inner_text()) == 777 * 9600 // 3300
    assert minor(opened.page.locator("#fact-net").inner_text()) == 777 * 9600 // 3300 - 777
    assert minor(opened.page.locator("#fact-loss").inner_text()) == -777
    player.choose(chance=98, stake="10")
    expect(opened.page.locator("#bet-warning")).to_be_visible()
    assert minor(opened.page.locator("#fact-net").inner_text()) < 0


def test_a_sign_up_with_errors_says_where_and_sends_nothing(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    opened.go("/")
    sent: list[str] = []
    opened.page.route("**/v1/**", lambda route: sent.append(route.request.url))
    player = Player(opened.page)
    player.fill_access()
    player.field("sign-up", "cpf").fill("111.111.111-11")
    player.field("sign-up", "birth_date").fill("2020-01-01")
    player.next_step()
    for name in ("full_name", "cpf", "birth_date", "phone", "gender"):
        expect(player.field("sign-up", name)).to_have_attribute("aria-invalid", "true")
    expect(player.field("sign-up", "full_name")).to_be_focused()
    assert_accessible(opened)
    opened.keep_screenshot("errors")
    assert not sent
