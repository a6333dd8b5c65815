"""Laws of the gate: what the head of a bet digests is what looking at each thing finds."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.wallet.wallet_house import LOGIN, House

from shared.kernel.times import MINUTE_MS
from shared.wallet.gate_model import FACT_STATUSES, REQUIREMENTS, VERDICTS
from shared.wallet.gates import barring, holding_bets, is_open
from shared.wallet.store import Store

ADDRESSES = ("home", "train")
MINUTES = st.integers(0, 45)
FACTS = st.sampled_from([(name, told) for name, all_ in FACT_STATUSES.items() for told in all_])
STEPS = st.one_of(
    st.tuples(st.just("tell"), st.tuples(FACTS, st.none() | MINUTES)),
    st.tuples(st.just("begin"), st.sampled_from(VERDICTS)),
    st.tuples(st.just("advance"), MINUTES),
    st.tuples(st.just("move"), st.sampled_from(ADDRESSES)),
    st.tuples(st.just("bet"), st.none()),
    st.tuples(st.just("revoke"), st.none()),
    st.tuples(st.just("minutes"), st.integers(10, 20)),
    st.tuples(st.just("seen"), st.none()),
    st.tuples(st.just("message"), st.sampled_from(("none", "acknowledge"))),
    st.tuples(st.just("answer"), st.none()),
    st.tuples(st.just("rules"), st.sets(st.sampled_from(REQUIREMENTS))),
    st.tuples(st.just("excluded_until"), MINUTES),
    st.tuples(st.just("paused_until"), MINUTES),
)


def tell(house: House, what: Any) -> None:
    (name, status), minutes = what
    until = None if minutes is None else house.clock.now_ms() + minutes * MINUTE_MS
    house.tell(name, status, until)


def move(house: House, address: str) -> None:
    house.address = address


def change_rules(house: House, requires: set[str]) -> None:
    rules = {"requires": sorted(requires), "loosening_delay_ms": 0}
    version = house.clock.now_ms() + house.keys
    house.do("rules_set", key="", login="", rules=rules, version=version)


def send(house: House, demands: str) -> None:
    message = {"level": "high", "template": "t", "demands": demands}
    house.do("intervention_set", login="", intervention_id="i", **message)


def term(column: str) -> Callable[[House, int], object]:
    def begin(house: House, minutes: int) -> None:
        until = house.clock.now_ms() + minutes * MINUTE_MS
        house.sql.execute(f"UPDATE gate SET {column} = ?", until)

    return begin


TAKE: dict[str, Callable[[House, Any], object]] = {
    "tell": tell,
    "begin": lambda house, verdict: house.begin(verdict=verdict),
    "advance": lambda house, minutes: house.clock.advance(minutes * MINUTE_MS),
    "move": move,
    "bet": lambda house, _: house.play(str(house.sql.query(GAME)[0][0]), 100),
    "revoke": lambda house, _: house.do("session_revoke", key="", login="", session_id="another"),
    "minutes": lambda house, minutes: house.do("reality_check_set", minutes=minutes),
    "seen": lambda house, _: house.do("reality_check_ack"),
    "message": send,
    "answer": lambda house, _: house.do(
        "intervention_ack", intervention_id="i", reaction="acknowledged"
    ),
    "rules": change_rules,
    "excluded_until": term("excluded_until"),
    "paused_until": term("paused_until"),
}
GAME = "SELECT session_id FROM game_sessions"


@given(st.lists(STEPS, max_size=12))
@settings(max_examples=60)
def test_the_digest_of_the_head_opens_exactly_when_nothing_stands_in_the_way(
    steps: list[tuple[str, Any]],
) -> None:
    house = House(requires=REQUIREMENTS, rules={"reality_check_minutes": 30}).open().admit()
    house.deposit(100_000)
    house.session()
    store = Store(house.sql)
    for step, what in steps:
        TAKE[step](house, what)
        now_ms = house.clock.now_ms()
        for login in (LOGIN, "another", "unknown", ""):
            for address in ADDRESSES:
                head = store.head(login)
                assert head is not None
                view = store.view(login, address)
                found = [*barring(view, now_ms), *holding_bets(view, now_ms)]
                if head.caller_revoked:
                    found.append("session_expired")
                assert is_open(head, address, now_ms) == (not found), (login, address, found)


@given(st.lists(STEPS, max_size=15))
@settings(max_examples=50)
def test_a_bet_is_taken_exactly_when_the_gate_says_that_it_may(
    steps: list[tuple[str, Any]],
) -> None:
    house = House(requires=REQUIREMENTS, rules={"reality_check_minutes": 30}).open().admit()
    house.deposit(100_000)
    session_id = house.session()
    for number, (step, what) in enumerate(steps):
        TAKE[step](house, what)
        gate = house.ask("gate", address=house.address)
        played = house.play(session_id, 100)
        if played.status == 201:
            assert gate.body["can_bet"] is True
        elif (
            played.code != "session_expired"
        ):  # the game session may be idle while the login is not
            assert gate.body["reasons"][0] == played.code
        bet = house.do("bet", round_id=f"r{number}", game_id="slot", amount_minor=1)
        if bet.status == 200:
            assert gate.body["can_bet"] is True
            assert gate.body["reasons"] == []
        else:
            assert gate.body["can_bet"] is False
            assert gate.body["reasons"][0] == bet.code
