"""A player sees, tightens, stops, and answers what waits: the «Protection» section on the edge."""

import re

import pytest
from browser.accessibility import nameless_fields, violations
from browser.conftest import Device, Language, OpenVisit, Visit
from browser.player import Player, minor
from e2e.edge import Edge
from e2e.player import expect as expect_answer
from e2e.player import fresh_key, staff
from playwright.sync_api import Locator, Page, expect

from shared.kernel.times import DAY_MS, MINUTE_MS

SCREENS = [("desktop", "pt-BR", False), ("phone", "en", True)]


def assert_accessible(visit: Visit) -> None:
    assert not violations(visit.page)
    assert not nameless_fields(visit.page)


def signed_up(visit: Visit, edge: Edge, *, funds: str = "") -> Player:
    player = Player(visit.page)
    visit.go("/")
    player.sign_up()
    player.be_identified(edge)
    if funds:
        player.ask_for_deposit(funds)
        player.pay_deposit()
    return player


def limit_card(page: Page, name: str) -> Locator:
    return page.locator(f'#limit-cards [data-limit="{name}"]')


def set_limit(page: Page, kind: str, period: str, value: str) -> None:
    page.locator("#limit-kind").select_option(kind)
    page.locator("#limit-period").select_option(period)
    page.locator("#limit-value").fill(value)
    page.locator("#limit-save").click()


def move_clock(edge: Edge, player: Player, ms: int) -> None:
    """Moves the clock of the player's wallet from another device."""
    with player.elsewhere(edge) as other:
        expect_answer(other.post("/v1/sandbox/clock", {"advance_ms": ms}), 200)


@pytest.mark.parametrize(("device", "language", "dark"), SCREENS)
def test_a_limit_is_lowered_now_and_raised_after_a_day_and_a_second_word(
    visit: OpenVisit, edge: Edge, device: Device, language: Language, dark: bool
) -> None:
    opened = visit(edge.base_url, device=device, language=language, dark=dark)
    page = opened.page
    player = signed_up(opened, edge)
    player.open("protection")
    loss = limit_card(page, "loss-daily")
    expect(loss.locator(".limit-value")).to_contain_text("1")
    assert_accessible(opened)
    set_limit(page, "loss", "daily", "300")
    expect(loss.locator(".limit-value")).to_contain_text("300")
    expect(page.locator("#limit-told")).not_to_be_empty()
    set_limit(page, "loss", "daily", "500")
    waiting = loss.locator(".limit-pending")
    expect(waiting).to_contain_text("500")
    expect(loss.locator(".limit-value")).to_contain_text("300")
    expect(waiting.locator('[data-act="confirm"]')).to_have_count(0)
    set_limit(page, "bet_count", "weekly", "50")
    expect(limit_card(page, "bet_count-weekly")).to_be_visible()
    expect(limit_card(page, "loss-daily").locator('[data-act="remove"]')).to_have_count(0)
    limit_card(page, "bet_count-weekly").locator('[data-act="remove"]').click()
    expect(limit_card(page, "bet_count-weekly").locator(".limit-pending")).to_be_visible()
    opened.keep_screenshot("limits-waiting")
    assert_accessible(opened)
    limit_card(page, "bet_count-weekly").locator('[data-act="cancel"]').click()
    expect(limit_card(page, "bet_count-weekly").locator(".limit-pending")).to_have_count(0)
    move_clock(edge, player, DAY_MS)
    opened.expect_errors.add(401)
    page.reload()
    expect(waiting.locator('[data-act="confirm"]').or_(page.locator("#tab-log-in"))).to_be_visible()
    if page.locator("#tab-log-in").is_visible():
        player.log_in()
        player.open("protection")
    waiting.locator('[data-act="confirm"]').click()
    expect(loss.locator(".limit-value")).to_contain_text("500")
    expect(waiting).to_have_count(0)


