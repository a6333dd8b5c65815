"""Messages of player protection for their player, and the income that a player may declare."""

from http_layer.call import Call
from http_layer.routing import PLAYER, route
from services.harm_messages import declare_income, own_messages, seen
from views.harm import IncomeBody, IncomeView, MessagesQuery, MessagesView, SeenView

from shared.protection.errors import MESSAGE_NOT_FOUND

_TAG = "Player protection"


@route(
    "GET",
    "/v1/me/messages",
    tag=_TAG,
    summary="What the house told the player about their play, newest first",
    auth=PLAYER,
    query=MessagesQuery,
    response=MessagesView,
    live_session=True,
)
async def list_messages(call: Call[None]) -> MessagesView:
    return await own_messages(call.house, call.principal.subject_id, call.query)


@route(
    "POST",
    "/v1/me/messages/{message_id}/seen",
    tag=_TAG,
    summary="Say that a message that waits for nothing was read",
    auth=PLAYER,
    response=SeenView,
    live_session=True,
    problems=(MESSAGE_NOT_FOUND,),
)
async def mark_seen(call: Call[None]) -> SeenView:
    player_id = call.principal.subject_id
    return await seen(call.house, player_id, call.path["message_id"], call.now_ms)


@route(
    "PUT",
    "/v1/me/declared-income",
    tag=_TAG,
    summary="Say what is earned in a month, so that spending can be seen against it; null forgets",
    auth=PLAYER,
    body=IncomeBody,
    response=IncomeView,
    live_session=True,
)
async def set_income(call: Call[IncomeBody]) -> IncomeView:
    return await declare_income(
        call.house, call.principal.subject_id, call.body.monthly_minor, call.now_ms
    )


ROUTES = (list_messages, mark_seen, set_income)
