"""The games and what they pay, shown before anyone bets (Portaria SPA/MF 1.207/2024; GLI-19
§4.4.1).
"""

from http_layer.call import Call
from http_layer.routing import PUBLIC, route
from services.catalogue import GameInForce
from views.play import GamesView, GameView

from shared.games.catalogue import CATALOGUE
from shared.games.errors import GAME_NOT_FOUND


def _view(game: GameInForce) -> GameView:
    description = CATALOGUE.describe(
        game.game_id, game.rtp_bps, game.min_stake_minor, game.max_stake_minor
    )
    own = {"name": game.name, "version": game.version, "enabled": game.enabled}
    return GameView.model_validate({**description, **own})


@route(
    "GET",
    "/v1/games",
    tag="Games",
    summary="Every game, its RTP, stakes, parameters and paytable",
    auth=PUBLIC,
    response=GamesView,
)
async def list_games(call: Call[None]) -> GamesView:
    games = await call.house.games.all(call.now_ms, call.defer)
    return GamesView(items=[_view(game) for game in games.values()], next_cursor=None)


@route(
    "GET",
    "/v1/games/{game_id}",
    tag="Games",
    summary="One game",
    auth=PUBLIC,
    response=GameView,
    problems=(GAME_NOT_FOUND,),
)
async def read_game(call: Call[None]) -> GameView:
    return _view(await call.house.games.get(call.path["game_id"], call.now_ms, call.defer))


ROUTES = (list_games, read_game)