@pytest.mark.parametrize(("device", "language", "dark"), SCREENS)
def test_a_self_exclusion_is_described_confirmed_and_final_and_the_money_is_paid(
    visit: OpenVisit, edge: Edge, device: Device, language: Language, dark: bool
) -> None:
    opened = visit(edge.base_url, device=device, language=language, dark=dark)
    page = opened.page
    player = signed_up(opened, edge, funds="100")
    player.open("protection")
    expect(page.locator("#exclusion-notice")).not_to_be_empty()
    page.locator("#exclusion-start").click()
    expect(page.locator("#exclusion-understood")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#confirm-dialog")).to_be_hidden()
    page.locator("#exclusion-understood").check()
    page.locator("#exclusion-length").select_option("3")
    page.locator("#exclusion-start").click()
    expect(page.locator("#confirm-dialog")).to_be_visible()
    expect(page.locator("#confirm-no")).to_be_focused()
    opened.keep_screenshot("exclusion-question", whole=False)
    assert_accessible(opened)
    page.keyboard.press("Escape")
    expect(page.locator("#confirm-dialog")).to_be_hidden()
    expect(page.locator("#closed-card")).to_be_hidden()
    page.locator("#exclusion-start").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#exclusion-told")).not_to_be_empty()
    expect(page.locator('#closed-reasons [data-reason="excluded"]')).to_be_visible()
    link = page.locator("#central-link")
    expect(link).to_have_attribute("href", "https://www.gov.br/autoexclusaoapostas")
    opened.keep_screenshot("excluded")
    assert_accessible(opened)
    opened.expect_errors.add(403)
    player.open("play")
    expect(page.locator("#bet-closed")).to_be_visible()
    page.locator("#bet-button").click()
    expect(page.locator("#bet-problem")).to_be_visible()
    player.open("wallet")
    page.locator("#withdraw-amount").fill("100")
    page.locator("#withdraw [type=submit]").click()
    paid = page.locator("#withdrawal")
    expect(paid).to_have_attribute("data-status", "paid", timeout=60_000)


def test_a_pause_is_taken_and_advertising_is_held_back_meanwhile(
    visit: OpenVisit, edge: Edge
) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    player = signed_up(opened, edge)
    player.open("protection")
    page.locator("#marketing").check()
    expect(page.locator("#marketing-told")).to_have_text("Você recebe ofertas.")
    page.locator("#pause-length").select_option("7")
    page.locator("#pause-start").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#pause-told")).to_contain_text("A sua pausa vai até")
    expect(page.locator('#closed-reasons [data-reason="paused"]')).to_be_visible()
    expect(page.locator("#marketing-told")).to_contain_text("enquanto o jogo está fechado")
    opened.keep_screenshot("paused")
    assert_accessible(opened)


@pytest.mark.parametrize(("device", "language", "dark"), SCREENS)
def test_a_reality_check_must_be_answered_before_the_next_bet(
    visit: OpenVisit, edge: Edge, device: Device, language: Language, dark: bool
) -> None:
    opened = visit(edge.base_url, device=device, language=language, dark=dark)
    page = opened.page
    player = signed_up(opened, edge, funds="100")
    player.open("protection")
    page.locator("#reality-minutes").select_option("10")
    page.locator("#reality-save").click()
    expect(page.locator("#reality-told")).not_to_be_empty()
    player.open("play")
    player.choose(chance=50, stake="2")
    player.bet()
    net = minor(page.locator("#sitting-net").inner_text())
    move_clock(edge, player, 11 * MINUTE_MS)
    opened.expect_errors.add(403)
    page.locator("#bet-button").click()
    dialog = page.locator("#reality-dialog")
    expect(dialog).to_be_visible()
    assert minor(page.locator("#reality-net").inner_text()) == net
    assert minor(page.locator("#reality-wagered").inner_text()) == 200
    opened.keep_screenshot("reality-check", whole=False)
    assert_accessible(opened)
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    page.locator("#reality-go-on").click()
    expect(dialog).to_be_hidden()
    player.bet()
    expect(page.locator("#strip-time")).to_have_text(re.compile(r"^0:1\d$"))


def test_whoever_stops_at_a_reality_check_is_logged_out(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    page = opened.page
    player = signed_up(opened, edge, funds="10")
    player.open("protection")
    page.locator("#reality-minutes").select_option("10")
    page.locator("#reality-save").click()
    expect(page.locator("#reality-told")).not_to_be_empty()
    player.open("play")
    move_clock(edge, player, 11 * MINUTE_MS)
    opened.expect_errors.add(403)
    page.locator("#bet-button").click()
    page.locator("#reality-stop").click()
    expect(page.locator("#view-welcome")).to_be_visible()


@pytest.mark.parametrize(("device", "language", "dark"), SCREENS)
def test_a_message_that_asks_for_a_choice_is_answered_by_a_limit_that_means_something(
    visit: OpenVisit, edge: Edge, device: Device, language: Language, dark: bool
) -> None:
    opened = visit(edge.base_url, device=device, language=language, dark=dark)
    page = opened.page
    player = signed_up(opened, edge, funds="100")
    player.open("play")
    player.choose(chance=50, stake="2")
    player.bet()
    with edge.client() as client:
        order = {"player_id": player.player_id, "action": "choose", "reason": "a talk by phone"}
        desk = staff(client, "aml")
        expect_answer(desk.post("/v1/ops/interventions", order, key=fresh_key()), 201)
    opened.expect_errors.update((403, 409))
    page.locator("#bet-button").click()
    dialog, answer = page.locator("#intervention-dialog"), page.locator("#intervention-ack")
    expect(page.locator("#intervention-demand")).to_contain_text("30")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    answer.click()
    expect(page.locator("#intervention-problem")).to_contain_text("30")
    opened.keep_screenshot("choice", whole=False)
    assert_accessible(opened)
    for value, counts in (("1000", False), ("2", True)):
        page.locator("#intervention-limits").click()
        expect(page.locator("#view-protection")).to_be_visible()
        set_limit(page, "wager", "daily", value)
        expect(limit_card(page, "wager-daily").locator(".limit-value")).to_contain_text(value[:1])
        player.open("play")
        page.locator("#bet-button").click()
        expect(dialog).to_be_visible()
        answer.click()
        expect(page.locator("#intervention-problem")).to_be_visible(visible=not counts)
    expect(dialog).to_be_hidden()
    page.locator("#bet-button").click()
    expect(page.locator("#bet-problem")).not_to_be_empty()
    expect(dialog).to_be_hidden()


@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_the_panel_is_in_sight_on_every_section_and_however_far_one_scrolls(
    visit: OpenVisit, edge: Edge, device: Device
) -> None:
    opened = visit(edge.base_url, device=device)
    page = opened.page
    player = signed_up(opened, edge, funds="50")
    for section in ("play", "statement", "fairness", "protection", "documents", "wallet"):
        player.open(section)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        for figure in ("time", "daily", "weekly", "monthly"):
            expect(page.locator(f"#strip-{figure}")).to_be_in_viewport()
            expect(page.locator(f"#strip-{figure}")).to_have_text(re.compile(r"\d"))
        expect(page.locator("#chip-balance")).to_be_in_viewport()
