"""Decisions about the wallet itself: opening it, and rotating the seeds it draws with."""

from shared.kernel.errors import Rejected
from shared.wallet import seeds
from shared.wallet.commands import GameSessionOpen, Open, SeedRotate
from shared.wallet.errors import GAME_DISABLED
from shared.wallet.gate_model import new_gate
from shared.wallet.gates import (
    View,
    refuse_barred,
    refuse_elsewhere,
    refuse_frozen,
    refuse_idle,
    refuse_revoked,
)
from shared.wallet.model import (
    Decision,
    Draft,
    GameSession,
    Head,
    Moment,
    Row,
    Seed,
)
from shared.wallet.protection_events import limit_changed


def decide_open(command: Open, moment: Moment) -> Decision:
    """Open the wallet: who it belongs to, the first limits, the first committed seed."""
    rotation = seeds.first_seed(moment)
    opened = Draft(
        moment.new_id(),
        "OPENED",
        {
            "player_id": command.player_id,
            "currency": command.currency,
            "jurisdiction": command.jurisdiction,
            "day_offset_ms": command.day_offset_ms,
            "rules": command.rules.as_data(),
        },
    )
    limits = tuple(limit_changed(moment, limit, is_tighter=True) for limit in command.limits)
    return Decision(
        answer=lambda head: {"seq": head.seq, "head_hash": head.hash},
        drafts=(opened, *limits, *rotation.drafts),
        rows=(*command.limits, *rotation.rows, new_gate(command.rules)),
        status=201,
    )


def decide_seed_rotate(head: Head, seed: Seed, command: SeedRotate, moment: Moment) -> Decision:
    """Reveal the current server seed and go on with the one committed beside it.

    No round of the house's own games is ever open between two commands, so nothing can wait for
    the old seed.

    Raises:
        Rejected: `wallet_frozen`, `session_expired`.
    """
    refuse_frozen(head)
    refuse_revoked(head)
    rotation = seeds.rotate(seed, command.client_seed, moment)
    assert rotation.revealed is not None
    body: dict[str, object] = {
        "revealed": seeds.revealed_body(rotation.revealed),
        "current": seeds.current_body(rotation.current),
    }
    return Decision(answer=lambda _: body, drafts=rotation.drafts, rows=rotation.rows)


def decide_game_session_open(
    head: Head,
    seed: Seed,
    command: GameSessionOpen,
    moment: Moment,
    *,
    login: str,
    view: View | None,
) -> Decision:
    """Open a game session of the login session `login` on the version of the game in force.

    A seed that is due is rotated here already, so that the session starts on a commitment the
    player has been shown.

    Raises:
        Rejected: `wallet_frozen`, then as `refuse_barred`, `session_expired`, `geo_blocked`,
            `game_disabled`.
    """
    refuse_frozen(head)
    refuse_barred(view, moment.now_ms)
    refuse_idle(head, view, moment.now_ms)
    refuse_elsewhere(view, moment.now_ms)
    if not command.enabled:
        raise Rejected(GAME_DISABLED, f"{command.game_id} is switched off")
    rotation = seeds.rotate_if_due(seed, moment)
    session = GameSession(
        session_id=moment.new_id(),
        game_id=command.game_id,
        game_version=command.version,
        rtp_bps=command.rtp_bps,
        min_stake_minor=command.min_stake_minor,
        max_stake_minor=command.max_stake_minor,
        opened_at=moment.now_ms,
        last_active_at=moment.now_ms,
        login_session_id=login,
        min_round_ms=command.min_round_ms,
    )
    body: dict[str, object] = {
        "session_id": session.session_id,
        "game_id": session.game_id,
        "game_version": session.game_version,
        "fairness": seeds.current_body(rotation.current),
    }
    rows: tuple[Row, ...] = (session, *rotation.rows) if rotation.drafts else (session,)
    return Decision(answer=lambda _: body, drafts=rotation.drafts, rows=rows, status=201)
