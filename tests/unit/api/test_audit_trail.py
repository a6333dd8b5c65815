"""Anchors, inclusion proofs and exported statements, as the API gives them."""

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pytest
from api_under_test import RecordingWallets, World
from e2e.people import registration

from shared.audit.anchors import SUBTREE_LEAVES, WalletHead, subtree_root, tree_root

DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")


@dataclass(frozen=True)
class Person:
    player_id: str
    token: str


def signed_up(world: World) -> Person:
    body = registration()
    made = world.call("POST", "/v1/players", body).json
    login = {"email": body["email"], "password": body["password"]}
    token = world.call("POST", "/v1/auth/login", login).json["access_token"]
    return Person(made["player_id"], token)


def anchor(world: World, day: str, heads: list[WalletHead]) -> str:
    """Store an anchor of these heads as the nightly job leaves it; returns the root."""
    roots = []
    for number, start in enumerate(range(0, len(heads), SUBTREE_LEAVES)):
        leaves = heads[start : start + SUBTREE_LEAVES]
        roots.append(subtree_root(leaves))
        row = (day, number, leaves[0].player_id, len(leaves), roots[-1])
        world.change("INSERT INTO anchor_subtrees VALUES (?, ?, ?, ?, ?)", *row)
    for head in heads:
        row_of_head = (day, head.player_id, head.seq, head.head_hash)
        world.change("INSERT INTO anchor_heads VALUES (?, ?, ?, ?)", *row_of_head)
    unique = sha256(day.encode()).hexdigest()
    root = tree_root(roots)
    world.change(
        "INSERT INTO anchors VALUES (?, ?, ?, 0, ?, 0, ?, 1, ?, ?)",
        *(day, root, len(heads), "0" * 64, "0" * 64, unique, unique[::-1]),
    )
    return root


def root_by_hand(proof: dict[str, Any]) -> str:
    """RFC 9162 §2.1.3.2, written again: from a leaf and its path to the root."""
    node = sha256(b"\x00" + proof["leaf"].encode()).digest()
    place, last = proof["index"], proof["leaves"] - 1
    for step in (bytes.fromhex(text) for text in proof["path"]):
        if place & 1 or place == last:
            node = sha256(b"\x01" + step + node).digest()
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            node = sha256(b"\x01" + node + step).digest()
        place >>= 1
        last >>= 1
    assert last == 0
    return node.hex()


def heads_around(player_id: str, others: int) -> list[WalletHead]:
    ids = sorted([player_id, *(f"{n:08x}-0000-7000-8000-000000000000" for n in range(others))])
    return [WalletHead(one, 7, sha256(one.encode()).hexdigest()) for one in ids]


def test_anchors_are_public_and_paged_newest_first(world: World) -> None:
    for day in DAYS:
        anchor(world, day, [])
    first = world.call("GET", "/v1/audit/anchors?limit=2").json
    assert [item["day"] for item in first["items"]] == ["2026-11-22", "2026-11-21"]
    second = world.call("GET", f"/v1/audit/anchors?limit=2&cursor={first['next_cursor']}").json
    assert [item["day"] for item in second["items"]] == ["2026-11-20"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("others", [0, 1, 6, 255, 256, 700])
def test_the_proof_leads_from_the_callers_leaf_to_the_published_root(
    world: World, others: int
) -> None:
    player = signed_up(world)
    root = anchor(world, DAYS[0], heads_around(player.player_id, others))
    proof = world.call("GET", f"/v1/me/wallet/anchors/{DAYS[0]}", token=player.token).json
    assert json.loads(proof["leaf"]) == [player.player_id, 7, proof["head_hash"]]
    assert proof["root"] == root
    assert root_by_hand(proof) == root


def test_a_day_without_an_anchor_and_an_anchor_without_the_wallet_are_told_apart(
    world: World,
) -> None:
    player = signed_up(world)
    anchor(world, DAYS[0], heads_around("ffffffff-0000-7000-8000-000000000000", 3))
    missing = world.call("GET", f"/v1/me/wallet/anchors/{DAYS[1]}", token=player.token)
    assert (missing.status, missing.code) == (404, "anchor_not_found")
    absent = world.call("GET", f"/v1/me/wallet/anchors/{DAYS[0]}", token=player.token)
    assert (absent.status, absent.code) == (404, "proof_not_found")
    odd = world.call("GET", "/v1/me/wallet/anchors/yesterday", token=player.token)
    assert odd.code == "anchor_not_found"


class Ledger(RecordingWallets):
    """A wallet of `count` events, those up to `closed` in closed books."""

    count = 0
    closed = 0

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str:
        assert kind == "event_range"
        first = self.closed + 1
        asked = json.loads(payload) or {"from_seq": first, "to_seq": first + 499}
        assert asked["to_seq"] - asked["from_seq"] < 500
        until = min(asked["to_seq"], self.count)
        body: dict[str, Any] = {
            "events": [{"seq": seq} for seq in range(asked["from_seq"], until + 1)]
        }
        if asked["from_seq"] == first > 1:
            body["opening"] = {"closed_seq": self.closed}
        return f"200 0 {json.dumps(body)}"


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1_999, 2_000, 4_321])
def test_the_export_has_every_event_once_in_order(world: World, count: int) -> None:
    player = signed_up(world)
    ledger = Ledger()
    ledger.count = count
    object.__setattr__(world.house, "wallets", ledger)
    seqs: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        query = f"?cursor={cursor}" if cursor else ""
        piece = world.call("GET", f"/v1/me/wallet/export{query}", token=player.token).json
        assert (piece["format"], piece["player_id"]) == ("acme.statement/1", player.player_id)
        assert len(piece["events"]) <= 2_000
        seqs += [event["seq"] for event in piece["events"]]
        cursor = piece["next_cursor"]
    assert seqs == list(range(1, count + 1))


def test_the_export_of_a_wallet_with_closed_books_begins_behind_them(world: World) -> None:
    player = signed_up(world)
    ledger = Ledger()
    ledger.count, ledger.closed = 3_000, 700
    object.__setattr__(world.house, "wallets", ledger)
    first = world.call("GET", "/v1/me/wallet/export", token=player.token).json
    assert first["opening"] == {"closed_seq": 700}
    assert [first["events"][0]["seq"], first["next_cursor"]] == [701, "2701"]
    rest = world.call("GET", "/v1/me/wallet/export?cursor=2701", token=player.token).json
    assert (rest["opening"], rest["events"][-1]["seq"]) == (None, 3_000)


def test_the_export_of_a_wallet_that_refuses_is_its_refusal(world: World) -> None:
    player = signed_up(world)
    refused = world.call("GET", "/v1/me/wallet/export", token=player.token)
    assert (refused.status, refused.code) == (404, "wallet_not_found")


def test_strangers_export_nothing(world: World) -> None:
    assert world.call("GET", "/v1/me/wallet/export").code == "token_missing"
    assert world.call("GET", f"/v1/me/wallet/anchors/{DAYS[0]}").code == "token_missing"
