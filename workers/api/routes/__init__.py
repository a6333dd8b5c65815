"""The route table of the API: every route of every context, collected by name."""

from typing import Final

from http_layer.routing import Route
from routes import health, identity, staff_auth

ROUTES: Final[tuple[Route, ...]] = (
    *health.ROUTES,
    *identity.ROUTES,
    *staff_auth.ROUTES,
)
"""Contexts add their `ROUTES` here, in the order in which the OpenAPI document shows them."""
