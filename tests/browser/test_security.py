"""The security of an account at the page: app with QR code, codes shown once, devices, history."""

import hashlib
import re

from browser.conftest import OpenVisit
from browser.player import PASSWORD, Player
from browser.test_page_modules import modules
from e2e.edge import Edge
from e2e.guarded import Phone
from playwright.sync_api import Page, Route, expect

from shared.identity import totp

__all__ = ["modules"]

URI = (
    "otpauth://totp/AcmeToCasino:{}?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    "&issuer=AcmeToCasino&algorithm=SHA1&digits=6&period=30"
)
QR_CODES = {
    URI.format("a@b.co"): "045e0d0f5709216fec9b55e3befcf8832368b195f057bb032f682893f4f84300",
    "é" * 70: "15372fc900f35f629ff6fa22fe3c9f2c7a8a8d4e621527608ac777a61f75e386",
    URI.format("player-0123456789abcdef@example.com"): (
        "f8b1602b358693011cb21f9d37b096427eb57de0f349e26bf75f4852e220a42a"
    ),
    URI.format("y" * 95 + "@example.com"): (
        "ed6594d40caf1ffe924d79dcd57502117521f32037799d396ff0699a5f3523b6"
    ),
}
"""SHA-256 of the rows of versions 6 to 9 as the `qrcode` library 8 draws them (L, mask 0)."""


def test_qr_codes_are_those_of_another_implementation(modules: Page) -> None:
    for text, digest in QR_CODES.items():
        rows = modules.evaluate(
            "async (text) => (await import('/js/qr.js')).qrModules(text)"
            ".map((row) => row.map(Number).join('')).join('\\n')",
            text,
        )
        assert hashlib.sha256(rows.encode()).hexdigest() == digest, text
    too_long = modules.evaluate(
        "async () => (await import('/js/qr.js')).qrModules('x'.repeat(231))"
    )
    assert too_long is None


def _open(player: Player) -> None:
    player.open("documents")
    player.page.locator('a[href="#/security"]').click()
    expect(player.page.locator("#devices li").first).to_be_visible()


def _submit(page: Page, form: str, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f'#{form} [name="{name}"]').fill(value)
    page.locator(f"#{form} [type=submit]").click()


def _set_up(page: Page) -> Phone:
    _submit(page, "factor-begin", password=PASSWORD)
    expect(page.locator("#factor-qr path")).to_have_attribute("d", re.compile("M0 0"))
    secret = page.locator("#factor-secret").inner_text().replace(" ", "")
    return Phone(totp.secret_bytes(secret))


def test_a_player_sets_up_an_app_logs_in_by_code_and_takes_it_off(
    edge: Edge, visit: OpenVisit
) -> None:
    seen = visit(edge.base_url)
    seen.expect_errors = {401}
    seen.go("/")
    page, player = seen.page, Player(seen.page)
    player.sign_up()
    _open(player)
    expect(page.locator("#factor-state")).to_contain_text("só a senha")
    phone = _set_up(page)
    seen.keep_screenshot("app")
    expect(page.locator("#factor-state")).to_contain_text("não confirmada")
    _submit(page, "factor-confirm", otp=phone.code())
    expect(page.locator("#recovery-list li")).to_have_count(10)
    seen.keep_screenshot("codes")
    codes = page.locator("#recovery-list li").all_inner_texts()
    assert page.locator("#factor-secret").inner_text() == ""
    page.locator("#recovery-done").click()
    expect(page.locator("#recovery-list li")).to_have_count(0)
    expect(page.locator("#factor-state")).to_contain_text("10")
    expect(page.locator("#access-history tr").first).to_contain_text("Aplicativo configurado")

    _submit(
        page,
        "password-change",
        current_password=PASSWORD,
        new_password="outra frase bem comprida 8",
        otp=codes[0],
    )
    expect(page.locator("#view-welcome")).to_be_visible()
    _submit(page, "log-in", email=player.email, password=PASSWORD)
    expect(page.locator("#log-in-problem")).to_be_visible()
    _submit(page, "log-in", email=player.email, password="outra frase bem comprida 8")
    expect(page.locator("#view-play")).to_be_visible()
    _open(player)
    expect(page.locator("#access-history tr.refused")).to_have_count(1)
    seen.keep_screenshot("history")
    _submit(page, "factor-remove", otp=codes[1])
    expect(page.locator("#factor-state")).to_contain_text("só a senha")


def test_the_login_asks_for_the_code_only_when_it_is_due(edge: Edge, visit: OpenVisit) -> None:
    seen = visit(edge.base_url, device="phone", language="en")
    seen.expect_errors = {401}
    seen.go("/")
    page, player = seen.page, Player(seen.page)
    player.sign_up()
    _open(player)
    phone = _set_up(page)
    _submit(page, "factor-confirm", otp=phone.code())
    expect(page.locator("#recovery-list li")).to_have_count(10)
    codes = page.locator("#recovery-list li").all_inner_texts()
    page.evaluate(
        "async () => (await import('/js/api.js')).act('/v1/sandbox/clock',"
        " { advance_ms: 7 * 86400000 + 1000 })"
    )
    page.locator("#log-out").click()
    player.log_in()
    expect(page.locator("#log-in-code")).to_be_visible()
    seen.keep_screenshot("code")
    _submit(page, "log-in", otp=codes[0])
    expect(page.locator("#view-play")).to_be_visible()
    _open(player)
    seen.keep_screenshot("phone")


def test_recovery_codes_that_will_stop_working_are_made_anew(edge: Edge, visit: OpenVisit) -> None:
    """The turn of a key is told by the answer alone; the new codes are those of the house."""
    seen = visit(edge.base_url)
    seen.go("/")
    page, player = seen.page, Player(seen.page)
    player.sign_up()
    _open(player)
    phone = _set_up(page)
    _submit(page, "factor-confirm", otp=phone.code())
    expect(page.locator("#recovery-list li")).to_have_count(10)
    old = page.locator("#recovery-list li").all_inner_texts()
    expect(page.locator("#factor-renew")).to_be_hidden()

    def turned_over(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"recovery_codes_to_renew": 10})

    page.route("**/v1/me/second-factor", turned_over)
    page.reload()
    expect(page.locator("#factor-renew")).to_be_visible()
    seen.keep_screenshot("renew")
    page.unroute("**/v1/me/second-factor")
    _submit(page, "factor-renew", otp=old[0])
    expect(page.locator("#recovery-list li")).to_have_count(10)
    assert not set(old) & set(page.locator("#recovery-list li").all_inner_texts())
    expect(page.locator("#factor-renew")).to_be_hidden()


def test_another_device_is_seen_and_logged_out(edge: Edge, visit: OpenVisit) -> None:
    desk, phone = visit(edge.base_url), visit(edge.base_url, device="phone")
    phone.expect_errors = {401}
    desk.go("/")
    player = Player(desk.page)
    player.sign_up()
    phone.go("/")
    other = Player(phone.page)
    other.email = player.email
    other.log_in()
    expect(phone.page.locator("#view-play")).to_be_visible()
    _open(player)
    expect(desk.page.locator("#devices li")).to_have_count(2)
    desk.keep_screenshot("devices")
    desk.page.locator("#devices-end").click()
    expect(desk.page.locator("#devices li")).to_have_count(1)
    # Its socket hears of the end, and the page signs out without being asked.
    expect(phone.page.locator("#entrance-notice")).to_be_visible()
