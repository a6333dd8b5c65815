"""What exists in the sandbox profile only: a bank that pays, and a clock that can be moved."""

import json

from http_layer.call import Call
from http_layer.routing import PLAYER, PUBLIC, route
from services.bank import SandboxBank
from services.pix_notices import receive_payments
from services.rows import integer
from views.payments import ClockBody, ClockView, PaidView, SandboxPayBody

from shared.kernel.errors import Rejected
from shared.kernel.times import rfc3339
from shared.payments.errors import CHARGE_EXPIRED
from shared.wallet.answer import decode_answer
from shared.wallet.errors import DEPOSIT_NOT_FOUND


@route(
    "POST",
    "/v1/sandbox/pix/{txid}/pay",
    tag="Sandbox",
    summary="The bettor's bank pays a charge, from their own account or from payer_cpf's",
    auth=PUBLIC,
    body=SandboxPayBody,
    response=PaidView,
    sandbox_only=True,
    problems=(DEPOSIT_NOT_FOUND, CHARGE_EXPIRED),
)
async def pay_charge(call: Call[SandboxPayBody]) -> PaidView:
    house, txid = call.house, call.path["txid"]
    bank = house.bank
    assert isinstance(bank, SandboxBank)
    row = await house.db.first(
        "SELECT d.deposit_id, d.amount_minor, d.expires_at, p.player_id, p.cpf_sealed "
        "FROM deposits d JOIN players p USING (player_id) WHERE d.txid = ?",
        txid,
    )
    if row is None:
        raise Rejected(DEPOSIT_NOT_FOUND, "There is no charge with this txid.")
    if call.now_ms >= integer(row["expires_at"]):
        raise Rejected(CHARGE_EXPIRED, "A bank pays a code until it expires.")
    payer = call.body.payer_cpf
    if payer is None:
        payer = await house.sealing.unseal(
            str(row["cpf_sealed"]), bound=f"player:{row['player_id']!s}:cpf"
        )
    payer = payer.replace(".", "").replace("-", "")
    amount_minor = integer(row["amount_minor"])
    end_to_end_id, notice = bank.payment(txid, amount_minor, payer, call.now_ms)
    await receive_payments(house, notice.signature, notice.body, call.now_ms)
    settled = await house.db.first("SELECT status FROM deposits WHERE txid = ?", txid)
    assert settled is not None
    return PaidView.model_validate(
        {"txid": txid, "end_to_end_id": end_to_end_id, "status": settled["status"]}
    )


@route(
    "POST",
    "/v1/sandbox/clock",
    tag="Sandbox",
    summary="Move the clock of the caller's own wallet forward",
    auth=PLAYER,
    body=ClockBody,
    response=ClockView,
    live_session=True,
    sandbox_only=True,
)
async def advance_clock(call: Call[ClockBody]) -> ClockView:
    answer = decode_answer(
        await call.house.wallets.execute(
            call.principal.subject_id,
            "clock_advance",
            "",
            call.principal.session_id,
            json.dumps({"advance_ms": call.body.advance_ms}),
        )
    )
    if answer.status >= 400:
        raise RuntimeError("the sandbox's wallet refused to move its clock")
    return ClockView(now=rfc3339(json.loads(answer.body)["now_ms"]))


ROUTES = (pay_charge, advance_clock)
