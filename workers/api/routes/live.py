"""Live play: who may upgrade, and the hand-over of the client to the wallet object (ADR 10)."""

from http_layer.call import Answer, Call
from http_layer.intake import offered_bearer
from http_layer.problems import ORIGIN_REFUSED, UPGRADE_REQUIRED
from http_layer.rate import RateClass
from http_layer.routing import PLAYER, route

from shared.kernel.errors import Rejected
from shared.wallet.errors import SESSION_EXPIRED, WALLET_NOT_FOUND
from shared.wallet.live import MESSAGES_PER_SECOND, PROTOCOL, HandOver

_PROTOCOLS = "sec-websocket-protocol"


@route(
    "GET",
    "/v1/play",
    tag="Play",
    summary="Play over a WebSocket: the same rounds, under the same keys (docs/live.md)",
    auth=PLAYER,
    status=101,
    rate=RateClass.WRITE,
    upgrade=True,
    problems=(UPGRADE_REQUIRED, ORIGIN_REFUSED, SESSION_EXPIRED, WALLET_NOT_FOUND),
)
async def play_live(call: Call[None]) -> Answer:
    headers, house, player = call.headers, call.house, call.principal
    if (headers.get("upgrade") or "").lower() != "websocket":
        raise Rejected(UPGRADE_REQUIRED, "Open it with Upgrade: websocket.")
    _refuse_other_sites(headers.get("origin"), headers.get("host"))
    protocols = headers.get(_PROTOCOLS)
    authorization = headers.get("authorization") or offered_bearer(protocols) or ""
    handed = HandOver(
        session_id=player.session_id,
        opened_at=call.now_ms,
        expires_at=house.tokens.expires_at_ms(
            authorization.partition(" ")[2], "player", call.now_ms
        ),
        per_second=MESSAGES_PER_SECOND * house.settings.rate_limit_scale,
        games=await house.games.in_force_text_now(call.now_ms),
        address=house.addresses.of(call.client_ip),
    )
    socket = await house.live_wallets.hand_over(player.subject_id, handed.encode())
    if isinstance(socket, str):
        return Answer.from_wallet(socket)
    offered = [name.strip() for name in (protocols or "").split(",")]
    chosen = {"Sec-WebSocket-Protocol": PROTOCOL} if PROTOCOL in offered else {}
    return Answer(101, "", chosen, socket)


def _refuse_other_sites(origin: str | None, host: str | None) -> None:
    """A browser always says which page asks; a client that is none sends no Origin."""
    if origin is not None and origin.partition("://")[2] != host:
        raise Rejected(ORIGIN_REFUSED, "Only pages of this site may open it.")


ROUTES = (play_live,)
