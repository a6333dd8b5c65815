"""Payments: deposits and withdrawals of a player, and what the bank tells us."""

import json
from typing import Any

from http_layer.call import Answer, Call
from http_layer.problems import MALFORMED_JSON, VALIDATION_FAILED
from http_layer.rate import RateClass
from http_layer.routing import PLAYER, PUBLIC, route
from services.deposits import deposit_view, own_deposit, remember_charge
from services.payouts import must_ask_again, receive_payout_results, try_to_pay_out
from services.pix_notices import receive_payments
from services.profiles import read_profile
from services.rows import AFTER_EVERY_ID, integer, page_of
from services.withdrawals import (
    as_requested,
    own_account,
    own_withdrawal,
    remember_withdrawal,
    withdrawal_view,
)
from views.common import PageQuery
from views.payments import (
    DepositBody,
    DepositsView,
    DepositView,
    PaymentAccountsView,
    PayoutResultsView,
    ReceivedView,
    WithdrawalBody,
    WithdrawalsView,
    WithdrawalView,
)

from shared.payments import errors
from shared.payments.explanations import Language
from shared.payments.methods import CURRENCY_OF, check_method
from shared.payments.signature import HEADER
from shared.platform.ports import Record
from shared.wallet.errors import (
    ANSWER_ARCHIVED,
    CURRENCY_MISMATCH,
    DEPOSIT_NOT_FOUND,
    IDEMPOTENCY_KEY_CONFLICT,
    INSUFFICIENT_FUNDS,
    LIMIT_DEPOSIT,
    WALLET_FROZEN,
    WITHDRAWAL_NOT_FOUND,
)

_SIGNATURE_PROBLEMS = (
    errors.WEBHOOK_SIGNATURE_MISSING,
    errors.WEBHOOK_SIGNATURE_INVALID,
    errors.WEBHOOK_OUTSIDE_WINDOW,
    MALFORMED_JSON,
    VALIDATION_FAILED,
)


async def _command(call: Call[Any], kind: str, **payload: object) -> Answer:
    text = await call.house.wallets.execute(
        call.principal.subject_id, kind, call.key, call.principal.session_id, json.dumps(payload)
    )
    return Answer.from_wallet(text)


@route(
    "POST",
    "/v1/me/deposits",
    tag="Payments",
    summary="Open a PIX charge to pay into the wallet",
    auth=PLAYER,
    body=DepositBody,
    response=DepositView,
    status=201,
    idempotent=True,
    rate=RateClass.MONEY,
    problems=(
        ANSWER_ARCHIVED,
        CURRENCY_MISMATCH,
        WALLET_FROZEN,
        LIMIT_DEPOSIT,
        errors.PAYMENT_METHOD_FORBIDDEN,
        errors.PAYMENT_METHOD_UNKNOWN,
        IDEMPOTENCY_KEY_CONFLICT,
        errors.PAYMENT_PROVIDER_UNAVAILABLE,
    ),
)
async def open_deposit(call: Call[DepositBody]) -> Answer:
    method = check_method(call.body.method, call.house.settings.jurisdiction, call.now_ms)
    call.house.bank.check()
    answer = await _command(
        call,
        "deposit_request",
        amount_minor=call.body.amount_minor,
        currency=CURRENCY_OF[method],
        method=method,
    )
    row = await remember_charge(call.house, call.principal.subject_id, json.loads(str(answer.body)))
    # As it was opened, also when the answer is a replay and the charge has been paid since.
    opened = {**row, "status": "pending", "settled_at": None, "refusal": None}
    return Answer(
        answer.status,
        deposit_view(call.house, opened, integer(row["requested_at"])),
        answer.headers,
    )


@route(
    "GET",
    "/v1/me/deposits",
    tag="Payments",
    summary="Own deposits, newest first",
    auth=PLAYER,
    query=PageQuery,
    response=DepositsView,
    live_session=True,
)
async def list_deposits(call: Call[None]) -> DepositsView:
    page, cursor = await _own_page(call, "deposits", "deposit_id")
    items = [deposit_view(call.house, row, call.now_ms) for row in page]
    return DepositsView(items=items, next_cursor=cursor)


@route(
    "GET",
    "/v1/me/deposits/{deposit_id}",
    tag="Payments",
    summary="One deposit",
    auth=PLAYER,
    response=DepositView,
    live_session=True,
    problems=(DEPOSIT_NOT_FOUND,),
)
async def read_deposit(call: Call[None]) -> DepositView:
    row = await own_deposit(call.house, call.principal.subject_id, call.path["deposit_id"])
    return deposit_view(call.house, row, call.now_ms)


