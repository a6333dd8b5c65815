"""The ledger and its bonus money against the simulator's model, in histories hypothesis invents.

The simulator draws millions of histories; hypothesis looks for the odd one, with few values and
many collisions: the same round, grant, payment or key again, a storage that fails at a statement, a
clock set back. `SimulatedWallet.send` compares every answer, event, balance and refusal with the
model; what is stored is compared after each step.
"""

from typing import Any, Final

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)
from simulation.sim.calendar import DAY_MS
from simulation.sim.chance import OperationEntropy
from simulation.sim.faults import SimulatedClock, SimulatedQueue
from simulation.sim.games import game_of
from simulation.sim.laws import check_wallet
from simulation.sim.wallets import Reply, Request, SimulatedWallet, migrated_image

from shared.kernel.times import SAO_PAULO_OFFSET_MS
from shared.platform.native.clock import TEST_EPOCH_MS

PLAYER: Final = "019ab0de-0000-7000-8000-000000000001"
AMOUNTS: Final = st.integers(min_value=1, max_value=400)
FAILURES: Final = st.one_of(st.just(0), st.just(0), st.integers(min_value=1, max_value=12))
ROUNDS: Final = st.sampled_from(["r0", "r1", "r2", "r3"])
GRANTS: Final = st.sampled_from(["g0", "g1", "g2"])
TERMS: Final = st.fixed_dictionaries(
    {},
    optional={
        "wagering_multiplier": st.integers(1, 2),
        "contributions": st.just({"slot": 5_000}),
        "max_stake_minor": st.integers(50, 300),
        "expires_at_ms": st.sampled_from([TEST_EPOCH_MS + 1_000, TEST_EPOCH_MS + 5_000_000]),
        "on_withdrawal": st.just("forfeit"),
    },
)
LIMITS: Final = st.dictionaries(
    st.tuples(
        st.sampled_from(["deposit", "loss", "wager", "bet_count"]),
        st.sampled_from(["daily", "weekly", "monthly"]),
    ),
    st.integers(min_value=0, max_value=900),
    max_size=2,
)


class WalletInHand(RuleBasedStateMachine):
    """What both machines share: one wallet, its clock, and requests that may come again."""

    requests = Bundle("requests")

    def begin(self, limits: dict[tuple[str, str], int], jurisdiction: str = "br") -> None:
        self.clock = SimulatedClock(TEST_EPOCH_MS)
        self.entropy = OperationEntropy("ledger machine")
        self.wallet = SimulatedWallet(
            PLAYER,
            self.clock,
            self.entropy,
            SimulatedQueue(),
            limits,
            migrated_image(),
            {"requires": [], "loosening_delay_ms": DAY_MS},
            jurisdiction,
            SAO_PAULO_OFFSET_MS,
        )
        self.steps = 0

    def send(self, kind: str, fails_at: int = 0, **payload: Any) -> tuple[Request, Reply | None]:
        """A new request; `fails_at` is the statement at which the storage fails, 0 for none."""
        self.steps += 1
        self.entropy.begin(self.steps)
        context = '{"games":{"plain":[1,1]},"address":""}' if kind == "play" else ""
        request = Request(kind, f"k{self.steps}", "login", payload, context)
        if fails_at:
            self.wallet.sql.fail_at(fails_at)
        return request, self.wallet.send(request)

    def fund(self, cash: int) -> None:
        if cash and not any(kind == "deposit" for kind, _ in self.wallet.limits):
            _, charge = self.send("deposit_request", amount_minor=cash, method="pix")
            assert charge is not None
            told = {"deposit_id": charge.body["deposit_id"], "amount_minor": cash}
            self.send("deposit_credit", end_to_end_id="E0", **told)

    @rule(request=requests, evicted=st.booleans())
    def ask_again(self, request: Request, evicted: bool) -> None:
        """Whatever became of it: a success is replayed, a refusal judged anew."""
        if evicted:
            self.wallet.evict()
        self.steps += 1
        self.entropy.begin(self.steps)
        self.wallet.send(request)

    @rule(request=requests, amount=AMOUNTS)
    def use_its_key_for_something_else(self, request: Request, amount: int) -> None:
        payload = {"round_id": "another", "amount_minor": amount}
        self.steps += 1
        self.entropy.begin(self.steps)
        self.wallet.send(Request("win", request.key, "login", payload))

    @rule(ms=st.sampled_from([0, 1, 59_000, 3_600_000, 86_400_000]))
    def time_passes(self, ms: int) -> None:
        self.clock.true_ms += ms

    @rule()
    def everything_is_told_to_the_queue(self) -> None:
        self.wallet.fire_alarm()

    @invariant()
    def what_is_stored_is_what_the_model_knows(self) -> None:
        if hasattr(self, "wallet"):
            check_wallet(self.wallet)


