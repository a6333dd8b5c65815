"""The job over real wallets: what it decides stands in the way of the next bet, and no further."""

import json
from typing import Any

from jobs.markers_of_harm import JOB, markers_of_harm
from jobs.ports import Ports
from jobs.runs import run_once
from unit.fraud_cron.houses import PLAYERS, House

from shared.kernel.ids import uuid7
from shared.kernel.times import DAY_MS, HOUR_MS, MINUTE_MS

ANA = PLAYERS[0]
DEPOSIT_MINOR = 1_000


class Table(House):
    """A house whose players are registered, with the desk's notes and the cron's ticks."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds = 0
        now_ms = self.world.clock.now_ms()
        self.world.insert(
            "players",
            player_id=ANA,
            brand_id="acme",
            jurisdiction="br",
            currency="BRL",
            status="active",
            kyc_status="approved",
            vip_tier="bronze",
            birth_date="2004-05-17",
            gender="f",
            email_index="email",
            cpf_index="cpf",
            pii_sealed="",
            cpf_sealed="",
            limits_requested="{}",
            terms_version="1",
            privacy_version="1",
            registered_ip_index="",
            wallet_opened_at=now_ms,
            created_at=now_ms,
            updated_at=now_ms,
        )

    def chase(self) -> None:
        for _ in range(4):
            self.deposit(ANA, DEPOSIT_MINOR)
            self.lose(DEPOSIT_MINOR)

    def stake(self, amount_minor: int) -> tuple[int, Any, str]:
        """The answer to a bet of the house, and the round that it is for."""
        self.rounds += 1
        round_id = uuid7(self.world.clock.now_ms(), bytes([self.rounds] * 10))
        bet = {"round_id": round_id, "game_id": "slot:x", "amount_minor": amount_minor}
        key = f"bet-{self.world.clock.advance(1_000)}"
        return *self.tell("bet", bet, key), round_id

    def tell(self, kind: str, payload: dict[str, object], key: str) -> tuple[int, Any]:
        answer = self.wallets[ANA].execute(kind, key, "", json.dumps(payload))
        status, _, body = answer.split(" ", 2)
        return int(status), json.loads(body)

    def lose(self, amount_minor: int) -> None:
        status, body, round_id = self.stake(amount_minor)
        assert status == 200, body
        self.command(ANA, "win", {"round_id": round_id, "amount_minor": 0})

    def gate(self) -> Any:
        return json.loads(self.wallets[ANA].query("gate", "", "{}").split(" ", 2)[2])

    def note_contact(self) -> None:
        now_ms = self.world.clock.now_ms()
        self.world.insert(
            "support_contacts",
            contact_id="c",
            player_id=ANA,
            channel="chat",
            flags='["harm_words"]',
            noted_by="staff",
            noted_at=now_ms,
        )

    def tick(self) -> None:
        self.deliver(self.outboxes())
        for wallet in self.wallets.values():
            for text in wallet.undelivered(500):
                wallet.delivered(json.loads(text)["seq"])
        slot = self.world.clock.advance(5 * MINUTE_MS)

        async def job(ports: Ports) -> None:
            outcome = await run_once(ports, JOB, slot, lambda: markers_of_harm(ports))
            assert outcome is not None
            assert outcome["failed"] == 0, outcome

        self.world.run(job)

    def intervention(self) -> dict[str, Any]:
        (row,) = self.world.rows("SELECT * FROM interventions")
        return dict(row)


def test_at_high_the_next_bet_waits_for_a_choice_and_money_never_does() -> None:
    house = Table()
    house.chase()
    house.note_contact()
    house.tick()
    done = house.intervention()
    assert (done["level"], done["action"], done["status"]) == ("high", "choose", "carried_out")
    gate = house.gate()
    assert gate["reasons"] == ["intervention_due"]
    assert gate["bonus_blocked"]
    assert gate["can_withdraw"]
    house.deposit(ANA, DEPOSIT_MINOR)
    status, refusal, _ = house.stake(100)
    assert (status, refusal["code"]) == (403, "intervention_due")
    assert refusal["intervention_id"] == done["intervention_id"]


def test_after_a_tighter_limit_the_player_goes_on_and_the_reaction_is_known() -> None:
    house = Table()
    house.chase()
    house.note_contact()
    house.tick()
    name = house.intervention()["intervention_id"]
    acknowledged = {"intervention_id": name, "reaction": "limit_set"}
    status, refusal = house.tell("intervention_ack", acknowledged, "too-early")
    assert (status, refusal["code"]) == (409, "intervention_choice_required")
    limit = {"kind": "loss", "period": "daily", "value": DEPOSIT_MINOR}
    assert house.tell("limit_set", limit, "limit")[0] == 200
    assert house.tell("intervention_ack", acknowledged, "ack")[0] == 200
    house.deposit(ANA, DEPOSIT_MINOR)
    status, refusal, _ = house.stake(100)
    assert (status, refusal["code"]) == (403, "limit_loss"), "a limit that means something"
    house.world.clock.advance(DAY_MS)
    house.lose(100)
    house.tick()
    assert house.intervention()["reaction"] == "limit_set"


def test_at_critical_nothing_is_staked_for_24_hours_and_less_can_be_deposited() -> None:
    house = Table()
    house.world.insert(
        "declared_incomes",
        player_id=ANA,
        monthly_minor=10_000,
        declared_at=house.world.clock.now_ms(),
    )
    house.chase()
    house.note_contact()
    house.tick()
    done = house.intervention()
    assert (done["level"], done["action"], done["status"]) == ("critical", "pause", "carried_out")
    began = house.world.clock.now_ms()
    assert done["pause_until"] == began + 24 * HOUR_MS
    assert house.gate()["reasons"] == ["paused", "intervention_due"]
    assert not house.gate()["can_deposit"]
    house.world.clock.set(began + 24 * HOUR_MS)
    assert house.gate()["reasons"] == ["intervention_due"]
    asked = {"amount_minor": 6_000, "method": "pix"}
    status, refusal = house.tell("deposit_request", asked, "deposit")
    assert (status, refusal["code"]) == (403, "limit_deposit")
    assert refusal["limit"]["value"] == 5_000


def test_medium_makes_reality_checks_come_every_30_minutes() -> None:
    house = Table()
    house.world.change("UPDATE players SET birth_date = '1990-01-01'")
    house.chase()
    house.note_contact()
    house.tick()
    assert house.intervention()["action"] == "acknowledge"
    assert house.gate()["reality_check"]["minutes"] == 30


def test_bonuses_come_back_with_the_level_and_what_waits_goes_on_waiting() -> None:
    house = Table()
    house.world.change("UPDATE players SET birth_date = '1990-01-01'")
    house.chase()
    house.note_contact()
    house.tick()
    assert house.gate()["bonus_blocked"]
    house.world.clock.advance(9 * DAY_MS)
    house.tick()
    gate = house.gate()
    assert not gate["bonus_blocked"]
    assert gate["intervention"]["template"] == "numbers"
