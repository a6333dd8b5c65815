"""The house has every wallet prove itself; what does not hold is frozen, alerted and told."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from jobs import wallet_proofs
from jobs.ports import Ports
from jobs.runs import Outcome, run_once
from jobs.velocity_scan import velocity_scan
from jobs.wallet_proofs import JOB, PROOF_RULE_ID, prove_wallets
from unit.fraud_cron.houses import PLAYERS, House
from unit.fraud_cron.streams import Stream

from shared.games.catalogue import CATALOGUE
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS
from shared.platform.native.entropy import SeededEntropy
from shared.platform.native.sql import NativeSql
from shared.platform.ports import Unreachable
from shared.wallet import store, verify
from shared.wallet.service import Wallet

ANA, BEA, CAIO = PLAYERS
TEAR = {
    "a day's use": "UPDATE daily SET won_minor = won_minor + 1",
    "an exclusion taken back": "UPDATE gate SET excluded_until = 0",
    "the gate gone": "DELETE FROM gate",
    "a limit raised": "UPDATE limits SET value = value + 1",
    "a round paid again": "UPDATE rounds SET payout_cash = payout_cash + 1",
}


class Counted:
    """`Wallets` that note who is asked to prove itself, and cannot reach some."""

    def __init__(self, house: House) -> None:
        self._wallets = house.world.ports.wallets
        self.players: list[str] = []
        self.gone: set[str] = set()
        self.heard: Callable[[], object] = lambda: None

    async def execute(self, player_id: str, *told: str) -> str:
        raise NotImplementedError

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        assert (kind, session_id, json.loads(payload)) == ("verify", "", {"full": True})
        self.players.append(player_id)
        self.heard()
        if player_id in self.gone:
            raise Unreachable("no answer")
        return await self._wallets.query(player_id, kind, session_id, payload)


class Proving(House):
    """Three players who have played, one of them excluded; their databases within reach."""

    def __init__(self) -> None:
        self.stores: dict[str, NativeSql] = {player_id: NativeSql() for player_id in PLAYERS}
        super().__init__()
        for player_id in PLAYERS:
            self.world.register(Stream(player_id))
            self.deposit(player_id, 10_000)
            self.bet_and_win(player_id)
        self.command(ANA, "exclude", {"until": None, "source": "operator"})
        limit = {"kind": "loss", "period": "daily", "value": 500}
        self.command(ANA, "limit_set", limit)
        self.deliver(self.outboxes())
        self.asked = Counted(self)
        self.world.ports = replace(self.world.ports, wallets=self.asked)

    def _wallet(self, player_id: str) -> Wallet:
        entropy = SeededEntropy(f"{player_id}{self.world.clock.now_ms()}")
        sql = self.stores[player_id]
        return Wallet(sql, self.world.clock, entropy, CATALOGUE, sandbox=True)

    def tick(self, after_ms: int = 5 * MINUTE_MS) -> Outcome:
        slot = self.world.clock.advance(after_ms)

        async def job(ports: Ports) -> Outcome:
            outcome = await run_once(ports, JOB, slot, partial(prove_wallets, ports))
            assert outcome is not None
            return outcome

        self.asked.players.clear()
        outcome = self.world.run(job)
        self.deliver(self.outboxes())
        self.world.run(velocity_scan)
        return outcome

    def alerts(self, rule_id: str = PROOF_RULE_ID) -> list[tuple[object, object]]:
        return [
            (alert["player_id"], json.loads(str(alert["evidence"]))["law"])
            for alert in self.world.alerts()
            if alert["rule_id"] == rule_id
        ]

    def break_a_row(self, player_id: str, tear: str) -> None:
        for (name,) in self.stores[player_id].query(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ):
            self.stores[player_id].execute(f"DROP TRIGGER {name!s}")
        self.stores[player_id].execute(tear)
        self.wallets[player_id] = self._wallet(player_id)

    def freeze(self, player_id: str) -> None:
        """By a constraint that is gone again: the wallet is whole, and frozen."""
        sql = self.stores[player_id]
        sql.execute(
            "CREATE TRIGGER sabotage BEFORE INSERT ON rounds BEGIN SELECT RAISE(ABORT, 'x'); END"
        )
        assert self.bet(player_id) == "wallet_frozen"
        sql.execute("DROP TRIGGER sabotage")
        self.deliver(self.outboxes())
        self.world.run(velocity_scan)

    def bet(self, player_id: str) -> object:
        key = f"bet-{self.world.clock.advance(1_000)}"
        bet = {"round_id": key, "game_id": "slot:x", "amount_minor": 1}
        return self._told(player_id, "bet", key, bet).get("code")

    def release(self, player_id: str, number: int = 1) -> dict[str, Any]:
        approval = {"approval_id": f"approval-{number}", "maker_id": "a", "checker_id": "b"}
        key = approval["approval_id"]
        return self._told(player_id, "unfreeze", key, {**approval, "reason": "repaired"})

    def _told(self, player_id: str, kind: str, key: str, payload: object) -> dict[str, Any]:
        answer = self.wallets[player_id].execute(kind, key, "", json.dumps(payload))
        body: dict[str, Any] = json.loads(answer.split(" ", 2)[2])
        return body


@pytest.fixture
def house() -> Proving:
    return Proving()


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wallets are long, and a slice is three events."""
    monkeypatch.setattr(verify, "WHOLE", 3)
    monkeypatch.setattr(store, "WHOLE", 3)