@route(
    "POST",
    "/v1/me/withdrawals",
    tag="Payments",
    summary="Withdraw to an account of one's own",
    auth=PLAYER,
    body=WithdrawalBody,
    response=WithdrawalView,
    status=201,
    idempotent=True,
    rate=RateClass.MONEY,
    problems=(
        ANSWER_ARCHIVED,
        CURRENCY_MISMATCH,
        WALLET_FROZEN,
        INSUFFICIENT_FUNDS,
        IDEMPOTENCY_KEY_CONFLICT,
        errors.PAYMENT_ACCOUNT_NOT_FOUND,
        errors.PAYMENT_PROVIDER_UNAVAILABLE,
    ),
)
async def request_withdrawal(call: Call[WithdrawalBody]) -> Answer:
    house, player_id = call.house, call.principal.subject_id
    house.bank.check()
    answer = await _command(
        call,
        "withdrawal_hold",
        amount_minor=call.body.amount_minor,
        currency=CURRENCY_OF["pix"],
        payment_account_id=await own_account(house, player_id, call.body.payment_account_id),
    )
    hold = json.loads(str(answer.body))
    row = await remember_withdrawal(house, player_id, hold, _language(call), call.now_ms)
    if row["status"] == "processing":
        call.defer(try_to_pay_out(house, row))
    return Answer(answer.status, as_requested(row), answer.headers)


@route(
    "GET",
    "/v1/me/withdrawals",
    tag="Payments",
    summary="Own withdrawals, newest first",
    auth=PLAYER,
    query=PageQuery,
    response=WithdrawalsView,
    live_session=True,
)
async def list_withdrawals(call: Call[None]) -> WithdrawalsView:
    page, cursor = await _own_page(call, "withdrawals", "withdrawal_id")
    language = _language(call)
    return WithdrawalsView(
        items=[withdrawal_view(row, language, call.now_ms) for row in page], next_cursor=cursor
    )


@route(
    "GET",
    "/v1/me/withdrawals/{withdrawal_id}",
    tag="Payments",
    summary="One withdrawal: its state, why, and until when",
    auth=PLAYER,
    response=WithdrawalView,
    live_session=True,
    problems=(WITHDRAWAL_NOT_FOUND,),
)
async def read_withdrawal(call: Call[None]) -> WithdrawalView:
    row = await own_withdrawal(call.house, call.principal.subject_id, call.path["withdrawal_id"])
    if must_ask_again(row, call.now_ms):
        call.defer(try_to_pay_out(call.house, row))
    return withdrawal_view(row, _language(call), call.now_ms)


@route(
    "GET",
    "/v1/me/payment-accounts",
    tag="Payments",
    summary="The accounts that withdrawals may go to: the player's own",
    auth=PLAYER,
    response=PaymentAccountsView,
    live_session=True,
)
async def list_payment_accounts(call: Call[None]) -> PaymentAccountsView:
    profile = await read_profile(call.house, call.principal.subject_id)
    return PaymentAccountsView(items=profile.payment_accounts, next_cursor=None)


@route(
    "POST",
    "/v1/webhooks/pix",
    tag="Webhooks",
    summary="The bank's notice of received PIX (API Pix of the Central Bank), signed",
    auth=PUBLIC,
    response=ReceivedView,
    rate=RateClass.MONEY,
    problems=_SIGNATURE_PROBLEMS,
)
async def hear_of_payments(call: Call[None]) -> ReceivedView:
    heard = await receive_payments(
        call.house, call.headers.get(HEADER.lower()), call.raw_body, call.now_ms
    )
    return ReceivedView(
        received=heard.received,
        credited=heard.credited,
        refunded=heard.refunded,
        unknown=heard.unknown,
    )


@route(
    "POST",
    "/v1/webhooks/pix/payouts",
    tag="Webhooks",
    summary="The bank's answer to payouts, signed",
    auth=PUBLIC,
    response=PayoutResultsView,
    rate=RateClass.MONEY,
    problems=_SIGNATURE_PROBLEMS,
)
async def hear_of_payouts(call: Call[None]) -> PayoutResultsView:
    received = await receive_payout_results(
        call.house, call.headers.get(HEADER.lower()), call.raw_body, call.now_ms
    )
    return PayoutResultsView(received=received)


async def _own_page(call: Call[None], table: str, key: str) -> tuple[list[Record], str | None]:
    """A page of the caller's rows of a table of this module."""
    wanted: PageQuery = call.query
    # Table and key are names of this module.
    rows = await call.house.db.query(
        f"SELECT * FROM {table} WHERE player_id = ? AND {key} < ? "  # noqa: S608
        f"ORDER BY {key} DESC LIMIT ?",
        call.principal.subject_id,
        wanted.cursor or AFTER_EVERY_ID,
        wanted.limit + 1,
    )
    return page_of(rows, wanted.limit, key)


def _language(call: Call[Any]) -> Language:
    wanted = (call.headers.get("accept-language") or "").strip().lower()
    return "en" if wanted.startswith("en") else "pt-BR"


ROUTES = (
    open_deposit,
    list_deposits,
    read_deposit,
    request_withdrawal,
    list_withdrawals,
    read_withdrawal,
    list_payment_accounts,
    hear_of_payments,
    hear_of_payouts,
)
