"""Who is handed over to the wallet, and with what: `GET /v1/play` before there is a socket."""

import asyncio
import secrets
from typing import Any

import pytest
from api_under_test import World, run
from http_layer.call import Incoming, Outgoing
from http_layer.intake import offered_bearer

from shared.identity.model import Principal
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.wallet.live import PROTOCOL, HandOver

HOST = "casino.example"


@pytest.fixture
def player(world: World) -> Principal:
    """A player with a wallet."""
    now_ms = world.clock.now_ms()
    one, two = (uuid7(now_ms, secrets.token_bytes(RANDOM_BYTES_PER_ID)) for _ in range(2))
    world.wallets.opened[one] = {}
    return Principal(one, two, None)


def token_of(world: World, player: Principal) -> str:
    now_ms = world.clock.now_ms()
    token_id = uuid7(now_ms, secrets.token_bytes(RANDOM_BYTES_PER_ID))
    return world.house.tokens.issue(player, "player", now_ms, token_id)


def upgrade(world: World, **headers: str) -> Outgoing:
    """The response to an upgrade with these headers; a `None` socket is none."""
    sent = {"upgrade": "websocket", "host": HOST, "cf-connecting-ip": "192.0.2.7"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}

    async def no_body(_limit: int) -> bytes:
        return b""

    incoming = Incoming(
        method="GET",
        path="/v1/play",
        query="",
        headers=sent,
        read=no_body,
        defer=asyncio.ensure_future,
    )
    return run(world.app.handle(incoming))


def code(outgoing: Outgoing) -> Any:
    assert outgoing.socket is None
    assert outgoing.headers["Content-Type"] == "application/problem+json"
    assert isinstance(outgoing.body, str)
    return outgoing.body.partition('"code": "')[2].partition('"')[0]


def test_a_player_is_handed_over_with_what_the_token_proves(
    world: World, player: Principal
) -> None:
    answer = upgrade(world, authorization=f"Bearer {token_of(world, player)}")
    assert (answer.status, answer.socket) == (101, ("socket", player.subject_id))
    assert "Sec-WebSocket-Protocol" not in answer.headers
    [(handed_to, handed)] = world.wallets.handed_over
    offer = HandOver.decode(handed)
    now_ms = world.clock.now_ms()
    assert handed_to == player.subject_id
    assert (offer.session_id, offer.opened_at) == (player.session_id, now_ms)
    assert offer.expires_at == now_ms // 1000 * 1000 + 600_000
    assert offer.per_second == 20_000, "twenty a second, times the sandbox's scale"
    assert offer.games.startswith('{"dice":[')


def test_a_browser_offers_its_token_as_a_subprotocol_and_gets_only_the_name_back(
    world: World, player: Principal
) -> None:
    token = token_of(world, player)
    answer = upgrade(world, sec_websocket_protocol=f"{PROTOCOL}, bearer.{token}")
    assert answer.status == 101
    assert answer.headers["Sec-WebSocket-Protocol"] == PROTOCOL
    assert token not in str(answer.headers)
    assert token not in str(world.log)


def test_a_header_beats_an_offered_token(world: World, player: Principal) -> None:
    good, bad = f"Bearer {token_of(world, player)}", f"{PROTOCOL}, bearer.nonsense"
    assert upgrade(world, authorization=good, sec_websocket_protocol=bad).status == 101
    bad_header = upgrade(
        world,
        authorization="Bearer nonsense",
        sec_websocket_protocol=f"{PROTOCOL}, bearer.{token_of(world, player)}",
    )
    assert code(bad_header) == "token_invalid"


@pytest.mark.parametrize("offer", [None, "", PROTOCOL, "bearer", "bearer.", f"{PROTOCOL}, bearer."])
def test_who_offers_no_token_is_not_let_in(world: World, offer: str | None) -> None:
    headers = {} if offer is None else {"sec_websocket_protocol": offer}
    answer = upgrade(world, **headers)
    assert (answer.status, code(answer)) == (401, "token_missing")
    assert world.wallets.handed_over == []


def test_an_offered_token_opens_no_other_address(world: World, player: Principal) -> None:
    offer = {"sec-websocket-protocol": f"{PROTOCOL}, bearer.{token_of(world, player)}"}
    assert world.call("GET", "/v1/me/wallet", headers=offer).code == "token_missing"


def test_an_expired_token_and_one_of_staff_are_refused(world: World, player: Principal) -> None:
    token = token_of(world, player)
    world.clock.advance(600_000)
    assert code(upgrade(world, authorization=f"Bearer {token}")) == "token_expired"
    staff = Principal(player.subject_id, player.session_id, "admin")
    now_ms = world.clock.now_ms()
    token = world.house.tokens.issue(staff, "staff", now_ms, player.session_id)
    assert code(upgrade(world, authorization=f"Bearer {token}")) == "token_invalid"


@pytest.mark.parametrize("wanted", ["", "h2c", "web socket"])
def test_what_is_no_upgrade_to_a_websocket_is_told_so(
    world: World, player: Principal, wanted: str
) -> None:
    answer = upgrade(world, authorization=f"Bearer {token_of(world, player)}", upgrade=wanted)
    assert (answer.status, code(answer)) == (426, "upgrade_required")


@pytest.mark.parametrize("origin", [f"https://{HOST}", f"http://{HOST}"])
def test_a_page_of_this_site_may_open_it(world: World, player: Principal, origin: str) -> None:
    token = token_of(world, player)
    assert upgrade(world, authorization=f"Bearer {token}", origin=origin).status == 101


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", f"https://{HOST}.evil.example", f"https://{HOST}:8443", "null", ""],
)
def test_a_page_of_another_site_may_not(world: World, player: Principal, origin: str) -> None:
    token = token_of(world, player)
    answer = upgrade(world, authorization=f"Bearer {token}", origin=origin)
    assert (answer.status, code(answer)) == (403, "origin_refused")
    assert world.wallets.handed_over == []


def test_what_the_wallet_refuses_is_refused_as_over_http(world: World, player: Principal) -> None:
    world.wallets.opened.clear()
    answer = upgrade(world, authorization=f"Bearer {token_of(world, player)}")
    assert (answer.status, code(answer)) == (404, "wallet_not_found")


def test_the_word_about_the_games_is_read_anew_for_a_hand_over(
    world: World, player: Principal
) -> None:
    upgrade(world, authorization=f"Bearer {token_of(world, player)}")
    world.change("UPDATE game_versions SET enabled = 0 WHERE status = 'active'")
    run(world.house.cache.delete("games:in-force:v1"))
    world.clock.advance(5_000)
    upgrade(world, authorization=f"Bearer {token_of(world, player)}")
    before, after = (HandOver.decode(handed).games for _, handed in world.wallets.handed_over)
    assert (before, after) == ('{"dice":[1,1]}', '{"dice":[1,0]}')


@pytest.mark.parametrize(
    ("offer", "found"),
    [
        (None, None),
        ("acme.play.v1", None),
        ("bearer.a.b.c", "Bearer a.b.c"),
        ("acme.play.v1,bearer.a.b.c", "Bearer a.b.c"),
        (" bearer.a , bearer.b", "Bearer a"),
    ],
)
def test_a_token_is_found_among_the_offers(offer: str | None, found: str | None) -> None:
    assert offered_bearer(offer) == found