def test_wallets_that_hold_are_proved_and_nobody_is_alerted(house: Proving) -> None:
    outcome = house.tick()
    assert (outcome["proved"], outcome["broken"], outcome["wallets_failed"]) == (3, 0, 0)
    assert house.world.alerts() == []
    proved = house.world.rows("SELECT * FROM wallet_proofs ORDER BY player_id")
    heads = [house.heads()[player_id][0] for player_id in PLAYERS]
    assert [(row["through_seq"], row["law"]) for row in proved] == [(seq, None) for seq in heads]


@pytest.mark.parametrize("what", TEAR)
def test_a_torn_row_of_a_player_who_stays_away_is_found_frozen_and_alerted(
    house: Proving, what: str
) -> None:
    house.break_a_row(ANA, TEAR[what])
    outcome = house.tick()
    assert (outcome["proved"], outcome["broken"], outcome["alerts_written"]) == (2, 1, 1)
    (alert,) = house.alerts()
    assert alert in house.alerts("wallet.frozen")
    assert (alert[0], house.bet(ANA)) == (ANA, "wallet_frozen")
    assert ANA not in json.dumps(dict(outcome))


def test_a_broken_wallet_is_asked_again_every_hour_and_alerted_once_a_day(house: Proving) -> None:
    house.break_a_row(ANA, TEAR["a limit raised"])
    house.tick()
    house.world.change("UPDATE players SET wallet_opened_at = NULL")  # no round but of frozen ones
    assert house.tick()["broken"] == 0
    assert house.tick(HOUR_MS)["broken"] == 1
    assert len(house.alerts()) == 1
    house.tick(DAY_MS)
    assert len(house.alerts()) == 2
    house.stores[ANA].execute("UPDATE limits SET value = value - 1")
    assert house.tick(HOUR_MS)["proved"] == 1
    assert house.tick(HOUR_MS)["frozen_first"] == 0


@pytest.mark.parametrize("gone", ["meta", "events"])
def test_a_wallet_that_says_it_does_not_exist_or_has_no_log_is_alerted(
    house: Proving, gone: str
) -> None:
    house.break_a_row(ANA, f"DELETE FROM {gone}")
    outcome = house.tick()
    assert (outcome["broken"], outcome["wallets_failed"]) == (1, 0)
    law = {"meta": "wallet_not_found", "events": "gapless"}[gone]
    assert house.alerts() == [(ANA, law)]


