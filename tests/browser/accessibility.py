"""What axe-core finds on a page, and what it does not look for: every field has a name."""

from typing import Any, Final

from browser.pages import ROOT
from playwright.sync_api import Page

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """One line for each violation of WCAG 2.2 AA or of good practice: rule, and where."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "(values) => axe.run(document, { runOnly: { type: 'tag', values } })",
        RULES,
    )
    return [
        f"{violation['id']}: {node['html'][:160]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def nameless_fields(page: Page) -> list[str]:
    """Fields without a visible label of their own or an accessible name."""
    nameless: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("input, select, textarea")]
            .filter((field) => field.labels.length === 0 && !field.ariaLabel)
            .map((field) => field.outerHTML)"""
    )
    return nameless
