"""The wallet against a model of a few dictionaries, over histories that hypothesis invents.

Laws, after every step: what was refused changed nothing; no balance is below zero; the balances are
the model's; every posting of the log sums to zero and, account by account, money is conserved; the
proof holds. A step may be sent again under its key, before or after the object was evicted, and
must be answered byte for byte without moving anything.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from unit.wallet.wallet_house import House, Reply

from shared.kernel.times import DAY_MS
from shared.platform.native.sql import NativeSql
from shared.wallet import tables
from shared.wallet.posting import postings

pytestmark = pytest.mark.slow

AMOUNTS = st.integers(min_value=1, max_value=3_000)
PAYOUTS = st.one_of(st.just(0), st.integers(min_value=0, max_value=9_000))
ROUND_IDS = st.sampled_from([f"r{number}" for number in range(8)])
GRANT_IDS = st.sampled_from([f"g{number}" for number in range(4)])


@dataclass
class ModelRound:
    stake: int
    cash: int
    shares: dict[str, int]
    payout: int | None = None
    payout_cash: int = 0
    payout_shares: dict[str, int] = field(default_factory=dict)


class WalletMachine(RuleBasedStateMachine):
    holds = Bundle("holds")
    deposits = Bundle("deposits")

    @initialize(
        limit=st.sampled_from([None, 4_000]),
        cash=st.integers(min_value=0, max_value=2_000),
        bonus=st.integers(min_value=0, max_value=2_000),
    )
    def open(self, limit: int | None, cash: int, bonus: int) -> None:
        self.sql = NativeSql()
        self.house = House(sql=self.sql)
        self.house.open(*([("wager", "daily", limit)] if limit else []))
        self.session = self.house.session()
        self.limit = limit
        self.wagered: Counter[int] = Counter()
        self.day = 0
        self.cash = self.held = 0
        self.grants: dict[str, int] = {}
        self.rounds: dict[str, ModelRound | None] = {}
        self.last: tuple[str, str, dict[str, Any], Reply] | None = None
        if cash:
            self.house.deposit(cash)
            self.cash = cash
        if bonus:
            self.house.grant("welcome-back", bonus)
            self.grants["welcome-back"] = bonus

    # Helpers of the model

    def sent(self, kind: str, **payload: object) -> Reply:
        before = self.house.tables()
        key = f"machine-{self.house.keys}"
        self.house.keys += 1
        answer = self.house.do(kind, key=key, **{"login": "login", **payload})  # type: ignore[arg-type]
        if answer.status >= 400:
            assert self.house.tables() == before, "a refusal changed something"
            assert answer.status != 423, answer
        else:
            self.last = (kind, key, dict(payload), answer)
        return answer

    @property
    def bonus(self) -> int:
        return sum(self.grants.values())

    def stake_of(self, amount: int) -> ModelRound:
        cash = min(amount, self.cash)
        missing, shares = amount - cash, {}
        for grant_id, balance in self.grants.items():
            taken = min(missing, balance)
            if taken:
                shares[grant_id] = taken
                missing -= taken
        self.cash -= cash
        for grant_id, taken in shares.items():
            self.grants[grant_id] -= taken
        self.wagered[self.day] += amount
        return ModelRound(amount, cash, shares)

    def pay(self, round_: ModelRound, payout: int) -> None:
        bonus_staked = sum(round_.shares.values())
        bonus = payout * bonus_staked // round_.stake
        shares = {g: bonus * part // bonus_staked for g, part in round_.shares.items()}
        if shares:
            shares[next(iter(shares))] += bonus - sum(shares.values())
        round_.payout, round_.payout_cash, round_.payout_shares = payout, payout - bonus, shares
        self.cash += payout - bonus
        for grant_id, part in shares.items():
            self.grants[grant_id] += part

    def refusal_of_bet(self, amount: int) -> str | None:
        if self.limit is not None and self.wagered[self.day] + amount > self.limit:
            return "limit_wager"
        if amount > self.cash + self.bonus:
            return "insufficient_funds"
        return None

    # Money in and out

    @rule(target=deposits, amount=AMOUNTS)
    def request_deposit(self, amount: int) -> tuple[str, int]:
        answer = self.sent("deposit_request", amount_minor=amount, method="pix")
        return str(answer.body["deposit_id"]), amount

    @rule(target=deposits, deposit=consumes(deposits), off_by=st.sampled_from([0, 0, 0, 1]))
    def credit_deposit(self, deposit: tuple[str, int], off_by: int) -> Any:
        deposit_id, amount = deposit
        answer = self.sent(
            "deposit_credit",
            deposit_id=deposit_id,
            amount_minor=amount + off_by,
            end_to_end_id=f"E-{deposit_id}",
        )
        if off_by:
            assert answer.code == "deposit_amount_mismatch"
            return deposit
        assert answer.status == 200
        self.cash += amount
        again = self.sent(
            "deposit_credit", deposit_id=deposit_id, amount_minor=amount, end_to_end_id="E-other"
        )
        assert again.code == "deposit_already_credited"
        return multiple()

    @rule(target=holds, amount=AMOUNTS)
    def hold(self, amount: int) -> Any:
        answer = self.sent("withdrawal_hold", amount_minor=amount, payment_account_id="a")
        if amount > self.cash:
            assert answer.code == "insufficient_funds"
            return multiple()
        self.cash -= amount
        self.held += amount
        return answer.body["withdrawal_id"], answer.body["end_to_end_id"], amount

    @rule(withdrawal=consumes(holds), settles=st.booleans())
    def end_withdrawal(self, withdrawal: tuple[str, str, int], settles: bool) -> None:
        withdrawal_id, payment, amount = withdrawal
        settle: dict[str, Any] = {"withdrawal_id": withdrawal_id, "end_to_end_id": payment}
        release: dict[str, Any] = {"withdrawal_id": withdrawal_id, "reason": "desk"}
        if settles:
            assert self.sent("withdrawal_settle", **settle).status == 200
        else:
            assert self.sent("withdrawal_release", **release).status == 200
            self.cash += amount
        self.held -= amount
        assert self.sent("withdrawal_settle", **settle).code == "withdrawal_not_pending"
        assert self.sent("withdrawal_release", **release).code == "withdrawal_not_pending"

    @rule(grant_id=GRANT_IDS, amount=AMOUNTS)
    def credit_bonus(self, grant_id: str, amount: int) -> None:
        answer = self.sent("bonus_credit", grant_id=grant_id, amount_minor=amount, reason="gift")
        if grant_id in self.grants:
            assert answer.code == "grant_exists"
        else:
            self.grants[grant_id] = amount

    @rule(grant_id=GRANT_IDS, amount=AMOUNTS)
    def debit_bonus(self, grant_id: str, amount: int) -> None:
        answer = self.sent("bonus_debit", grant_id=grant_id, amount_minor=amount, reason="expired")
        if grant_id not in self.grants:
            assert answer.code == "grant_not_found"
        elif amount > self.grants[grant_id]:
            assert answer.code == "insufficient_bonus"
        else:
            self.grants[grant_id] -= amount

    # Play

    @rule(amount=AMOUNTS, payout=PAYOUTS)
    def play(self, amount: int, payout: int) -> None:
        refusal = "stake_below_min" if amount < 100 else self.refusal_of_bet(amount)
        answer = self.sent(
            "play", session_id=self.session, stake_minor=amount, params={"payout": payout}
        )
        if refusal is not None:
            assert answer.code == refusal
            return
        round_ = self.stake_of(amount)
        self.pay(round_, payout)
        self.rounds[str(answer.body["round_id"])] = round_

    @rule(round_id=ROUND_IDS, amount=AMOUNTS)
    def bet(self, round_id: str, amount: int) -> None:
        answer = self.sent("bet", round_id=round_id, game_id="slot", amount_minor=amount)
        if round_id in self.rounds:
            round_ = self.rounds[round_id]
            if round_ is None:
                assert answer.code == "round_rolled_back"
            else:
                assert answer.code == ("round_open" if round_.payout is None else "round_closed")
            return
        refusal = self.refusal_of_bet(amount)
        if refusal is not None:
            assert answer.code == refusal
            return
        self.rounds[round_id] = self.stake_of(amount)

    @rule(round_id=ROUND_IDS, payout=PAYOUTS)
    def win(self, round_id: str, payout: int) -> None:
        answer = self.sent("win", round_id=round_id, amount_minor=payout)
        if round_id not in self.rounds:
            assert answer.code == "round_not_found"
            return
        round_ = self.rounds[round_id]
        if round_ is None:
            assert answer.code == "round_rolled_back"
        elif round_.payout is not None:
            assert answer.code == "round_closed"
        else:
            self.pay(round_, payout)

    @rule(round_id=ROUND_IDS)
    def rollback(self, round_id: str) -> None:
        self.undo(round_id)

    @rule(data=st.data())
    def rollback_something_played(self, data: st.DataObject) -> None:
        known = sorted(self.rounds)
        if known:
            self.undo(data.draw(st.sampled_from(known)))

    def undo(self, round_id: str) -> None:
        answer = self.sent("rollback", round_id=round_id, reason="cancelled")
        round_ = self.rounds.get(round_id)
        if round_ is None:
            assert answer.status == 200
            self.rounds[round_id] = None
            return
        cash = self.cash + round_.cash - round_.payout_cash
        grants = dict(self.grants)
        for grant_id, part in round_.shares.items():
            grants[grant_id] += part - round_.payout_shares.get(grant_id, 0)
        if cash < 0 or min(grants.values(), default=0) < 0:
            assert answer.code == "rollback_exceeds_balance"
            return
        assert answer.status == 200
        self.cash, self.grants = cash, grants
        self.rounds[round_id] = None
        # What was wagered on an earlier day is taken back there; today's limit feels today's only.
        self.wagered[self.day_of[round_id]] -= round_.stake

    @property
    def day_of(self) -> dict[str, int]:
        first: dict[str, int] = {}
        for event in tables.events(self.sql, "WHERE type = 'BET' ORDER BY seq"):
            assert event.round_id is not None
            first[event.round_id] = event.recorded_at // DAY_MS - self.opened_day
        return first

    @property
    def opened_day(self) -> int:
        return tables.events(self.sql, "WHERE seq = 1")[0].recorded_at // DAY_MS

    # The world around it

    @rule()
    def rotate_seed(self) -> None:
        assert self.sent("seed_rotate").status == 200

    @rule()
    def next_day(self) -> None:
        self.house.clock.advance(DAY_MS)
        self.day += 1
        self.session = self.house.session()

    @rule(evicted=st.booleans())
    def send_again(self, evicted: bool) -> None:
        if self.last is None:
            return
        kind, key, payload, first = self.last
        before = self.house.tables()
        if evicted:
            self.house.woken()
        again = self.house.do(kind, key=key, login="login", **payload)
        assert again.replayed
        assert (again.status, again.body) == (first.status, first.body)
        assert self.house.tables() == before
        other = self.house.do("win", key=key, round_id="never", amount_minor=12_345)
        assert other.code == "idempotency_key_conflict"

    # Laws

    @invariant()
    def the_balances_are_the_models(self) -> None:
        assert self.house.money == (self.cash, self.bonus, self.held)
        stored = self.sql.query("SELECT grant_id, balance_minor FROM grants")
        assert sorted(stored, key=str) == sorted(self.grants.items())

    @invariant()
    def money_is_conserved(self) -> None:
        accounts: Counter[str] = Counter()
        for event in tables.events(self.sql, "ORDER BY seq"):
            lines = postings(event)
            assert sum(line.amount_minor for line in lines) == 0
            for line in lines:
                accounts[line.account] += line.amount_minor
        assert sum(accounts.values()) == 0
        assert accounts["player:cash"] == self.cash
        assert accounts["player:bonus"] == self.bonus
        assert accounts["player:held"] == self.held

    @invariant()
    def the_proof_holds(self) -> None:
        assert self.house.ask("verify", login="").body["law"] is None


WalletMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestWalletMachine = WalletMachine.TestCase