def test_a_freeze_that_the_log_did_not_take_is_alerted_although_the_wallet_holds(
    house: Proving,
) -> None:
    sql = house.stores[BEA]
    sql.execute("CREATE TRIGGER deaf BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'x'); END")
    assert house.bet(BEA) == "wallet_frozen"
    sql.execute("DROP TRIGGER deaf")
    outcome = house.tick()
    assert (outcome["broken"], outcome["frozen"]) == (0, 1)
    assert house.alerts() == [(BEA, "constraint")]


def test_a_frozen_wallet_of_which_an_alert_tells_has_no_second_one(house: Proving) -> None:
    house.freeze(BEA)
    assert house.tick()["frozen"] == 1
    assert house.alerts() == []


@pytest.mark.usefixtures("long")
def test_a_long_frozen_wallet_can_be_released_after_the_houses_proof(house: Proving) -> None:
    house.freeze(CAIO)
    house.wallets[CAIO].query("verify", "", "{}")
    assert house.release(CAIO) == {**house.release(CAIO), "law": "unproven"}
    outcome = house.tick()
    assert (outcome["frozen_first"], house.asked.players[0]) == (1, CAIO)
    assert house.asked.players.count(CAIO) > 1, "slice by slice"
    house.tick()
    assert house.release(CAIO, 2)["released_law"] == "constraint"
    assert house.bet(CAIO) is None


@pytest.mark.usefixtures("long")
def test_a_frozen_wallet_is_proved_once_and_first_again_when_it_freezes_again(
    house: Proving,
) -> None:
    house.freeze(CAIO)
    house.world.change("UPDATE aml_alerts SET status = 'reviewed'")
    assert [house.tick()["frozen_first"] for _ in range(2)] == [1, 0]
    house.release(CAIO)
    house.freeze(CAIO)
    assert [house.tick()["frozen_first"] for _ in range(2)] == [1, 0]
    house.release(CAIO, 2)
    house.deliver(house.outboxes())
    assert house.tick()["frozen_first"] == 0


@pytest.mark.usefixtures("long")
def test_a_proof_that_is_begun_anew_does_not_undo_the_one_that_ended(house: Proving) -> None:
    house.freeze(CAIO)
    house.tick()
    begun = json.loads(
        house.wallets[CAIO].query("verify", "", '{"full":true}').split(" ", 2)[2],
    )
    assert not begun["is_complete"]
    assert house.release(CAIO)["released_law"] == "constraint"


@pytest.mark.usefixtures("long")
def test_a_wallet_longer_than_a_tick_is_gone_on_with_in_the_next(
    house: Proving, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.asked.heard = lambda: house.world.clock.advance(MINUTE_MS)
    monkeypatch.setattr(wallet_proofs, "TICK_BUDGET_MS", MINUTE_MS)
    proved = list[str]()
    for _ in range(20):
        outcome = house.tick()
        assert len(house.asked.players) <= 2, "for a minute at most"
        proved += house.asked.players
        if outcome["cursor"] == "" and outcome["wallets"]:
            break
    assert list(dict.fromkeys(proved)) == [ANA, BEA, CAIO]
    assert len(house.world.rows("SELECT 1 AS one FROM wallet_proofs")) == 3
    calls = -(-int(str(house.heads()[ANA][0])) // 3)
    assert proved.count(ANA) == calls, "no slice was read twice"


def test_a_wallet_that_does_not_answer_stops_nobody(
    house: Proving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallet_proofs, "WALLETS_PER_TICK", 2)
    house.asked.gone.add(ANA)
    outcome = house.tick()
    assert (outcome["proved"], outcome["wallets_failed"], outcome["cursor"]) == (1, 1, BEA)
    assert outcome["first_failure"] == "Unreachable"
    house.tick()
    assert house.asked.players == [CAIO]
    house.tick()
    assert house.asked.players == [ANA, BEA]


def test_the_search_for_frozen_wallets_reads_the_index_of_their_alerts(house: Proving) -> None:
    plan = house.world.rows(
        "EXPLAIN QUERY PLAN " + wallet_proofs._FROZEN.replace("?1", "0").replace("?2", "1")
    )
    steps = " ".join(str(row["detail"]) for row in plan)
    assert "aml_alerts_of_frozen_wallets" in steps
    assert "SCAN r" not in steps
