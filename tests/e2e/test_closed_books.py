"""Books closed on the real edge: old events leave a wallet for the archive, and every proof holds.

The wallet's own clock is moved by fourteen months and more; the cron's time comes with its
scheduled time.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e.edge import ROOT, Edge
from e2e.player import Player, expect, fresh_key, join, own_address, problem, until
from e2e.test_proof import NIGHT, TICK, House, tool

DAY_MS = 86_400_000
LATER_DAYS = 430
ROUNDS = 101

pytestmark = pytest.mark.slow


def logged_in_again(player: Player) -> Player:
    """The same person after their session has long been over."""
    headers = own_address()
    credentials = {"email": player.email, "password": player.password}
    session = expect(player.client.post("/v1/auth/login", json=credentials, headers=headers), 200)
    return Player(
        client=player.client,
        headers={**headers, "Authorization": f"Bearer {session['access_token']}"},
        player_id=player.player_id,
        email=player.email,
        password=player.password,
        cpf=player.cpf,
        refresh_token=session["refresh_token"],
    )


def test_old_books_are_closed_and_everything_still_proves(
    tmp_path: Path, fresh_edge: Callable[..., Edge]
) -> None:
    edge = fresh_edge(tmp_path / "state")
    with edge.client() as client:
        house = House(edge, tmp_path / "state", client)
        old = join(client, funds_minor=50_000)
        house.players.append(old)
        session, key = old.open_game()["session_id"], fresh_key()
        first = old.bet(session, 100, key=key)
        for _ in range(ROUNDS):
            old.play(session, 100)
        whole = expect(old.get("/v1/me/wallet/export"), 200)
        house.level()
        house.at(NIGHT, 1)
        house.at(TICK, 1)
        day = expect(client.get("/v1/audit/anchors"), 200)["items"][0]["day"]
        house.at(TICK, LATER_DAYS)
        assert old.wallet()["seq"] == whole["events"][-1]["seq"], "the wallet's clock says: young"

        for _ in range(2):  # one request moves it by 400 days at most
            old.move_clock(LATER_DAYS // 2 * DAY_MS)
        player = logged_in_again(old)
        house.players[-1] = player
        player.play(player.open_game()["session_id"], 100)
        house.level()
        before = player.wallet()
        house.at(TICK, LATER_DAYS + 1)

        after = player.wallet()
        assert after["seq"] == before["seq"] + 1
        assert after["cash_minor"] == before["cash_minor"]
        player.verify()
        statement = player.statement()
        assert statement[-1]["type"] == "BOOKS_CLOSED"
        closed = statement[-1]["data"]
        assert closed["closed_seq"] >= 2 * ROUNDS
        assert statement[0]["seq"] == closed["closed_seq"] + 1
        assert first.status_code == 201
        problem(player.bet(session, 100, key=key), 409, "answer_archived")
        other = player.bet(session, 200, key=key)
        problem(other, 409, "idempotency_key_conflict")
        assert player.wallet()["seq"] == after["seq"]
        player.play(player.open_game()["session_id"], 100)
        player.verify()

        audited(player, whole, day, tmp_path)
        desk = f"/v1/ops/players/{player.player_id}"
        support = house.desk("support")
        problem(support.get(desk, at_seq=3), 410, "event_archived")
        assert expect(support.get(f"{desk}/explain"), 200)["by_type"][0]["type"] == "BOOKS_CLOSED"

        house.level()
        until(house.stats, lambda stats: stats["conservation"]["BRL"]["drift_minor"] == 0)
        house.at(TICK, LATER_DAYS + 3)
    edge.stop()
    state = str(house.state)
    told = tool("drill.py", "--state", state)
    assert "EQUAL, hash by hash" in told
    assert re.search(r"books +1\b", told)
    assert tool("rebuild.py", "--state", state, "--source", "wallets").endswith("EQUAL\n")
    assert tool("rebuild.py", "--state", state, "--source", "archive").endswith("EQUAL\n")


def audited(player: Player, whole: object, day: str, folder: Path) -> None:
    """The auditor's tool accepts the statement, the anchor, and both statements with it."""
    piece = expect(player.get("/v1/me/wallet/export"), 200)
    proof = expect(player.get(f"/v1/me/wallet/anchors/{day}"), 200)
    page = expect(player.client.get("/v1/audit/anchors"), 200)
    files = {"now": piece, "then": whole, "proof": proof, "page": page}
    for name, document in files.items():
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    anchors = ["--anchor", f"{folder}/proof.json", "--anchor", f"{folder}/page.json"]
    for statement in ("now", "then"):
        command = [sys.executable, "-I", f"{ROOT}/runtime/audit.py"]
        ran = subprocess.run(
            [*command, f"{folder}/{statement}.json", *anchors],
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "PROVED" in ran.stdout
        assert ("books closed: told" in ran.stdout) == (statement == "now")