class LedgerMachine(WalletInHand):
    """Money in and out, play, and rounds decided elsewhere, within limits."""

    deposits = Bundle("deposits")
    holds = Bundle("holds")
    sessions = Bundle("sessions")

    @initialize(limits=LIMITS, cash=st.integers(0, 2_000))
    def open(self, limits: dict[tuple[str, str], int], cash: int) -> None:
        self.begin(limits)
        self.fund(cash)

    @rule(target=WalletInHand.requests, amount=AMOUNTS, fails_at=FAILURES)
    def bet(self, amount: int, fails_at: int) -> Request:
        round_id = f"r{self.steps % 6}"
        return self.send("bet", fails_at, round_id=round_id, game_id="s", amount_minor=amount)[0]

    @rule(target=WalletInHand.requests, number=st.integers(0, 5), amount=st.integers(0, 900))
    def win(self, number: int, amount: int) -> Request:
        return self.send("win", round_id=f"r{number}", amount_minor=amount)[0]

    @rule(target=WalletInHand.requests, number=st.integers(0, 7), fails_at=FAILURES)
    def roll_back(self, number: int, fails_at: int) -> Request:
        return self.send("rollback", fails_at, round_id=f"r{number}", reason="timeout")[0]

    @rule(target=sessions)
    def open_game(self) -> Any:
        _, reply = self.send("game_session_open", game=game_of("plain", 1))
        return reply.body["session_id"] if reply is not None and reply.ok else multiple()

    @rule(
        target=WalletInHand.requests,
        session=sessions,
        stake=st.integers(99, 300),
        payout=st.integers(0, 600),
        fails_at=FAILURES,
    )
    def play(self, session: str, stake: int, payout: int, fails_at: int) -> Request:
        params = {"payout": payout}
        return self.send("play", fails_at, session_id=session, stake_minor=stake, params=params)[0]

    @rule(target=deposits, amount=AMOUNTS)
    def ask_for_a_charge(self, amount: int) -> Any:
        _, reply = self.send("deposit_request", amount_minor=amount, method="pix")
        return reply.body if reply is not None and reply.ok else multiple()

    @rule(
        target=WalletInHand.requests,
        charge=deposits,
        payment=st.sampled_from(["E1", "E2", "E3", "E4", "E5"]),
        too_much=st.sampled_from([0, 0, 0, 1]),
        fails_at=FAILURES,
    )
    def the_bank_tells_of_a_payment(
        self, charge: dict[str, Any], payment: str, too_much: int, fails_at: int
    ) -> Request:
        amount = charge["amount_minor"] + too_much
        told = {"deposit_id": charge["deposit_id"], "amount_minor": amount}
        return self.send("deposit_credit", fails_at, end_to_end_id=payment, **told)[0]

    @rule(target=holds, amount=AMOUNTS, fails_at=FAILURES)
    def hold(self, amount: int, fails_at: int) -> Any:
        payload = {"amount_minor": amount, "payment_account_id": "own"}
        _, reply = self.send("withdrawal_hold", fails_at, **payload)
        return reply.body if reply is not None and reply.ok else multiple()

    @rule(amount=AMOUNTS, paid=st.booleans())
    def a_withdrawal_ends_once(self, amount: int, paid: bool) -> None:
        held = self.hold(amount, 0)
        if isinstance(held, dict):
            if paid:
                self.settle(held, 0)
            else:
                self.release(held, 0)
            self.settle(held, 0)
            self.release(held, 0)

    @rule(target=WalletInHand.requests, held=holds, fails_at=FAILURES)
    def settle(self, held: dict[str, Any], fails_at: int) -> Request:
        names = ("withdrawal_id", "end_to_end_id")
        return self.send("withdrawal_settle", fails_at, **{name: held[name] for name in names})[0]

    @rule(target=WalletInHand.requests, held=holds, fails_at=FAILURES)
    def release(self, held: dict[str, Any], fails_at: int) -> Request:
        payload = {"withdrawal_id": held["withdrawal_id"], "reason": "refused"}
        return self.send("withdrawal_release", fails_at, **payload)[0]


