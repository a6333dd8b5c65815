"""The laws that need everything at once, checked at the end of an episode and now and then before.

Acknowledged means durable: every answer that was given is stored as it was given. The rows that
commands rely on are those of the model. The wallet's own proof holds. And what the outbox told the
queue is, repeats aside, the log.
"""

import json
from collections.abc import Iterable
from typing import Any

from simulation.sim.broken import require
from simulation.sim.laws_gate import check_rows
from simulation.sim.model_state import ModelRound
from simulation.sim.wallets import SimulatedWallet

from shared.platform.ports import Row


def check_wallet(wallet: SimulatedWallet) -> None:
    """Everything that is stored, against the model."""
    _check_answers(wallet)
    _check_rounds(wallet)
    _check_money(wallet)
    _check_days(wallet)
    check_rows(wallet)
    proof = wallet.ask("verify", full=True)
    require(proof["ok"], "the proof holds", proof)
    require(not proof["is_complete"] or proof["events"] == wallet.log.seq, "the proof holds", proof)
    require(proof["head_hash"] == wallet.log.hashes[-1], "the chain is intact", proof)
    balance = wallet.ask("balance")
    for name, value in wallet.balances().items():
        require(balance[name] == value, "balances are those of an independent fold", balance)
    require(sum(wallet.log.accounts.values()) == 0, "money is conserved", wallet.log.accounts)


def check_past(wallet: SimulatedWallet, seq: int) -> None:
    """The state at a past event, replayed by the wallet, against what it was then."""
    state = wallet.ask("state_at", seq=seq)
    told = tuple(state[name] for name in ("cash_minor", "bonus_minor", "held_minor"))
    require(told == wallet.log.balances[seq], "the past is what it was", state)
    require(state["head_hash"] == wallet.log.hashes[seq], "the past is what it was", state)
    if seq == wallet.log.seq:
        model = wallet.model
        grants = {g["grant_id"]: (g["balance_minor"], g["status"]) for g in state["grants"]}
        known = {name: (grant.balance, grant.status) for name, grant in model.grants.items()}
        require(grants == known, "the present is what was replayed", state["grants"])
        held = {hold["withdrawal_id"] for hold in state["held_withdrawals"]}
        waiting = {name for name, hold in model.holds.items() if hold.status == "held"}
        require(held == waiting, "the present is what was replayed", held)
        opened = {told["round_id"] for told in state["open_rounds"]}
        running = {
            name
            for name, found in model.rounds.items()
            if found.payout is None and found.undone is None
        }
        require(opened == running, "the present is what was replayed", opened)


def _rows(wallet: SimulatedWallet, statement: str) -> list[Row]:
    return wallet.sql.query(statement)


def _equal(law: str, found: Iterable[Any], expected: Iterable[Any]) -> None:
    first, second = sorted(found, key=repr), sorted(expected, key=repr)
    if first != second:
        extra = [row for row in first if row not in second]
        missing = [row for row in second if row not in first]
        require(holds=False, law=law, seen=f"stored and not expected {extra}, missing {missing}")


def _check_answers(wallet: SimulatedWallet) -> None:
    found = _rows(wallet, "SELECT idempotency_key, status, response FROM commands")
    expected = [
        (key, answered.status, answered.body) for key, answered in wallet.model.answers.items()
    ]
    _equal("acknowledged means durable", found, expected)


def _check_rounds(wallet: SimulatedWallet) -> None:
    found = [
        (round_id, cash, dict(json.loads(shares)), paid, dict(json.loads(paid_shares)), s, u)
        for round_id, cash, shares, paid, paid_shares, s, u in _texts(
            _rows(
                wallet,
                "SELECT round_id, stake_cash, stake_grants, payout_cash, payout_grants, "
                "settled_seq IS NOT NULL, rolled_back_seq IS NOT NULL FROM rounds",
            )
        )
    ]
    _equal(
        "rounds settle once",
        found,
        map(_round, *zip(*wallet.model.rounds.items(), strict=True)) if wallet.model.rounds else (),
    )


def _texts(rows: Iterable[Row]) -> Iterable[tuple[Any, ...]]:
    return rows


def _round(round_id: str, played: ModelRound) -> tuple[Any, ...]:
    return (
        round_id,
        played.cash,
        played.shares,
        played.paid_cash,
        played.paid_shares,
        int(played.payout is not None),
        int(played.undone is not None),
    )


def _check_money(wallet: SimulatedWallet) -> None:
    model = wallet.model
    _equal(
        "holds settle once",
        _rows(wallet, "SELECT withdrawal_id, amount_minor, end_to_end_id, status FROM withdrawals"),
        ((key, hold.amount, hold.payment, hold.status) for key, hold in model.holds.items()),
    )
    require(
        sum(hold.amount for hold in model.holds.values() if hold.status == "held") == model.held,
        "what is held is the sum of the holds",
        model.held,
    )
    _equal(
        "a deposit credits once",
        _rows(wallet, "SELECT deposit_id, amount_minor, end_to_end_id FROM deposits"),
        ((key, deposit.amount, deposit.paid_by) for key, deposit in model.deposits.items()),
    )
    _equal(
        "bonus is the sum of its grants",
        _rows(
            wallet,
            "SELECT grant_id, balance_minor, status, wagered_minor, required_minor FROM grants",
        ),
        (
            (name, grant.balance, grant.status, grant.wagered, grant.required)
            for name, grant in model.grants.items()
        ),
    )


def _check_days(wallet: SimulatedWallet) -> None:
    nothing = (0, 0, 0, 0, 0)
    found = _rows(
        wallet, "SELECT day, wagered_minor, won_minor, deposited_minor, bets, play_ms FROM daily"
    )
    expected = [
        (day, seen.wagered, seen.won, seen.deposited, seen.bets, seen.play_ms)
        for day, seen in wallet.model.days.items()
    ]
    _equal(
        "limits count what was played",
        (row for row in found if row[1:] != nothing),
        (row for row in expected if row[1:] != nothing),
    )


def check_told(wallet: SimulatedWallet, texts: Iterable[str]) -> None:
    """What the queue was told of this wallet is its whole log, repeats aside."""
    told: dict[int, str] = {}
    for event in (event for text in texts for event in json.loads(text)):
        if event["player_id"] == wallet.player_id:
            known = told.setdefault(event["seq"], event["hash"])
            require(known == event["hash"], "one event has one content", event)
    expected = dict(enumerate(wallet.log.hashes[1:], start=1))
    require(told == expected, "the queue is told every event", f"{len(told)} of {len(expected)}")
