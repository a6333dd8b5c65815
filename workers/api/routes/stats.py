"""Live counters of the platform, read from the projection."""

from http_layer.call import Call
from http_layer.routing import PUBLIC, route
from views.ops import StatsView

from shared.reporting.stats import platform_stats


@route(
    "GET",
    "/v1/stats",
    tag="Platform",
    summary="Players, rounds, stakes, wins, actual RTP and the state of the projection",
    auth=PUBLIC,
    response=StatsView,
)
async def read_stats(call: Call[None]) -> StatsView:
    return StatsView.model_validate(await platform_stats(call.house.db, call.now_ms))


ROUTES = (read_stats,)
