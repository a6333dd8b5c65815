"""What the page does when the network, the token or the person does something unexpected."""

from collections.abc import Callable

from browser.conftest import OpenVisit, Visit
from browser.player import PASSWORD, Player, without_sockets
from e2e.edge import Edge
from playwright.sync_api import Request, Route, expect

STORED = "() => JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)])"


def funded_player(visit: Visit, edge: Edge) -> Player:
    """A player at the dice with R$ 100,00, whose bets go over HTTP."""
    player = Player(visit.page)
    without_sockets(visit.page)
    visit.go("/")
    player.sign_up()
    player.be_identified(edge)
    player.ask_for_deposit("100")
    player.pay_deposit()
    player.open("play")
    return player


def losing_answers(how_many: int) -> Callable[[Route], None]:
    """Lets the Workers do what was asked, and loses their first answers."""
    lost = 0

    def handle(route: Route) -> None:
        nonlocal lost
        if route.request.method == "POST" and lost < how_many:
            lost += 1
            route.fetch()
            route.abort()
        else:
            route.continue_()

    return handle


def keys_of(visit: Visit, path: str) -> list[str]:
    """Collects the idempotency keys of the POSTs to a path from now on."""
    keys: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith(path):
            keys.append(request.headers.get("idempotency-key", ""))

    visit.page.on("request", note)
    return keys


def test_a_lost_answer_is_asked_for_again_with_the_same_key(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    opened.expect_errors.add(0)
    player = funded_player(opened, edge)
    keys = keys_of(opened, "/v1/me/rounds")
    opened.page.route("**/v1/me/rounds", losing_answers(2))
    player.bet()
    assert len(keys) == 3
    assert len(set(keys)) == 1
    player.bet()
    assert len(set(keys)) == 2
    player.open("statement")
    expect(opened.page.locator('#statement-rows [data-type="BET"]')).to_have_count(2)


def test_a_bet_whose_outcome_is_unknown_is_settled_once_even_after_a_reload(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    opened.expect_errors.add(0)
    player = funded_player(opened, edge)
    keys = keys_of(opened, "/v1/me/rounds")
    opened.page.route("**/v1/me/rounds", losing_answers(4))
    opened.page.locator("#bet-button").click()
    expect(opened.page.locator("#pending")).to_be_visible()
    expect(opened.page.locator("#bet-problem")).to_be_visible()
    opened.page.reload()
    opened.page.locator("#pending-ask").click()
    expect(opened.page.locator("#sitting-rounds")).to_have_text("1")
    expect(opened.page.locator("#pending")).to_be_hidden()
    assert len(keys) == 5
    assert len(set(keys)) == 1
    player.open("statement")
    expect(opened.page.locator('#statement-rows [data-type="BET"]')).to_have_count(1)


def test_an_expired_access_token_is_renewed_without_the_person_noticing(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    opened.expect_errors.add(401)
    player = funded_player(opened, edge)
    renewals: list[str] = []
    opened.page.on(
        "request",
        lambda request: renewals.append(request.url) if "auth/refresh" in request.url else None,
    )
    expired = '{"code": "token_expired", "status": 401, "title": "The token has expired"}'
    opened.page.route(
        "**/v1/me/**",
        lambda route: route.fulfill(
            status=401, content_type="application/problem+json", body=expired
        ),
        times=2,
    )
    player.open("statement")
    player.open("protection")
    expect(opened.page.locator("#limit-cards article")).to_have_count(2)
    player.open("statement")
    expect(opened.page.locator('#statement-rows [data-type="DEPOSIT"]')).to_have_count(1)
    assert 1 <= len(renewals) <= 2


def test_a_reload_keeps_the_session_and_another_tab_does_not_have_it(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    funded_player(opened, edge)
    opened.page.reload()
    expect(opened.page.locator("#view-play")).to_be_visible()
    other = opened.page.context.new_page()
    other.goto(f"{edge.base_url}/")
    expect(other.locator("#view-welcome")).to_be_visible()


def test_leaving_takes_everything_along(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    player = funded_player(opened, edge)
    player.bet()
    assert "acme.refresh" in opened.page.evaluate(STORED)
    opened.page.locator("#log-out").click()
    expect(opened.page.locator("#view-welcome")).to_be_visible()
    left = opened.page.evaluate(STORED)
    for trace in ("acme.refresh", "acme.sitting", "acme.pending", PASSWORD, player.email):
        assert trace not in left
    opened.page.reload()
    expect(opened.page.locator("#view-welcome")).to_be_visible()
    player.log_in()
    expect(opened.page.locator("#view-play")).to_be_visible()
    expect(opened.page.locator("#sitting-rounds")).to_have_text("0")


def test_a_wrong_password_is_told_in_the_persons_language(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url, language="en")
    opened.expect_errors.add(401)
    opened.go("/")
    Player(opened.page).log_in()
    expect(opened.page.locator("#log-in-problem")).to_have_text("E-mail or password is wrong.")


def test_a_bet_without_funds_is_refused_in_words_and_changes_nothing(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    opened.expect_errors.update({400, 402, 403, 409})
    player = funded_player(opened, edge)
    player.choose(chance=50, stake="500")
    opened.page.locator("#bet-button").click()
    expect(opened.page.locator("#bet-problem")).to_have_text("Não há saldo para isto.")
    assert player.balance_minor() == 10_000
    expect(opened.page.locator("#pending")).to_be_hidden()
