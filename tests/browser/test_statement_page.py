"""The statement as a person takes it home: complete, in one file, and what a partial proof says."""

import json
from pathlib import Path
from typing import Any

import pytest
from browser.accessibility import nameless_fields, violations
from browser.conftest import Language, OpenVisit, Visit
from browser.player import Player
from e2e.edge import Edge
from playwright.sync_api import Download, Route, expect


def at_the_statement(visit: Visit, edge: Edge) -> Player:
    player = Player(visit.page)
    visit.go("/")
    player.sign_up()
    player.be_identified(edge)
    player.ask_for_deposit("100")
    player.pay_deposit()
    player.open("statement")
    return player


def downloaded(visit: Visit) -> Download:
    with visit.page.expect_download() as waiting:
        visit.page.locator("#export-statement").click()
    return waiting.value


def content(download: Download) -> dict[str, Any]:
    statement: dict[str, Any] = json.loads(Path(download.path()).read_text(encoding="utf-8"))
    return statement


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_a_downloaded_statement_is_proven_by_the_auditor_that_the_page_links(
    visit: OpenVisit, edge: Edge, language: Language, tmp_path: Path
) -> None:
    opened = visit(edge.base_url, language=language)
    at_the_statement(opened, edge)
    page = opened.page
    today = page.evaluate(
        "() => new Date(Date.now() - 3 * 3600 * 1000).toISOString().slice(0, 10)"  # no summer time
    )
    download = downloaded(opened)
    assert download.suggested_filename == f"statement-{today}.json"
    statement = content(download)
    seqs = [event["seq"] for event in statement["events"]]
    assert seqs == list(range(1, len(seqs) + 1))
    assert "DEPOSIT" in {event["type"] for event in statement["events"]}
    assert not violations(page)
    assert not nameless_fields(page)
    opened.keep_screenshot("statement")
    file = tmp_path / download.suggested_filename
    download.save_as(file)
    page.locator('#view-statement a[href="/audit"]').click()
    page.locator("#statements").set_input_files(file)
    page.locator("#audit [type=submit]").click()
    expect(page.locator("#result-verdict")).to_have_attribute("data-state", "proven")


def test_a_statement_of_several_pieces_is_one_file(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    at_the_statement(opened, edge)
    pieces = {"": ([1, 2], "3"), "?cursor=3": ([3, 4], "5"), "?cursor=5": ([5], None)}

    def answer(route: Route) -> None:
        seqs, following = pieces[route.request.url.partition("export")[2]]
        events = [{"seq": seq} for seq in seqs]
        body = {"format": "acme.statement/1", "player_id": "p", "events": events}
        route.fulfill(json={**body, "next_cursor": following})

    opened.page.route("**/v1/me/wallet/export*", answer)
    statement = content(downloaded(opened))
    assert [event["seq"] for event in statement["events"]] == [1, 2, 3, 4, 5]
    assert statement["next_cursor"] is None


def test_an_export_that_fails_is_told_and_downloads_nothing(visit: OpenVisit, edge: Edge) -> None:
    opened = visit(edge.base_url)
    opened.expect_errors.add(503)
    at_the_statement(opened, edge)
    refusal = {"code": "unavailable", "status": 503, "title": "Unavailable"}
    opened.page.route(
        "**/v1/me/wallet/export*", lambda route: route.fulfill(status=503, json=refusal)
    )
    downloads: list[str] = []
    opened.page.on("download", lambda download: downloads.append(download.url))
    opened.page.locator("#export-statement").click()
    expect(opened.page.locator("#statement-problem")).to_be_visible()
    assert downloads == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("pt-BR", "eventos nº 1 a 20.000"), ("en", "events no. 1 to 20,000")],
)
def test_a_proof_of_a_part_is_not_shown_as_one_of_the_whole(
    visit: OpenVisit, edge: Edge, language: Language, sentence: str
) -> None:
    opened = visit(edge.base_url, language=language)
    at_the_statement(opened, edge)
    proof = {"ok": True, "events": 20_000, "from_seq": 1, "is_complete": False}
    opened.page.route(
        "**/v1/me/wallet/verify",
        lambda route: route.fulfill(json={**proof, "head_hash": "0" * 64, "broken_at": None}),
        times=1,
    )
    verdict = opened.page.locator("#chain-verdict")
    opened.page.locator("#verify-chain").click()
    expect(verdict).to_have_attribute("data-state", "partial")
    expect(verdict).to_contain_text(sentence)
    opened.page.locator("#verify-chain").click()
    expect(verdict).to_have_attribute("data-state", "proven")
