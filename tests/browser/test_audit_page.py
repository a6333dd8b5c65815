"""The auditor in a browser: exported files in, a verdict out, without a network."""

import json
from typing import Any

import pytest
from browser.accessibility import nameless_fields, violations
from browser.conftest import OpenVisit
from browser.pages import ROOT, StaticPages
from playwright.sync_api import FilePayload, Page, expect

TRUE, *FORGED = json.loads((ROOT / "tests" / "vectors" / "audit.json").read_text(encoding="utf-8"))[
    "cases"
]


def file(name: str, document: object) -> FilePayload:
    return {
        "name": name,
        "mimeType": "application/json",
        "buffer": json.dumps(document).encode(),
    }


def files(name: str, documents: list[Any]) -> list[FilePayload]:
    return [file(f"{name}-{n}.json", document) for n, document in enumerate(documents)]


def check(page: Page, case: dict[str, Any]) -> None:
    page.locator("#statements").set_input_files(files("statement", case["statements"]))
    page.locator("#anchors").set_input_files(files("anchor", case["anchors"]))
    page.locator("#audit [type=submit]").click()


def test_a_true_statement_is_proven_without_a_network(
    visit: OpenVisit, static_pages: StaticPages
) -> None:
    opened = visit(static_pages.base_url, device="phone", language="en")
    opened.go("/audit.html")
    page = opened.page
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    check(page, TRUE)
    expect(page.locator("#result-verdict")).to_have_attribute("data-state", "proven")
    expect(page.locator("#result-events")).to_have_text("8 events recomputed.")
    expect(page.locator("#result-balances")).to_contain_text("R$58.00 in cash")
    expect(page.locator("#result-anchored")).to_have_text(
        "Under the published root: 2026-11-22, 2026-11-23."
    )
    opened.keep_screenshot("proven")


def test_each_forgery_is_refuted_in_words(visit: OpenVisit, static_pages: StaticPages) -> None:
    opened = visit(static_pages.base_url)
    opened.go("/audit.html")
    page = opened.page
    for case in FORGED:
        check(page, case)
        verdict = page.locator("#result-verdict")
        state = "proven" if case["law"] is None else "refuted"
        expect(verdict).to_have_attribute("data-state", state)
        expect(verdict).not_to_contain_text("audit.law_")
        if isinstance(case["at"], int):
            expect(verdict).to_contain_text(str(case["at"]))


def test_files_put_into_the_wrong_field_are_taken_for_what_they_are(
    visit: OpenVisit, static_pages: StaticPages
) -> None:
    opened = visit(static_pages.base_url)
    opened.go("/audit.html")
    page = opened.page
    everything = files("any", [*TRUE["anchors"], *TRUE["statements"]])
    page.locator("#statements").set_input_files(everything)
    page.locator("#audit [type=submit]").click()
    expect(page.locator("#result-verdict")).to_have_attribute("data-state", "proven")


def test_the_page_says_what_is_wrong_with_its_files(
    visit: OpenVisit, static_pages: StaticPages
) -> None:
    opened = visit(static_pages.base_url)
    opened.go("/audit.html")
    page = opened.page
    page.locator("#audit [type=submit]").click()
    expect(page.locator("#statements")).to_have_attribute("aria-invalid", "true")
    for content in (b"no JSON", b"[]", b'{"events": 7}', b"null"):
        odd: FilePayload = {"name": "x.json", "mimeType": "application/json", "buffer": content}
        page.locator("#statements").set_input_files([odd])
        page.locator("#audit [type=submit]").click()
        unreadable = page.locator("#audit-problem")
        refuted = page.locator("#result-verdict[data-state=refuted]")
        expect(unreadable.or_(refuted).locator("visible=true")).to_have_count(1)


@pytest.mark.parametrize("dark", [False, True])
def test_the_audit_page_is_accessible(
    visit: OpenVisit, static_pages: StaticPages, dark: bool
) -> None:
    opened = visit(static_pages.base_url, dark=dark)
    opened.go("/audit.html")
    check(opened.page, TRUE)
    expect(opened.page.locator("#result")).to_be_visible()
    assert not violations(opened.page)
    assert not nameless_fields(opened.page)
