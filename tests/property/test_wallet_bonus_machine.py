"""Bonus, debts and time travel against a model of a few lines, over histories hypothesis invents.

Laws, after every step: balances, grants and wagering are the model's; the state replayed from the
events is what the tables say; the proof holds; an explanation adds up to the balances. A bet that
is rolled back at once leaves money, grants, wagering and usage exactly as they were.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from unit.wallet.wallet_house import House, Reply

from shared.kernel.times import HOUR_MS
from shared.platform.native.sql import NativeSql
from shared.wallet import tables
from shared.wallet.books import grant_facts
from shared.wallet.history import state_at
from shared.wallet.model import Grant, Limit, Round, Seed, Withdrawal

pytestmark = pytest.mark.slow

AMOUNTS = st.integers(min_value=1, max_value=2_000)
PAYOUTS = st.one_of(st.just(0), st.integers(min_value=0, max_value=5_000))
ROUND_IDS = st.sampled_from([f"r{number}" for number in range(6)])
GRANT_IDS = st.sampled_from([f"g{number}" for number in range(5)])
WEIGHTS = {"slot": 10_000, "table": 1_000, "none": 0}
GAMES = st.sampled_from(sorted(WEIGHTS))


@dataclass
class Bonus:
    balance: int
    required: int = 0
    wagered: int = 0
    expires_at: int | None = None
    on_withdrawal: str = "keep"
    status: str = "active"

    @property
    def is_done(self) -> bool:
        return 0 < self.required <= self.wagered


@dataclass
class Played:
    cash: int
    shares: dict[str, int]
    counted: tuple[str, int] | None
    payout: int | None = None
    payout_cash: int = 0
    payout_shares: dict[str, int] = field(default_factory=dict)

    @property
    def stake(self) -> int:
        return self.cash + sum(self.shares.values())


class BonusMachine(RuleBasedStateMachine):
    @initialize(bonus_first=st.booleans(), cash=st.integers(min_value=0, max_value=3_000))
    def open(self, bonus_first: bool, cash: int) -> None:
        self.sql = NativeSql()
        self.house = House(sql=self.sql, jurisdiction="gli" if bonus_first else "uk")
        self.house.open(("wager", "monthly", 10**9))
        self.bonus_first = bonus_first
        self.cash = self.held = 0
        self.grants: dict[str, Bonus] = {}
        self.rounds: dict[str, Played | None] = {}
        if cash:
            self.house.deposit(cash)
            self.cash = cash

    # The model

    @property
    def now(self) -> int:
        return self.house.clock.now_ms()

    def is_over(self, grant: Bonus) -> bool:
        return grant.expires_at is not None and self.now >= grant.expires_at

    def expire(self) -> None:
        for grant in self.grants.values():
            if grant.status == "active" and self.is_over(grant) and not grant.is_done:
                grant.balance, grant.status = 0, "expired"

    def judge(self, *, settles: bool) -> None:
        for grant in self.grants.values():
            if grant.status == "active" and grant.is_done:
                if settles:
                    grant.status = "converted"
            elif grant.status == "active" and self.is_over(grant):
                grant.status = "expired"
            if grant.status == "converted":
                self.cash += grant.balance
            if grant.status != "active":
                grant.balance = 0

    def stake(self, amount: int, game: str) -> Played | None:
        """What a bet does; None when it is refused for lack of money."""
        had_bonus = any(grant.balance for grant in self.grants.values())
        before = {name: replace(grant) for name, grant in self.grants.items()}
        if had_bonus:
            self.expire()
        usable = {
            name: grant.balance
            for name, grant in self.grants.items()
            if grant.status == "active" and grant.balance
        }
        if self.cash < 0 or amount > self.cash + sum(usable.values()):
            self.grants = before
            return None
        counted = self.count(amount, game) if usable else None
        cash = max(0, amount - sum(usable.values())) if self.bonus_first else min(amount, self.cash)
        missing, shares = amount - cash, {}
        for name, balance in usable.items():
            if missing:
                shares[name] = min(missing, balance)
                missing -= shares[name]
        self.cash -= cash
        for name, part in shares.items():
            self.grants[name].balance -= part
        if counted is not None:
            self.grants[counted[0]].wagered += counted[1]
        return Played(cash, shares, counted)

    def count(self, amount: int, game: str) -> tuple[str, int] | None:
        for name, grant in self.grants.items():
            missing = grant.required - grant.wagered
            if (
                grant.status == "active"
                and grant.balance
                and missing > 0
                and not self.is_over(grant)
            ):
                part = min(missing, amount * WEIGHTS[game] // 10_000)
                return (name, part) if part else None
        return None

    def pay(self, played: Played, payout: int) -> None:
        bonus = payout * sum(played.shares.values()) // played.stake
        staked = sum(played.shares.values())
        shares = {name: bonus * part // staked for name, part in played.shares.items()}
        if shares:
            shares[next(iter(shares))] += bonus - sum(shares.values())
        had_bonus = played.shares or any(grant.balance for grant in self.grants.values())
        played.payout, played.payout_cash, played.payout_shares = payout, payout - bonus, shares
        self.cash += payout - bonus
        for name, part in shares.items():
            self.grants[name].balance += part
        if had_bonus:
            self.judge(settles=True)

    def sent(self, kind: str, **payload: Any) -> Reply:
        before = self.house.tables()
        answer = self.house.do(kind, key=payload.pop("key", None), **payload)
        if answer.status >= 400:
            assert answer.status != 423, answer
            assert self.house.tables() == before, "a refusal changed something"
        return answer

    # Bonus

    @rule(
        grant_id=GRANT_IDS,
        amount=AMOUNTS,
        multiplier=st.sampled_from([0, 1, 1, 2]),
        hours=st.sampled_from([None, None, 1, 3]),
        policy=st.sampled_from(["keep", "forfeit"]),
    )
    def credit(
        self, grant_id: str, amount: int, multiplier: int, hours: int | None, policy: str
    ) -> None:
        expires_at = None if hours is None else self.now + hours * HOUR_MS
        terms: dict[str, Any] = {"contributions": WEIGHTS, "on_withdrawal": policy}
        if multiplier:
            terms["wagering_multiplier"] = multiplier
        if expires_at is not None:
            terms["expires_at_ms"] = expires_at
        answer = self.sent(
            "bonus_credit", grant_id=grant_id, amount_minor=amount, reason="x", terms=terms
        )
        if grant_id in self.grants:
            assert answer.code == "grant_exists"
            return
        self.grants[grant_id] = Bonus(amount, amount * multiplier, 0, expires_at, policy)

    @rule(grant_id=GRANT_IDS)
    def forfeit(self, grant_id: str) -> None:
        answer = self.sent("bonus_forfeit", grant_id=grant_id, reason="asked")
        if grant_id not in self.grants:
            assert answer.code == "grant_not_found"
        elif self.grants[grant_id].status != "active":
            assert answer.code == "grant_closed"
        else:
            self.grants[grant_id].balance, self.grants[grant_id].status = 0, "forfeited"

    @rule()
    def sweep(self) -> None:
        assert self.sent("bonus_expire").status == 200
        self.expire()

    @rule(hours=st.integers(min_value=1, max_value=2))
    def wait(self, hours: int) -> None:
        self.house.clock.advance(hours * HOUR_MS)

    # Money

    @rule(amount=AMOUNTS)
    def deposit(self, amount: int) -> None:
        self.house.deposit(amount)
        self.cash += amount

    @rule(amount=AMOUNTS)
    def withdraw(self, amount: int) -> None:
        answer = self.sent("withdrawal_hold", amount_minor=amount, payment_account_id="a")
        if amount > self.cash:
            assert answer.code == "insufficient_funds"
            return
        self.cash -= amount
        self.held += amount
        if any(grant.balance for grant in self.grants.values()):
            for grant in self.grants.values():
                if grant.on_withdrawal == "forfeit" and grant.status == "active":
                    grant.balance, grant.status = 0, "forfeited"

    @rule(amount=AMOUNTS, credit=st.booleans())
    def adjust(self, amount: int, credit: bool) -> None:
        approval_id = f"approval-{len(self.house.events)}"
        answer = self.sent(
            "adjustment",
            key=approval_id,
            approval_id=approval_id,
            maker_id="a",
            checker_id="b",
            reason="x",
            direction="credit" if credit else "debit",
            amount_minor=amount,
        )
        if not credit and amount > self.cash:
            assert answer.code == "insufficient_funds"
            return
        self.cash += amount if credit else -amount

    # Play

    @rule(round_id=ROUND_IDS, amount=AMOUNTS, game=GAMES)
    def bet(self, round_id: str, amount: int, game: str) -> None:
        answer = self.sent("bet", round_id=round_id, game_id=game, amount_minor=amount)
        if round_id in self.rounds:
            assert answer.status == 409
            return
        played = self.stake(amount, game)
        if played is None:
            assert answer.code == "insufficient_funds"
        else:
            assert answer.status == 200
            self.rounds[round_id] = played

    @rule(round_id=ROUND_IDS, payout=PAYOUTS)
    def win(self, round_id: str, payout: int) -> None:
        answer = self.sent("win", round_id=round_id, amount_minor=payout)
        played = self.rounds.get(round_id)
        if played is None or played.payout is not None:
            assert answer.status in (404, 409)
        else:
            assert answer.status == 200
            self.pay(played, payout)

    @rule(data=st.data(), payout=PAYOUTS)
    def win_something_open(self, data: st.DataObject, payout: int) -> None:
        waiting = sorted(
            name for name, played in self.rounds.items() if played and played.payout is None
        )
        if waiting:
            self.win(data.draw(st.sampled_from(waiting)), payout)

    @rule(data=st.data(), payout=PAYOUTS, game=GAMES, undone=st.booleans())
    def bet_what_there_is_and_settle(
        self, data: st.DataObject, payout: int, game: str, undone: bool
    ) -> None:
        usable = sum(self.house.money[:2])
        if usable > 0:
            amount = data.draw(st.integers(min_value=1, max_value=usable))
            round_id = f"settled-{len(self.house.events)}"
            self.bet(round_id, amount, game)
            self.win(round_id, payout)
            if undone:
                self.rollback(round_id, "reverse", owe=True)

    @rule(amount=AMOUNTS, payout=st.integers(min_value=500, max_value=5_000), game=GAMES)
    def win_take_it_out_and_lose_it_again(self, amount: int, payout: int, game: str) -> None:
        """The way into debt: what was won is on its way to the bank when it is taken back."""
        round_id = f"owed-{len(self.house.events)}"
        self.bet(round_id, amount, game)
        self.win(round_id, payout)
        if self.cash > 0:
            self.withdraw(self.cash)
        self.rollback(round_id, "reverse", owe=True)

    @rule(round_id=ROUND_IDS, after_win=st.sampled_from(["reverse", "reject"]), owe=st.booleans())
    def rollback(self, round_id: str, after_win: str, owe: bool) -> None:
        answer = self.sent(
            "rollback", round_id=round_id, reason="x", after_win=after_win, allow_negative=owe
        )
        played = self.rounds.get(round_id)
        if played is None:
            assert answer.status == 200
            self.rounds[round_id] = None
        elif played.payout is not None and after_win == "reject":
            assert answer.code == "round_closed"
        elif self.undo(played, owe=owe):
            assert answer.status == 200
            self.rounds[round_id] = None
        else:
            assert answer.code == "rollback_exceeds_balance"

    def undo(self, played: Played, *, owe: bool) -> bool:
        cash, grants = self.cash, {name: replace(grant) for name, grant in self.grants.items()}
        self.cash += played.cash
        for name, part in played.shares.items():
            self.grants[name].balance += part
        if played.counted is not None:
            self.grants[played.counted[0]].wagered -= played.counted[1]
        if played.shares or played.counted:
            self.judge(settles=False)
        short = False
        back = played.payout_cash
        for name, part in played.payout_shares.items():
            grant = self.grants[name]
            if grant.status == "converted":
                back += part
            elif grant.status == "active":
                short = short or grant.balance < part
                grant.balance -= min(part, grant.balance)
        if (short or back > self.cash) and played.payout and not owe:
            self.cash, self.grants = cash, grants
            return False
        self.cash -= back
        return True

    @rule(amount=AMOUNTS, game=GAMES)
    def bet_and_undo(self, amount: int, game: str) -> None:
        """The identity: nothing is left of a bet that is rolled back at once."""
        self.sweep()
        kept = ("grants", "limits")
        before = {name: rows for name, rows in self.house.tables().items() if name in kept}
        use = self.house.ask("protection").body
        money = self.house.money
        round_id = f"undone-{len(self.house.events)}"
        answer = self.sent("bet", round_id=round_id, game_id=game, amount_minor=amount)
        if answer.status == 200:
            assert self.sent("rollback", round_id=round_id, reason="x").status == 200
        after = {name: rows for name, rows in self.house.tables().items() if name in kept}
        assert after == before
        assert self.house.money == money
        assert self.house.ask("protection").body == use

    # Laws

    @invariant()
    def balances_grants_and_wagering_are_the_models(self) -> None:
        bonus = sum(grant.balance for grant in self.grants.values())
        assert self.house.money == (self.cash, bonus, self.held)
        stored = {row.grant_id: row for row in tables.find(self.sql, Grant, "FROM grants")}
        assert stored.keys() == self.grants.keys()
        for name, grant in self.grants.items():
            row = stored[name]
            assert (row.balance_minor, row.wagered_minor, row.status) == (
                grant.balance,
                grant.wagered,
                grant.status,
            )

    @invariant()
    def the_replayed_state_is_what_the_tables_say(self) -> None:
        seq = self.house.ask("head").body["seq"]
        state = state_at(self.sql, seq)
        find = tables.find
        assert state.grants == {
            row.grant_id: grant_facts(row) for row in find(self.sql, Grant, "FROM grants")
        }
        open_rows = find(
            self.sql,
            Round,
            "FROM rounds WHERE settled_seq IS NULL AND rolled_back_seq IS NULL",
        )
        assert {
            name: (told["stake_cash_minor"], told["stake_bonus_minor"], told["opened_at"])
            for name, told in state.open_rounds.items()
        } == {row.round_id: (row.stake_cash, row.stake_bonus, row.opened_at) for row in open_rows}
        held = find(self.sql, Withdrawal, "FROM withdrawals WHERE status = 'held'")
        assert {
            name: (hold["amount_minor"], hold["requested_at"], hold["due_at"])
            for name, hold in state.held_withdrawals.items()
        } == {row.withdrawal_id: (row.amount_minor, row.requested_at, row.due_at) for row in held}
        limits = find(self.sql, Limit, "FROM limits")
        assert sum(len(periods) for periods in state.limits.values()) == len(limits)
        seed = find(self.sql, Seed, "FROM seeds ORDER BY number DESC LIMIT 1")[0]
        assert state.seed is not None
        assert (state.seed["server_seed_hash"], state.draws, state.seeds_committed) == (
            seed.server_seed_hash,
            seed.nonce,
            seed.number,
        )

    @invariant()
    def the_proof_holds_and_the_balances_are_explained(self) -> None:
        assert self.house.ask("verify").body["law"] is None
        told = self.house.ask("explain").body
        assert sum(line["cash_minor"] for line in told["by_type"]) == self.cash
        assert {grant["grant_id"]: grant["balance_minor"] for grant in told["grants"]} == {
            name: grant.balance for name, grant in self.grants.items()
        }


BonusMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=35)
TestBonusMachine = BonusMachine.TestCase
