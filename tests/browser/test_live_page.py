"""The page plays over the socket, hears what happens elsewhere, and loses no bet with a socket."""

import json

import pytest
from browser.conftest import OpenVisit, Visit
from browser.player import Player, without_sockets
from e2e.edge import Edge
from e2e.player import expect as expect_answer
from e2e.player import fresh_key
from playwright.sync_api import Page, Request, WebSocketRoute, expect

BETS = "**/v1/me/rounds"


def at_the_dice(visit: Visit, edge: Edge) -> Player:
    player = Player(visit.page)
    visit.go("/")
    player.sign_up()
    player.be_identified(edge)
    player.ask_for_deposit("100")
    player.pay_deposit()
    player.open("play")
    player.choose(chance=50, stake="2")
    return player


def bets_over_http(page: Page) -> list[str]:
    """Collects the keys of the bets that go over HTTP from now on."""
    keys: list[str] = []
    page.on(
        "request",
        lambda request: (
            keys.append(request.headers["idempotency-key"])
            if request.method == "POST" and request.url.endswith("/v1/me/rounds")
            else None
        ),
    )
    return keys


def is_live(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-live", "open")


def test_bets_go_over_the_socket_and_are_in_the_statement(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    player = at_the_dice(opened, edge)
    over_http = bets_over_http(page)
    is_live(page)
    for _ in range(3):
        player.bet()
    assert not over_http
    player.open("statement")
    expect(page.locator('#statement-rows [data-type="BET"]')).to_have_count(3)


def test_without_a_socket_the_same_bets_go_over_http(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    without_sockets(opened.page)
    player = at_the_dice(opened, edge)
    over_http = bets_over_http(opened.page)
    player.bet()
    assert len(over_http) == 1


def test_a_bet_whose_socket_is_cut_is_asked_for_over_http_under_its_own_key(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    sent: list[str] = []

    def cut_before_the_answer(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def to_server(text: str | bytes) -> None:
            message = json.loads(text)
            if message["type"] == "round":
                sent.append(message["idempotency_key"])
            server.send(text)

        def to_page(text: str | bytes) -> None:
            if json.loads(text).get("type") == "round" and len(sent) == 1:
                socket.close(code=1001, reason="")
            else:
                socket.send(text)

        socket.on_message(to_server)
        server.on_message(to_page)

    page.route_web_socket("**/v1/play", cut_before_the_answer)
    player = at_the_dice(opened, edge)
    over_http = bets_over_http(page)
    is_live(page)
    player.bet()
    assert over_http == sent, "asked for again, under the key of the lost answer"
    is_live(page)
    player.bet()
    assert len(over_http) == 1
    assert len(sent) == 2, "the page came back to a socket"
    player.open("statement")
    expect(page.locator('#statement-rows [data-type="BET"]')).to_have_count(2)


def test_what_happens_on_another_device_is_seen_here(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    player = at_the_dice(opened, edge)
    is_live(page)
    opened.expect_errors.add(401)  # the exclusion ends every other session, and this is one
    with player.elsewhere(edge) as other:
        body = {"amount_minor": 2_500}
        expect_answer(other.post("/v1/me/withdrawals", body, key=fresh_key()), 201)
        expect(page.locator("#chip-balance")).to_contain_text("75")
        limit = "/v1/me/limits/wager/daily"
        expect_answer(other.send("PUT", limit, {"amount_minor": 400}), 200)
        for _ in range(2):
            player.bet()
        expect(page.locator("#bet-warning")).to_be_visible()
        expect_answer(other.post("/v1/me/exclusions", {"days": 30}), 201)
        closed, notice = page.locator("#bet-closed"), page.locator("#entrance-notice")
        expect(closed.or_(notice).filter(visible=True).first).to_be_visible()
        expect(page.locator("body")).to_have_attribute("data-live", "closed")
        page.evaluate("() => { location.hash = '#/wallet'; }")
    expect(notice).to_contain_text("autoexclusão")


def test_a_page_that_nobody_is_at_keeps_no_session_alive(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    page.clock.install()
    sockets: list[WebSocketRoute] = []
    renewals: list[str] = []

    def pass_on(socket: WebSocketRoute) -> None:
        socket.connect_to_server()
        sockets.append(socket)

    page.route_web_socket("**/v1/play", pass_on)
    at_the_dice(opened, edge)
    is_live(page)

    def note_renewal(sent: Request) -> None:
        if sent.url.endswith("/v1/auth/refresh"):
            renewals.append(sent.url)

    page.on("request", note_renewal)
    with page.expect_response("**/v1/auth/refresh"):
        sockets[-1].close(code=4401, reason="token_expired")
    is_live(page)
    assert len(renewals) == 1, "somebody is there"

    page.clock.fast_forward("02:30")
    sockets[-1].close(code=4401, reason="token_expired")
    expect(page.locator("body")).to_have_attribute("data-live", "closed")
    page.clock.fast_forward("01:10")
    page.wait_for_timeout(1_000)
    assert len(renewals) == 1, "nobody is there"
    page.mouse.move(5, 5)
    is_live(page)
    assert len(renewals) == 2
    assert len(sockets) == 3


@pytest.mark.parametrize("code", ["limit_wager", "insufficient_funds"])
def test_a_refusal_over_the_socket_is_told_in_words(
    visit: OpenVisit, edge: Edge, code: str
) -> None:
    opened = visit(edge.base_url, language="en")
    page = opened.page
    player = at_the_dice(opened, edge)
    is_live(page)
    over_http = bets_over_http(page)
    if code == "limit_wager":
        with player.elsewhere(edge) as other:
            limit = "/v1/me/limits/wager/daily"
            expect_answer(other.send("PUT", limit, {"value": 100}), 200)
    else:
        player.choose(chance=50, stake="500")
    page.locator("#bet-button").click()
    words = {"limit_wager": "limit on stakes", "insufficient_funds": "not enough balance"}
    expect(page.locator("#bet-problem")).to_contain_text(words[code])
    assert not over_http
    expect(page.locator("#pending")).to_be_hidden()
