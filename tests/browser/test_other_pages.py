"""The verifier that needs nobody, the API's documentation, and what the pages are served with."""

import json
from collections import Counter

import httpx
import pytest
from browser.accessibility import nameless_fields, violations
from browser.conftest import OpenVisit
from browser.pages import PAGE_HEADERS, ROOT, StaticPages
from browser.player import minor
from e2e.edge import Edge
from playwright.sync_api import expect

VECTORS = json.loads((ROOT / "tests" / "vectors" / "dice.json").read_text(encoding="utf-8"))


def test_the_verifier_works_without_a_network(visit: OpenVisit, static_pages: StaticPages) -> None:
    opened = visit(static_pages.base_url, device="phone", language="en")
    opened.go("/verify.html")
    page = opened.page
    page.context.set_offline(True)
    game = next(
        game for game in VECTORS["rounds"] if game["outcome"]["win"] and game["stake_minor"] >= 100
    )
    page.locator("#server-seed").fill(game["server_seed"])
    page.locator("#seed-hash").fill(game["server_seed_hash"])
    page.locator("#client-seed").fill(game["client_seed"])
    page.locator("#nonce").fill(str(game["nonce"]))
    page.locator("#target").fill(str(game["params"]["target"]))
    page.locator("#over").select_option(str(game["params"]["over"]).lower())
    page.locator("#stake").fill(f"{game['stake_minor'] // 100}.{game['stake_minor'] % 100:02d}")
    page.locator("#rtp").fill(f"{game['rtp_bps'] / 100:.2f}")
    page.locator("#verify [type=submit]").click()
    roll = f"{game['outcome']['roll'] // 100}.{game['outcome']['roll'] % 100:02d}"
    expect(page.locator("#result-roll")).to_have_text(roll)
    expect(page.locator("#result-hash-verdict")).to_have_attribute("data-state", "proven")
    paid = page.locator("#result-payout").inner_text().rstrip(".").rpartition("R$")[2]
    assert minor(paid) == game["payout_minor"]
    page.locator("#seed-hash").fill("0" * 64)
    page.locator("#verify [type=submit]").click()
    expect(page.locator("#result-hash-verdict")).to_have_attribute("data-state", "refuted")
    opened.keep_screenshot("result")


def test_the_verifier_says_what_is_wrong_with_its_inputs(
    visit: OpenVisit, static_pages: StaticPages
) -> None:
    opened = visit(static_pages.base_url)
    opened.go("/verify.html")
    opened.page.locator("#server-seed").fill("not a seed")
    opened.page.locator("#client-seed").fill("me")
    opened.page.locator("#nonce").fill("1")
    opened.page.locator("#verify [type=submit]").click()
    expect(opened.page.locator("#server-seed")).to_have_attribute("aria-invalid", "true")
    expect(opened.page.locator("#result")).to_be_hidden()


@pytest.mark.parametrize("path", ["/verify.html", "/404.html"])
@pytest.mark.parametrize("dark", [False, True])
def test_single_pages_are_accessible(
    visit: OpenVisit, static_pages: StaticPages, path: str, dark: bool
) -> None:
    opened = visit(static_pages.base_url, dark=dark)
    opened.go(path)
    assert not violations(opened.page)
    assert not nameless_fields(opened.page)


def test_the_documentation_shows_every_operation(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    opened.go("/docs")
    document = httpx.get(f"{edge.base_url}/openapi.json", timeout=30).json()
    tags = Counter(
        operation["tags"][0]
        for methods in document["paths"].values()
        for operation in methods.values()
    )
    headings = opened.page.locator("#swagger .opblock-tag")
    expect(headings).to_have_count(len(tags), timeout=30_000)
    opened.keep_screenshot("docs", whole=False)
    # Closed at first: the viewer shows no more than the first few of so many at once.
    for tag, operations in tags.items():
        heading = opened.page.locator(f'#swagger .opblock-tag[data-tag="{tag}"]')
        heading.click()
        expect(opened.page.locator("#swagger .opblock")).to_have_count(operations)
        heading.click()


@pytest.mark.parametrize("path", ["/", "/verify", "/docs", "/js/app.js", "/css/tokens.css"])
def test_pages_and_their_parts_carry_the_security_headers(edge: Edge, path: str) -> None:
    answer = httpx.get(f"{edge.base_url}{path}", timeout=30)
    assert answer.status_code == 200
    for name, value in PAGE_HEADERS.items():
        assert answer.headers[name] == value


def test_the_policy_allows_no_inline_code_and_no_other_origin() -> None:
    policy = PAGE_HEADERS["Content-Security-Policy"]
    assert "'unsafe" not in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert PAGE_HEADERS["X-Content-Type-Options"] == "nosniff"
    assert "max-age" in PAGE_HEADERS["Strict-Transport-Security"]