class BonusMachine(WalletInHand):
    """Grants, and rounds that are staked from them: few ids, so that they meet."""

    @initialize(
        jurisdiction=st.sampled_from(["mt", "gli"]),
        cash=st.integers(0, 100),
        amount=AMOUNTS,
        terms=TERMS,
    )
    def open(self, jurisdiction: str, cash: int, amount: int, terms: dict[str, Any]) -> None:
        self.begin({}, jurisdiction)
        self.fund(cash)
        self.credit("g0", amount, terms, 0)

    @rule(
        target=WalletInHand.requests,
        grant=GRANTS,
        amount=AMOUNTS,
        terms=TERMS,
        fails_at=FAILURES,
    )
    def another_credit(
        self, grant: str, amount: int, terms: dict[str, Any], fails_at: int
    ) -> Request:
        return self.credit(grant, amount, terms, fails_at)

    def credit(self, grant: str, amount: int, terms: dict[str, Any], fails_at: int) -> Request:
        payload: dict[str, Any] = {"grant_id": grant, "amount_minor": amount, "reason": "welcome"}
        if terms:
            payload["terms"] = terms
        return self.send("bonus_credit", fails_at, **payload)[0]

    @rule(target=WalletInHand.requests, grant=GRANTS, amount=AMOUNTS, fails_at=FAILURES)
    def take_back(self, grant: str, amount: int, fails_at: int) -> Request:
        payload = {"grant_id": grant, "amount_minor": amount, "reason": "expired"}
        return self.send("bonus_debit", fails_at, **payload)[0]

    @rule(target=WalletInHand.requests, round_id=ROUNDS, amount=AMOUNTS, fails_at=FAILURES)
    def bet(self, round_id: str, amount: int, fails_at: int) -> Request:
        payload = {"round_id": round_id, "game_id": "slot", "amount_minor": amount}
        return self.send("bet", fails_at, **payload)[0]

    @rule(target=WalletInHand.requests, round_id=ROUNDS, amount=st.integers(0, 900))
    def win(self, round_id: str, amount: int) -> Request:
        return self.send("win", round_id=round_id, amount_minor=amount)[0]

    @rule(target=WalletInHand.requests, round_id=ROUNDS, fails_at=FAILURES)
    def roll_back(self, round_id: str, fails_at: int) -> Request:
        return self.send("rollback", fails_at, round_id=round_id, reason="timeout")[0]

    @precondition(lambda self: self.wallet.model.cash + self.wallet.model.bonus > 0)
    @rule(part=st.integers(1, 100), payout=st.one_of(st.none(), st.integers(0, 900)))
    def a_bet_and_its_rollback_are_nothing(self, part: int, payout: int | None) -> None:
        """Cash, every grant and its wagering are what they were; with a win between them a grant
        may have been converted for good, and then cash and bonus together are.
        """
        model = self.wallet.model
        self.send("bonus_expire")
        before, total = self._stored(), model.cash + model.bonus
        amount = max(1, total * part // 100)
        round_id = f"undone-{self.steps}"
        _, placed = self.send("bet", round_id=round_id, game_id="s", amount_minor=amount)
        if placed is None or not placed.ok:
            return
        if payout is not None:
            self.send("win", round_id=round_id, amount_minor=payout)
        _, undone = self.send("rollback", round_id=round_id, reason="cancelled")
        assert undone is not None
        assert undone.ok
        if payout is None:
            assert self._stored() == before
        assert model.cash + model.bonus == total

    def _stored(self) -> object:
        rows = self.wallet.sql.query(
            "SELECT grant_id, balance_minor, status, wagered_minor FROM grants ORDER BY grant_id"
        )
        return self.wallet.ask("balance")["cash_minor"], rows


LedgerMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30)
BonusMachine.TestCase.settings = LedgerMachine.TestCase.settings
TestLedgerMachine = LedgerMachine.TestCase
TestBonusMachine = BonusMachine.TestCase
