"""The route table of the API: every route of every context, collected by name."""

from typing import Final

from http_layer.routing import Route

from routes import (
    audit_trail,
    fairness,
    games,
    harm,
    harm_desk,
    health,
    identity,
    kyc,
    ledger_ops,
    live,
    ops,
    payments,
    payments_desk,
    play,
    privacy,
    projection,
    protection,
    protection_desk,
    registers,
    sandbox,
    sandbox_registers,
    security,
    staff_auth,
    staff_security,
    stats,
    wallet,
)

ROUTES: Final[tuple[Route, ...]] = (
    *health.ROUTES,
    *stats.ROUTES,
    *games.ROUTES,
    *identity.ROUTES,
    *security.ROUTES,
    *kyc.ROUTES,
    *wallet.ROUTES,
    *audit_trail.ROUTES,
    *payments.ROUTES,
    *play.ROUTES,
    *live.ROUTES,
    *fairness.ROUTES,
    *protection.ROUTES,
    *harm.ROUTES,
    *staff_auth.ROUTES,
    *staff_security.ROUTES,
    *ops.ROUTES,
    *payments_desk.ROUTES,
    *ledger_ops.ROUTES,
    *protection_desk.ROUTES,
    *harm_desk.ROUTES,
    *projection.ROUTES,
    *registers.ROUTES,
    *privacy.ROUTES,
    *sandbox.ROUTES,
    *sandbox_registers.ROUTES,
)
"""Contexts add their `ROUTES` here, in the order in which the OpenAPI document shows them."""
