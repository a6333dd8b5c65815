"""A sample of the matrix of routes and callers on the real runtime; all of it runs natively."""

from collections.abc import Iterator

import httpx
import pytest
from e2e.edge import Edge
from e2e.player import Caller, Player, fresh_key, join, own_address, problem, staff
from role_matrix import STAFF, Operation, operations

EVERY = 3
"""Every third route, by the order of the document; another sample with every new route."""
SAMPLE = tuple(operations())[::EVERY]


@pytest.fixture(scope="module")
def callers(edge: Edge) -> Iterator[dict[str, Caller]]:
    with edge.client() as client:
        everybody: dict[str, Caller] = {"nobody": Caller(client, own_address())}
        everybody["player"] = join(client)
        for role in STAFF:
            everybody[role] = staff(client, role)
        yield everybody


def ask(one: Operation, caller: Caller) -> httpx.Response:
    body = one.body if one.has_body else None
    return caller.send(one.method, one.address, body, key=fresh_key())


@pytest.mark.parametrize("one", SAMPLE, ids=str)
def test_a_route_refuses_whom_the_design_does_not_name(
    callers: dict[str, Caller], one: Operation
) -> None:
    for name, caller in callers.items():
        if one.lets_in(name):
            continue
        if name == "nobody":
            problem(ask(one, caller), 401, "token_missing")
        elif name == "player" or one.allowed == {"player"}:
            problem(ask(one, caller), 401, "token_invalid")
        else:
            problem(ask(one, caller), 403, "forbidden")


@pytest.mark.parametrize("one", [one for one in SAMPLE if one.method == "GET"], ids=str)
def test_a_route_lets_in_whom_the_design_names(callers: dict[str, Caller], one: Operation) -> None:
    for name, caller in callers.items():
        if one.lets_in(name):
            reply = ask(one, caller)
            assert reply.status_code not in (401, 403), (name, reply.text)
            assert reply.status_code < 500, (name, reply.text)


def test_what_is_one_players_is_not_there_for_another(client: httpx.Client) -> None:
    owner, other = join(client, funds_minor=1_000), join(client)
    deposit = owner.request_deposit(500)
    session = owner.open_game()
    played = owner.play(session["session_id"], 100)
    exported = owner.post("/v1/me/data-exports").json()
    for path, code in (
        (f"/v1/me/deposits/{deposit['deposit_id']}", "deposit_not_found"),
        (f"/v1/me/rounds/{played['round_id']}", "round_not_found"),
        (f"/v1/me/data-exports/{exported['export_id']}", "data_export_not_found"),
    ):
        assert owner.get(path).status_code == 200, path
        problem(other.get(path), 404, code)


def test_a_players_id_opens_nothing_for_staff_who_may_not(
    client: httpx.Client, callers: dict[str, Caller]
) -> None:
    person: Player = join(client)
    for role in STAFF:
        reply = callers[role].get(f"/v1/ops/kyc/{person.player_id}")
        if role in ("kyc", "admin"):
            assert reply.status_code == 200
        else:
            problem(reply, 403, "forbidden")
