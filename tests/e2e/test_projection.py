"""What a wallet decided reaches D1 through the real queue, and the real cron judges it."""

import json
import time
import uuid
from collections.abc import Callable

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import join

PATIENCE_S = 30
CRON = "*/5 * * * *"
DEPOSITS = 5


def until(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def ok(response: httpx.Response) -> dict[str, object]:
    assert response.status_code in (200, 201), response.text
    body: dict[str, object] = response.json()
    return body


def keyed(token: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid.uuid4())}


class Player:
    """Somebody new, logged in, whose identity is verified."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        made = join(client)
        self.player_id = made.player_id
        self.token = made.headers["Authorization"].removeprefix("Bearer ")

    def deposit(self, amount_minor: int) -> None:
        body = {"amount_minor": amount_minor, "method": "pix"}
        deposit = ok(self._client.post("/v1/me/deposits", json=body, headers=keyed(self.token)))
        pix = deposit["pix"]
        assert isinstance(pix, dict)
        paid = ok(self._client.post(f"/v1/sandbox/pix/{pix['txid']}/pay", json={}))
        assert paid["status"] == "credited"

    def wallet_seq(self) -> int:
        headers = {"Authorization": f"Bearer {self.token}"}
        return int(str(ok(self._client.get("/v1/me/wallet", headers=headers))["seq"]))


class Desk:
    """The AML desk's view."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        seeded = ok(client.post("/v1/sandbox/seed"))
        credentials = {"email": "aml@acme.test", "password": seeded["password"]}
        token = ok(client.post("/v1/ops/auth/login", json=credentials))["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def alerts(self, player_id: str) -> list[dict[str, object]]:
        found = ok(
            self._client.get(
                "/v1/ops/aml/alerts", params={"player_id": player_id}, headers=self._headers
            )
        )
        items = found["items"]
        assert isinstance(items, list)
        return items


def events_projected(client: httpx.Client) -> int:
    return int(str(ok(client.get("/v1/stats"))["events_projected"]))


@pytest.fixture
def depositor(client: httpx.Client) -> Player:
    """A player whose every event is projected."""
    before = events_projected(client)
    player = Player(client)
    for _ in range(DEPOSITS):
        player.deposit(1_000)
    assert until(lambda: events_projected(client) >= before + player.wallet_seq())
    return player


def test_events_arrive_through_the_queue_and_show_in_the_public_counters(
    client: httpx.Client, depositor: Player
) -> None:
    stats = ok(client.get("/v1/stats"))
    assert depositor.wallet_seq() >= DEPOSITS
    by_currency = stats["by_currency"]
    assert isinstance(by_currency, dict)
    assert by_currency["BRL"]["deposits_minor"] >= DEPOSITS * 1_000


def test_the_cron_raises_one_alert_however_often_it_runs(
    edge: Edge, client: httpx.Client, depositor: Player
) -> None:
    desk = Desk(client)

    def strongest() -> dict[str, object]:
        """Deposits around a full hour make an alert of each hour; the later one counts all."""
        assert edge.scheduled("fraud_cron", CRON) == "ok"
        found = desk.alerts(depositor.player_id)
        return max(found, key=lambda alert: int(str(alert["observed"])), default={})

    assert until(lambda: strongest().get("observed") == DEPOSITS)
    alert = strongest()
    assert (alert["rule_id"], alert["band"]) == ("deposits_per_hour", "medium")
    assert alert["status"] == "open"
    before = desk.alerts(depositor.player_id)
    slot = int(time.time() * 1000)
    for _ in range(2):
        assert edge.scheduled("fraud_cron", CRON, time_ms=slot) == "ok"
    assert desk.alerts(depositor.player_id) == before


def test_messages_that_are_no_events_do_not_stop_those_that_are(
    edge: Edge, client: httpx.Client
) -> None:
    for body in ("no JSON", "{}", {"seq": 1}, 7):
        edge.enqueue("wallet_do", "WALLET_EVENTS", body)
    before = events_projected(client)
    player = Player(client)
    player.deposit(1_000)
    assert until(lambda: events_projected(client) >= before + player.wallet_seq())
    assert until(lambda: any("projection.batch" in entry.message for entry in edge.logs()))


def test_the_sweep_asks_real_wallets_and_each_answers(edge: Edge, client: httpx.Client) -> None:
    Player(client).deposit(1_000)
    assert edge.scheduled("fraud_cron", CRON) == "ok"
    lines = [entry.message for entry in edge.logs() if '"job":"sweep"' in entry.message]
    outcome = json.loads(lines[-1])
    assert outcome["wallets"] >= 1
    assert outcome["wallets_failed"] == 0
