"""The desk's view of payments: money that arrived and has no owner."""

from http_layer.call import Call
from http_layer.routing import route, staff
from services.rows import integer, page_of
from services.suspense import suspense, suspense_before
from views.payments_desk import SuspenseQuery, SuspenseView, UnownedPaymentView

from shared.kernel.times import MINUTE_MS, rfc3339
from shared.platform.ports import Record, SqlValue


@route(
    "GET",
    "/v1/ops/payments/suspense",
    tag="Operators: payments",
    summary="Received PIX that belong to nobody yet, newest first, with their age",
    auth=staff("finance", "admin", "auditor"),
    query=SuspenseQuery,
    response=SuspenseView,
)
async def list_suspense(call: Call[None]) -> SuspenseView:
    wanted: SuspenseQuery = call.query
    rows = await suspense_before(call.house, wanted.cursor, wanted.limit + 1)
    page, cursor = page_of(rows, wanted.limit, "place")
    whole = await suspense(call.house)
    return SuspenseView(
        count=whole.count,
        amount_minor=whole.amount_minor,
        oldest_at=_time(whole.oldest_at),
        items=[_unowned(row, call.now_ms) for row in page],
        next_cursor=cursor,
    )


def _unowned(row: Record, now_ms: int) -> UnownedPaymentView:
    received_at = integer(row["received_at"])
    return UnownedPaymentView.model_validate(
        {
            "end_to_end_id": row["end_to_end_id"],
            "txid": row["txid"],
            "amount_minor": row["amount_minor"],
            "paid_at": _time(row["paid_at"]),
            "received_at": rfc3339(received_at),
            "age_minutes": max(now_ms - received_at, 0) // MINUTE_MS,
            "outcome": row["outcome"],
            "refusal": row["refusal"],
        }
    )


def _time(at_ms: SqlValue) -> str | None:
    return rfc3339(at_ms) if isinstance(at_ms, int) else None


ROUTES = (list_suspense,)
