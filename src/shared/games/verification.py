"""Recompute a finished round from its revealed seeds, by the very functions that decided it.

A round verifies when `server_seed_hash` equals the commitment shown before the bet and the outcome
equals the one recorded. Nothing here reads a record: the answer depends on the arguments alone, so
it can be had again anywhere with HMAC-SHA256 (docs/fairness.md, tests/vectors).
"""

from shared.games.catalogue import Catalogue
from shared.games.fairness import check_client_seed, check_server_seed, server_seed_hash
from shared.games.model import JsonObject
from shared.kernel.values import value


@value
class Verification:
    """The recomputed round. `payout_minor` is None when no stake was given."""

    server_seed_hash: str
    outcome: JsonObject
    multiplier_numerator: int
    multiplier_denominator: int
    multiplier: str
    payout_minor: int | None


def verify_round(
    catalogue: Catalogue,
    *,
    game_id: str,
    rtp_bps: int,
    params: object,
    server_seed: str,
    client_seed: str,
    nonce: int,
    stake_minor: int | None = None,
) -> Verification:
    """The round that these inputs decide; `rtp_bps` is that of the game version played.

    Raises:
        Rejected: GAME_NOT_FOUND, INVALID_SERVER_SEED, INVALID_CLIENT_SEED, INVALID_PARAMS.
    """
    assert nonce >= 0, nonce
    check_server_seed(server_seed)
    check_client_seed(client_seed)
    multiplier, outcome = catalogue.result(
        game_id, rtp_bps, params, server_seed, client_seed, nonce
    )
    return Verification(
        server_seed_hash=server_seed_hash(server_seed),
        outcome=outcome,
        multiplier_numerator=multiplier.numerator,
        multiplier_denominator=multiplier.denominator,
        multiplier=multiplier.text(),
        payout_minor=None if stake_minor is None else multiplier.payout_minor(stake_minor),
    )
