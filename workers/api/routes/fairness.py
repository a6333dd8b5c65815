"""Fairness: what is committed, what was revealed, and the recomputation of any round."""

import json
from dataclasses import asdict

from http_layer.call import Answer, Call
from http_layer.routing import PLAYER, PUBLIC, route
from views.play import FairnessView, RotateBody, RotationView, VerifiedRoundView, VerifyRoundBody

from routes.wallet import ask_wallet
from shared.games.catalogue import CATALOGUE
from shared.games.errors import GAME_NOT_FOUND, INVALID_PARAMS
from shared.games.verification import verify_round
from shared.kernel.errors import Rejected
from shared.wallet.errors import ROUND_OPEN, WALLET_FROZEN


@route(
    "GET",
    "/v1/me/fairness",
    tag="Fairness",
    summary="The commitment in force and the seeds revealed so far",
    auth=PLAYER,
    response=FairnessView,
)
async def read_fairness(call: Call[None]) -> Answer:
    return await ask_wallet(call, "fairness")


@route(
    "POST",
    "/v1/me/fairness/rotate",
    tag="Fairness",
    summary="Reveal the server seed and commit to the next one",
    auth=PLAYER,
    body=RotateBody,
    response=RotationView,
    problems=(WALLET_FROZEN, ROUND_OPEN),
)
async def rotate_seed(call: Call[RotateBody]) -> Answer:
    payload = call.body.model_dump(exclude_none=True)
    text = await call.house.wallets.execute(
        call.principal.subject_id,
        "seed_rotate",
        call.key,
        call.principal.session_id,
        json.dumps(payload),
    )
    return Answer.from_wallet(text)


@route(
    "POST",
    "/v1/fairness/verify",
    tag="Fairness",
    summary="Recompute a round from its seeds",
    auth=PUBLIC,
    body=VerifyRoundBody,
    response=VerifiedRoundView,
    problems=(GAME_NOT_FOUND, INVALID_PARAMS),
)
async def recompute_round(call: Call[VerifyRoundBody]) -> VerifiedRoundView:
    claim = call.body
    version = await call.house.db.first(
        "SELECT rtp_bps FROM game_versions WHERE game_id = ? AND version = ?",
        claim.game_id,
        claim.game_version,
    )
    if version is None:
        raise Rejected(GAME_NOT_FOUND, f"{claim.game_id} has no version {claim.game_version}.")
    rtp_bps = version["rtp_bps"]
    assert isinstance(rtp_bps, int)
    verified = verify_round(
        CATALOGUE,
        game_id=claim.game_id,
        rtp_bps=rtp_bps,
        params=claim.params,
        server_seed=claim.server_seed,
        client_seed=claim.client_seed,
        nonce=claim.nonce,
        stake_minor=claim.stake_minor,
    )
    return VerifiedRoundView(**asdict(verified))


ROUTES = (read_fairness, rotate_seed, recompute_round)
