"""Writes `tests/vectors/audit.json`: statements and anchors, true and forged, with the verdict.

    PYTHONPATH=src python tests/vectors/generate_audit.py

Everything is fixed, so the file is the same on every machine. Each forgery is a change of one
thing, and names the law that it has to break in every implementation of the audit.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from shared.audit.anchors import Anchor, WalletHead, prove, subtree_root
from shared.kernel.times import rfc3339
from shared.wallet.chain import link
from shared.wallet.model import Draft
from shared.wallet.store import head_before_opening

VECTORS = Path(__file__).with_name("audit.json")
PLAYER = "01938f6e-7c1a-7b3e-8f00-4a5b6c7d8e9f"
NOW_MS = 1_795_356_900_000
ROUND = "01938f6e-8000-7000-8000-000000000001"
ODD_TEXT = 'ação "🎲" \\ / \u0001\u001f\u007f\u2028\n\té'
"""Texts that JSON writers are known to write differently."""

type Json = dict[str, Any]
type Forge = Callable[[Json], object]


def _draft(number: int, type_: Any, amount: int = 0, **more: Any) -> Draft:
    event_id = f"01938f6e-7c1a-7000-8000-{number:012d}"
    return Draft(event_id=event_id, type=type_, amount_minor=amount, **{"data": {}} | more)


def statement() -> Json:
    """A true statement of one player."""
    drafts = (
        _draft(1, "OPENED", data={"player_id": PLAYER}),
        _draft(2, "DEPOSIT", 10_000, cash_delta=10_000, data={"note": ODD_TEXT}),
        _draft(3, "BONUS_CREDIT", 500, bonus_delta=500, data={"grant_id": "g"}),
        _draft(4, "BET", 700, cash_delta=-200, bonus_delta=-500, round_id=ROUND, game_version="1"),
        _draft(5, "WIN", 900, cash_delta=900, round_id=ROUND, causation_id="c"),
        _draft(6, "WITHDRAWAL_HELD", 4_000, cash_delta=-4_000, held_delta=4_000),
        _draft(7, "WITHDRAWAL", 4_000, held_delta=-4_000),
        _draft(8, "ROLLBACK", 900, cash_delta=-900, data={"of": "WIN", "reason": ODD_TEXT}),
    )
    head = head_before_opening(PLAYER, "BRL", "br")
    events = link(head, drafts, "key with spaces?", NOW_MS)
    who = {"player_id": PLAYER, "currency": "BRL"}
    return {
        "format": "acme.statement/1",
        "player_id": PLAYER,
        "events": [who | asdict(event) for event in events],
        "next_cursor": None,
    }


def anchors(told: Json) -> tuple[Json, list[Json]]:
    """A page of two anchors, newest first, and the proof of the statement under each."""
    published: list[Json] = []
    proofs: list[Json] = []
    previous = previous_hash = "0" * 64
    for day, seq in (("2026-11-22", 5), ("2026-11-23", 8)):
        heads = [WalletHead(PLAYER, seq, told["events"][seq - 1]["hash"])]
        others = (f"0{n}938f6e-0000-7000-8000-000000000000" for n in (0, 2, 3, 4, 5, 6))
        heads += [WalletHead(one, 3, sha256(one.encode()).hexdigest()) for one in others]
        heads.sort(key=lambda head: head.player_id)
        root = subtree_root(heads)
        anchor = Anchor(day, root, len(heads), 0, previous, 7, "ab" * 32, NOW_MS, previous_hash)
        shown = asdict(anchor) | {"made_at": rfc3339(NOW_MS), "hash": anchor.hash}
        published.insert(0, shown)
        previous, previous_hash = root, anchor.hash
        proof = prove(heads, PLAYER, [root], 0, len(heads))
        mine = next(head for head in heads if head.player_id == PLAYER)
        proofs.append(
            {
                "day": day,
                "leaf": mine.leaf,
                "player_id": PLAYER,
                "seq": seq,
                "head_hash": mine.head_hash,
                "index": proof.index,
                "leaves": len(heads),
                "path": list(proof.path),
                "root": root,
            }
        )
    return {"items": published, "next_cursor": None}, proofs


def closed() -> Json:
    """The same player's statement after books were closed over the first four events."""
    whole = statement()
    fourth = whole["events"][3]
    opening = {
        "book": 1,
        "from_seq": 1,
        "closed_seq": 4,
        "closed_hash": fourth["hash"],
        "closed_through": NOW_MS,
        "cash_minor": fourth["cash_after"],
        "bonus_minor": fourth["bonus_after"],
        "held_minor": fourth["held_after"],
        "answers": 3,
        "opening_sha256": "cd" * 32,
        "manifest_sha256": "ef" * 32,
    }
    last = whole["events"][-1]
    head = replace(
        head_before_opening(PLAYER, "BRL", "br"),
        seq=last["seq"],
        hash=last["hash"],
        cash_minor=last["cash_after"],
    )
    (told,) = link(head, (_draft(9, "BOOKS_CLOSED", data=opening),), None, NOW_MS)
    who = {"player_id": PLAYER, "currency": "BRL"}
    return whole | {"opening": opening, "events": [*whole["events"][4:], who | asdict(told)]}


