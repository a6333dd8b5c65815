"""Fixtures of the browser tests: one real Chromium, pages that are watched while they are used.

Invariant: a page that a test opened here sends no request to another origin, logs no error and
raises no exception that the test did not announce beforehand; otherwise the test fails.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import pytest
from browser.pages import ROOT, StaticPages
from chromium import path as chromium_path
from e2e.edge import Edge, shared_edge
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    sync_playwright,
)

HERE: Final = Path(__file__).parent
SCREENSHOTS: Final = ROOT / "artifacts" / "browser"
# --no-sandbox: CI runs as root in a container. The others keep Chromium from calling its makers.
CHROMIUM_ARGUMENTS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEWPORTS: Final = {"desktop": (1280, 860), "phone": (390, 844)}

type Device = Literal["desktop", "phone"]
type Language = Literal["pt-BR", "en"]
type OpenVisit = Callable[..., Visit]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Visit:
    """A watched page. `expect_errors` names statuses that this test provokes, `{401}`."""

    page: Page
    base_url: str
    name: str
    language: Language
    expect_errors: set[int] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.base_url}{path}")

    def keep_screenshot(self, moment: str, *, whole: bool = True) -> None:
        """Keeps what a person would see, for the artefacts of CI."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{self.name}-{moment}.png", full_page=whole)

    def on_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        status = re.search(r"status of (\d{3})", message.text)
        if status and int(status[1]) in self.expect_errors:
            return
        if "net::ERR_FAILED" in message.text and 0 in self.expect_errors:
            return
        self.complaints.append(f"console {message.type}: {message.text}")

    def on_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        origin = f"{address.scheme}://{address.netloc}"
        if address.scheme not in {"data", "blob"} and origin != self.base_url:
            self.complaints.append(f"request to another origin: {request.url}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a module. Playwright's loop runs while it is open, and no test that has a loop
    of its own can run then: hence not for the whole session.
    """
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path(), args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def edge() -> Iterator[Edge]:
    """The edge that all suites share."""
    with shared_edge() as running:
        yield running


@pytest.fixture(scope="session")
def static_pages() -> Iterator[StaticPages]:
    """The pages alone, under their production policy, without any API."""
    with StaticPages() as pages:
        yield pages


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenVisit]:
    """Opens watched pages: `visit(base_url, device="phone", language="en", dark=True)`."""
    opened: list[Visit] = []
    with ExitStack() as stack:

        def open_visit(
            base_url: str,
            *,
            device: Device = "desktop",
            language: Language = "pt-BR",
            dark: bool = False,
        ) -> Visit:
            context = _context(browser, device, language, dark)
            stack.callback(context.close)
            name = re.sub(r"\W+", "-", str(request.node.name)).strip("-")
            watched = Visit(context.new_page(), base_url.rstrip("/"), name, language)
            watched.page.on("console", watched.on_console)
            watched.page.on("request", watched.on_request)
            watched.page.on(
                "pageerror", lambda error: watched.complaints.append(f"exception: {error}")
            )
            opened.append(watched)
            return watched

        yield open_visit
    complaints = [complaint for watched in opened for complaint in watched.complaints]
    assert not complaints, "\n".join(complaints)


def _context(browser: Browser, device: Device, language: Language, dark: bool) -> BrowserContext:
    width, height = VIEWPORTS[device]
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": height},
        "locale": language,
        "color_scheme": "dark" if dark else "light",
        "has_touch": device == "phone",
        "is_mobile": device == "phone",
    }
    context = browser.new_context(**options)
    context.set_default_timeout(20_000)
    return context
