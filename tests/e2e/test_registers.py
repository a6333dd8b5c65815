"""Registers on the real runtime: who is impeded, what an outage closes, and the clock of somebody
who must leave, moved through the sandbox and followed by the cron.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import (
    Json,
    Player,
    expect,
    fresh_key,
    join,
    problem,
    staff,
)

from shared.compliance.registers.sandbox import HOMOLOGATION

CRON = "*/5 * * * *"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True)
class House:
    """An edge of one's own, for an outage is everybody's."""

    edge: Edge
    client: httpx.Client

    def tick(self) -> None:
        assert self.edge.scheduled("api", CRON) == "ok"

    def switch(self, **body: object) -> None:
        expect(self.client.post("/v1/sandbox/registers", json=body), 200)

    def staff(self, role: str, method: str, path: str, body: object = None) -> Json:
        return expect(
            staff(self.client, role).send(method, f"/v1/ops/{path}", body),
            202 if method == "POST" and path.endswith("runs") else 200,
        )

    def join(self, **registration: Any) -> Player:
        """A player whose identity is verified, in a new session."""
        player = join(self.client, **registration)
        return self.again(player)

    def again(self, player: Player) -> Player:
        """The player in a new session."""
        credentials = {"email": player.email, "password": player.password}
        place = {"CF-Connecting-IP": player.headers["CF-Connecting-IP"]}
        login = self.client.post("/v1/auth/login", json=credentials, headers=place)
        session = expect(login, 200)
        headers = {**player.headers, "Authorization": f"Bearer {session['access_token']}"}
        return replace(player, headers=headers, refresh_token=session["refresh_token"])

    def case(self, player: Player) -> Json:
        [item] = self.staff("aml", "GET", f"offboarding?player_id={player.player_id}")["items"]
        found: Json = item
        return found

    def find_impeded(self, player: Player) -> None:
        """The ministry lists the player, and the sweep asks about everybody."""
        self.switch(sigap_listing={"cpf": player.cpf, "reasons": ["PROGRAMA_SOCIAL"]})
        self.staff("aml", "POST", "impediments/runs", {"reason": "a test of the sweep"})
        self.tick()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with Edge() as edge, edge.client() as client:
        expect(client.post("/v1/sandbox/seed"), 200)
        yield House(edge, client)


def deposit(player: Player) -> httpx.Response:
    body = {"amount_minor": 1_000, "method": "pix"}
    return player.post("/v1/me/deposits", body, key=fresh_key())


@pytest.fixture(autouse=True)
def in_order(house: House) -> None:
    """Whatever the test before left, the registers answer and the bank pays."""
    house.switch(sigap="up")
    expect(house.client.post("/v1/sandbox/bank", json={"payouts": "paid"}), 200)


@pytest.mark.parametrize(("cpf", "reasons"), HOMOLOGATION.items())
def test_each_published_cpf_gives_its_reasons_and_blocks(
    house: House, cpf: str, reasons: tuple[str, ...]
) -> None:
    player = house.join(cpf=cpf)
    assert problem(deposit(player), 403, "impeded")["reasons"] == sorted(reasons)
    eligibility = expect(player.get("/v1/me"), 200)["eligibility"]
    assert not eligibility["can_bet"]
    assert not eligibility["can_deposit"]
    assert "impeded" in eligibility["reasons"]
    checks = house.staff("kyc", "GET", f"impediments/checks?player_id={player.player_id}")
    assert checks["items"][-1]["occasion"] == "registration"
    assert checks["items"][-1]["reasons"] == sorted(reasons)


def test_while_the_register_is_down_nothing_moves_towards_risk_and_money_can_leave(
    house: House,
) -> None:
    player = house.join()
    player.fund(10_000)
    player.play(player.open_game()["session_id"], 100)
    house.switch(sigap="down")
    player.move_clock(DAY_MS)
    player = house.again(player)
    closed = deposit(player)
    assert problem(closed, 503, "impediment_check_pending")["retry"] == "after"
    assert int(closed.headers["retry-after"]) > 0
    refused = player.post("/v1/me/game-sessions", {"game_id": "dice"})
    problem(refused, 503, "impediment_check_pending")
    withdrawal = player.withdraw(4_000)
    # Somebody who registers meanwhile is answered like everybody.
    join(house.client)
    house.tick()
    problem(deposit(player), 503, "impediment_check_pending")
    [outage] = house.staff("regulator", "GET", "impediments/runs")["outages"]
    assert outage["ended_at"] is None
    house.switch(sigap="up")
    player = house.again(player)
    assert deposit(player).status_code == 201
    player.play(player.open_game()["session_id"], 100)
    house.tick()
    runs = house.staff("regulator", "GET", "impediments/runs")
    assert runs["waiting"] == 0
    assert runs["outages"][0]["ended_at"] is not None
    paid = expect(player.get(f"/v1/me/withdrawals/{withdrawal['withdrawal_id']}"), 200)
    assert paid["status"] == "paid"


def test_an_impeded_player_passes_every_day_of_the_clock(house: House) -> None:
    player = house.join()
    player.fund(10_000)
    session_id = player.open_game()["session_id"]
    player.play(session_id, 100)
    house.find_impeded(player)
    # Day 0: the very next bet is refused; the notice is out with the same tick.
    assert problem(player.bet(session_id, 100), 403, "impeded")["reasons"] == ["PROGRAMA_SOCIAL"]
    problem(deposit(player), 403, "impeded")
    assert house.case(player)["state"] == "NOTIFIED"
    [notice] = expect(player.get("/v1/me/notices"), 200)["items"]
    assert notice["kind"] == "impeded"
    # Days 1 and 2: what is theirs can be withdrawn.
    player.move_clock(DAY_MS)
    house.tick()
    player.move_clock(DAY_MS)
    house.tick()
    player = house.again(player)
    player.withdraw(1_000)
    assert house.case(player)["state"] == "NOTIFIED"
    # Day 3: closed, and what is left goes to the registered account.
    left_minor = player.wallet()["cash_minor"]
    player.move_clock(DAY_MS - HOUR_MS)
    house.tick()
    case = house.case(player)
    assert (case["state"], case["refunded_minor"]) == ("REFUNDED", left_minor)
    assert case["closed_at"] < case["deadlines"]["close_by"]
    credentials = {"email": player.email, "password": player.password}
    problem(house.client.post("/v1/auth/login", json=credentials), 403, "account_closed")
    assert player.get("/v1/me").status_code == 401
    letters = house.staff("aml", "GET", f"players/{player.player_id}/communications")["items"]
    assert [letter["kind"] for letter in letters] == ["impeded", "closed", "refunded"]


def test_what_no_bank_takes_is_unclaimed_on_day_5_and_escheated_on_day_180(house: House) -> None:
    player = house.join()
    player.fund(10_000)
    house.find_impeded(player)
    expect(house.client.post("/v1/sandbox/bank", json={"payouts": "refused"}), 200)
    clock = _Clock(house, player)
    clock.until_day(3)
    assert house.case(player)["state"] == "CLOSED"
    clock.until_day(6)
    assert house.case(player)["state"] == "UNCLAIMED"
    clock.until_day(179)
    assert house.case(player)["state"] == "UNCLAIMED"
    clock.until_day(181)
    case = house.case(player)
    assert case["state"] == "UNCLAIMED"
    expect(house.client.post("/v1/sandbox/bank", json={"payouts": "paid"}), 200)
    ruling = {"decision": "approve", "reason": "180 days are over"}
    path = f"approvals/{case['escheat_approval_id']}"
    assert house.staff("finance", "POST", path, ruling)["carried_out_at"] is not None
    clock.until_day(182)
    assert house.case(player)["state"] == "ESCHEATED"


class _Clock:
    """Moves a player's clock on, also after their account was closed, with a tick of every day."""

    def __init__(self, house: House, player: Player) -> None:
        self._house = house
        self._player = player
        self._day = 0

    def until_day(self, day: int) -> None:
        path = f"/v1/sandbox/players/{self._player.player_id}/clock"
        body = {"advance_ms": (day - self._day) * DAY_MS}
        expect(self._house.client.post(path, json=body), 200)
        self._house.tick()
        self._day = day