def vectors() -> Json:
    """The document: each case has files, the expected verdict, and why."""
    told = statement()
    page, proofs = anchors(told)
    files: Json = {"statements": [told], "anchors": [page, *proofs]}
    true: Json = {"why": "a true statement under two published roots", "law": None, "at": None}
    cases = [true | files]
    for why, law, at, forge in _FORGERIES:
        verdict: Json = {"why": why, "law": law, "at": at}
        cases.append(verdict | _forged(files, forge))
    behind: Json = {"statements": [closed()], "anchors": [page, *proofs]}
    for why, law, at, forge in _BEHIND_CLOSED_BOOKS:
        told_case: Json = {"why": why, "law": law, "at": at}
        cases.append(told_case | _forged(behind, forge))
    return {"about": "docs/proof.md", "cases": cases}


def _forged(files: Json, forge: Forge) -> Json:
    other = copy.deepcopy(files)
    forge(other)
    return other


def _event(files: Json, seq: int) -> Json:
    found: Json = files["statements"][0]["events"][seq - 1]
    return found


def _rehash(files: Json, from_seq: int) -> None:
    """Make the chain true again from an event on, as a forger with the whole ledger would."""
    events = files["statements"][0]["events"]
    for place in range(from_seq - 1, len(events)):
        event = events[place]
        event["prev_hash"] = events[place - 1]["hash"] if place else "0" * 64
        names = (
            *("seq", "event_id", "type", "schema_version", "amount_minor", "cash_delta"),
            *("bonus_delta", "held_delta", "round_id", "game_version", "idempotency_key"),
            *("causation_id", "recorded_at", "data"),
        )
        text = json.dumps([event[n] for n in names], separators=(",", ":"), ensure_ascii=False)
        event["hash"] = sha256((event["prev_hash"] + text).encode()).hexdigest()


def _rewrite(seq: int, **changes: object) -> Forge:
    def forge(files: Json) -> None:
        _event(files, seq).update(changes)
        _rehash(files, seq)

    return forge


def _change(seq: int, **changes: object) -> Forge:
    return lambda files: _event(files, seq).update(changes)


def _split(files: Json) -> None:
    events = files["statements"][0]["events"]
    files["statements"] = [
        files["statements"][0] | {"events": part} for part in (events[5:], events[:5])
    ]


_FORGERIES: tuple[tuple[str, str | None, int | str | None, Forge], ...] = (
    ("the same in two pieces, the later one first", None, None, _split),
    ("no anchors", None, None, lambda files: files.update(anchors=[])),
    ("another format", "format", None, lambda f: f["statements"][0].update(format="other")),
    ("no events", "format", None, lambda f: f["statements"][0].update(events=[])),
    ("a member is missing", "format", None, lambda f: _event(f, 3).pop("bonus_delta")),
    ("an event of somebody else", "one_wallet", 4, _change(4, player_id="another")),
    ("another currency", "one_wallet", 4, _change(4, currency="EUR")),
    ("an event left out", "gapless", 4, lambda f: f["statements"][0]["events"].pop(3)),
    ("the first event left out", "gapless", 1, lambda f: f["statements"][0]["events"].pop(0)),
    ("an event twice", "gapless", 5, lambda f: f["statements"].append(_one(f, 4))),
    ("a changed amount", "hash", 2, _change(2, amount_minor=10_001)),
    ("a changed text", "hash", 2, _change(2, data='{"note":"x"}')),
    ("a changed link", "linked", 5, _change(5, prev_hash="0" * 64)),
    ("a changed hash", "hash", 5, _change(5, hash="0" * 64)),
    ("time runs backwards", "time", 5, _rewrite(5, recorded_at=NOW_MS - 1)),
    ("the amount is not what moved", "amount", 5, _rewrite(5, amount_minor=901)),
    ("a balance that does not follow", "fold", 5, _change(5, cash_after=99_999)),
    (
        "a bet beyond the balance",
        "never_negative",
        4,
        _rewrite(4, amount_minor=10_700, cash_delta=-10_200, cash_after=-200),
    ),
    (
        "a ledger written anew in full, against the anchored head",
        "leaf",
        "2026-11-22",
        _rewrite(2, data="{}"),
    ),
    (
        "an anchor with another root",
        "anchor_hash",
        "2026-11-23",
        lambda f: f["anchors"][0]["items"][0].update(root="0" * 64),
    ),
    (
        "an anchor that follows another one",
        "anchor_chain",
        "2026-11-23",
        lambda f: _reseal(f["anchors"][0]["items"][0], previous="1" * 64),
    ),
    (
        "a proof that leads elsewhere",
        "path",
        "2026-11-22",
        lambda f: f["anchors"][1].update(index=f["anchors"][1]["index"] ^ 1),
    ),
    (
        "a proof that is too short",
        "path",
        "2026-11-22",
        lambda f: f["anchors"][1]["path"].pop(),
    ),
    (
        "a proof under a root that was not published",
        "root",
        "2026-11-23",
        lambda f: _reseal(f["anchors"][0]["items"][0], root="2" * 64),
    ),
)


