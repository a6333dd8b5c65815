"""The laws of player protection: what questions answer and what is stored, against the model."""

from typing import Any, Final

from simulation.sim.broken import require
from simulation.sim.model_gate import FOREVER, reasons_barred, reasons_unanswered, refuse_elsewhere
from simulation.sim.model_judge import refuse_idle
from simulation.sim.model_state import used_of
from simulation.sim.wallets import SimulatedWallet

LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999: a term without an end is stored as something later."""


def check_panel(wallet: SimulatedWallet, body: dict[str, Any]) -> None:
    """The panel shows the limits that bind, who set them, their use, and what waits."""
    model, gate = wallet.model, wallet.model.gate
    now_ms = model.now(wallet.clock.now_ms())
    totals = model.totals(now_ms)
    told = {(limit["kind"], limit["period"]): limit for limit in body["limits"]}
    binding = {key: limit["value"] for key, limit in told.items()}
    require(binding == gate.binding(), "the strictest limit binds", body)
    for (kind, period), limit in told.items():
        if period != "session":
            used = used_of(kind, totals[period])
            require(limit["used"] == used, "limits count what was played", body)
        sources = (limit["player"], limit["operator"])
        known = (gate.own.get((kind, period)), gate.operators.get((kind, period)))
        require(sources == known, "the panel names who set a limit", body)
    waiting = {key: one["pending"]["value"] for key, one in told.items() if one["pending"]}
    known_waiting = {key: value for key, (value, _, _) in gate.waiting.items()}
    require(waiting == known_waiting, "the panel shows what waits", body)


def check_gate(wallet: SimulatedWallet, session: str, address: str, body: dict[str, Any]) -> None:
    """Every reason is told, in the contract's order, and nothing keeps a player from their money
    but a frozen wallet and a session that is over.
    """
    model, gate = wallet.model, wallet.model.gate
    now_ms = model.now(wallet.clock.now_ms())
    barred = reasons_barred(gate, now_ms)
    idle = refuse_idle(model, session, now_ms)
    held = [idle, refuse_elsewhere(gate, session, address, now_ms)]
    reasons = [*barred, *filter(None, held), *reasons_unanswered(gate, session, now_ms)]
    require(body["reasons"] == reasons, "the gate tells every reason", (reasons, body))
    told = [body[name] for name in ("can_bet", "can_deposit", "can_withdraw", "can_use_bonus")]
    may = [
        not reasons,
        not barred and idle is None,
        not gate.frozen and idle is None,
        not barred and not gate.blocks_bonus,
    ]
    require(told == may, "the gate tells what is open", body)


def check_rows(wallet: SimulatedWallet) -> None:
    """What is stored of limits and terms is what the model knows."""
    gate, sql = wallet.model.gate, wallet.sql
    found = sorted(sql.query("SELECT source, kind, period, value FROM limits"))
    known = [("player", *key, value) for key, value in gate.own.items()]
    known += [("operator", *key, value) for key, value in gate.operators.items()]
    require(found == sorted(known), "limits are those that were set", found)
    waits = {
        (kind, period): (value, asked_at, due_at)
        for kind, period, value, asked_at, due_at in sql.query(
            "SELECT kind, period, value, requested_at, due_at FROM limit_changes"
        )
    }
    require(waits == gate.waiting, "what waits is what was asked for", waits)
    ends: tuple[Any, ...] = sql.query("SELECT excluded_until, paused_until FROM gate")[0]
    for stored, end in zip(ends, gate.ends.values(), strict=True):
        is_kept = stored > LAST_MS if end == FOREVER else stored == end
        require(is_kept, "a term is never shortened", (ends, gate.ends))