def _opening(files: Json) -> Json:
    found: Json = files["statements"][0]["opening"]
    return found


def _untold(files: Json, *, cursor: str | None) -> None:
    files["statements"][0]["events"].pop()
    files["statements"][0]["next_cursor"] = cursor


def _told_otherwise(files: Json) -> None:
    event = files["statements"][0]["events"][-1]
    event["data"] = event["data"].replace("ef" * 32, "00" * 32)
    names = (
        *("seq", "event_id", "type", "schema_version", "amount_minor", "cash_delta"),
        *("bonus_delta", "held_delta", "round_id", "game_version", "idempotency_key"),
        *("causation_id", "recorded_at", "data"),
    )
    text = json.dumps([event[n] for n in names], separators=(",", ":"), ensure_ascii=False)
    event["hash"] = sha256((event["prev_hash"] + text).encode()).hexdigest()


_BEHIND_CLOSED_BOOKS: tuple[tuple[str, str | None, int | str | None, Forge], ...] = (
    ("closed books, told by their event", None, None, lambda _: None),
    (
        "closed books, the event that tells them in a later piece",
        None,
        None,
        lambda files: _untold(files, cursor="9"),
    ),
    (
        "closed books that no event tells",
        "opening",
        4,
        lambda files: _untold(files, cursor=None),
    ),
    ("closed books that their event tells otherwise", "opening", 4, _told_otherwise),
    ("closed books without an opening", "gapless", 1, lambda f: f["statements"][0].pop("opening")),
    (
        "an opening with other balances",
        "fold",
        5,
        lambda files: _opening(files).update(cash_minor=99_999),
    ),
    (
        "an opening with another end",
        "linked",
        5,
        lambda files: _opening(files).update(closed_hash="0" * 64),
    ),
    (
        "an opening that is not the one told",
        "opening",
        4,
        lambda files: _opening(files).update(manifest_sha256="0" * 64),
    ),
    (
        "a proof of an archived event that leads elsewhere",
        "path",
        "2026-11-22",
        lambda files: files["anchors"].append(
            files["anchors"][1] | {"seq": 2, "index": files["anchors"][1]["index"] ^ 1}
        ),
    ),
    (
        "a proof of an archived event",
        None,
        None,
        lambda files: files["anchors"][1].update(seq=2),
    ),
)


def _one(files: Json, seq: int) -> Json:
    whole: Json = files["statements"][0]
    return whole | {"events": [copy.deepcopy(_event(files, seq))]}


def _reseal(anchor: Json, **changes: object) -> None:
    anchor.update(changes)
    names = ("day", "root", "leaves", "missing", "previous", "audit_seq", "audit_hash")
    members = ["acme.anchor/1", *(anchor[n] for n in (*names, "made_at", "previous_hash"))]
    text = json.dumps(members, separators=(",", ":"), ensure_ascii=False)
    anchor["hash"] = sha256(text.encode()).hexdigest()


def text() -> str:
    """The file: one case a line, in ASCII."""
    document = vectors()
    cases = ",\n".join(json.dumps(case, separators=(",", ":")) for case in document["cases"])
    return f'{{"about": "{document["about"]}", "cases": [\n{cases}\n]}}\n'


if __name__ == "__main__":
    VECTORS.write_text(text(), encoding="utf-8")
