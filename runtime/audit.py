"""Check an exported statement without trusting the house: `make audit FILE=… [ANCHOR=…]`.

    python3 runtime/audit.py statement.json [more.json …] --anchor proof.json --anchor anchors.json

This file needs nothing but Python 3.10 or newer: it shares no code with the platform, calls nobody,
and can be read in one sitting. A statement is what `GET /v1/me/wallet/export` gives, in one file or
several. An anchor file is a proof (`GET /v1/me/wallet/anchors/{day}`) or published anchors
(`GET /v1/audit/anchors`, or `anchor.json` of the archive), best taken from somewhere that is not
the house. `web/js/audit.js` does the same in a browser; both have to pass
`tests/vectors/audit.json`. A wallet whose old books are closed begins with its `opening`, which an
event BOOKS_CLOSED of the statement has to tell word by word. Laws, in the order in which they are
checked:

    of a statement  format, one_wallet, gapless, linked, hash, time, amount, fold, never_negative,
                    opening
    of anchors      anchor_hash, anchor_chain, leaf, path, root
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

GENESIS = "0" * 64
HASHED = (
    "seq",
    "event_id",
    "type",
    "schema_version",
    "amount_minor",
    "cash_delta",
    "bonus_delta",
    "held_delta",
    "round_id",
    "game_version",
    "idempotency_key",
    "causation_id",
    "recorded_at",
    "data",
)
BUCKETS = ("cash", "bonus", "held")
MAY_GO_BELOW_ZERO = ("ROLLBACK", "ADJUSTMENT")
ANCHORED = (
    "day",
    "root",
    "leaves",
    "missing",
    "previous",
    "audit_seq",
    "audit_hash",
    "made_at",
    "previous_hash",
)

Json = dict[str, Any]


class LawBroken(Exception):
    """A law does not hold; `at` is the seq of the event, or the day of the anchor."""

    def __init__(self, law: str, at: int | str | None) -> None:
        super().__init__(law)
        self.law = law
        self.at = at


@dataclass
class Report:
    """What was found; `law` is None when everything holds. `proved` has the days whose proof leads
    from this statement to a root, `published` those of them whose root is in a published anchor,
    `archived` those whose event lies in closed books. `closed_seq` is the event behind which the
    statement begins; `opening` is "untold" when the event that tells it is in a later piece.
    """

    ok: bool = False
    law: str | None = None
    broken_at: int | str | None = None
    player_id: str = ""
    currency: str = ""
    events: int = 0
    head_hash: str = GENESIS
    recorded_at: int = 0
    balances: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))
    totals: dict[str, int] = field(default_factory=dict)
    proved: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)
    closed_seq: int = 0
    opening: str | None = None


def audit(pieces: Sequence[Json], anchors: Sequence[Json]) -> Report:
    """Check the pieces of one statement, and then what the anchor files say about it."""
    report = Report()
    try:
        events = _events(pieces)
        opening = _begin(report, pieces, events)
        for event in events:
            _follow(report, event)
        if opening is not None:
            _check_opening(report, pieces, events, opening)
        _check_anchors(report, events, anchors)
    except LawBroken as broken:
        report.law, report.broken_at = broken.law, broken.at
    report.ok = report.law is None
    return report


def event_hash(event: Json) -> str:
    """SHA-256 over the previous hash and the decided members, as `JSON.stringify` writes them."""
    decided = _compact([event[name] for name in HASHED])
    return hashlib.sha256((event["prev_hash"] + decided).encode()).hexdigest()


def anchor_hash(anchor: Json) -> str:
    """SHA-256 over the members of a published anchor; the last is the hash of the one before."""
    members = ["acme.anchor/1", *(anchor[name] for name in ANCHORED)]
    return hashlib.sha256(_compact(members).encode()).hexdigest()


def root_of(proof: Json) -> str | None:
    """The root that a proof leads to; None when its path does not fit its tree (RFC 9162
    §2.1.3.2, over the hashes of RFC 6962 §2.1).
    """
    index, last = proof["index"], proof["leaves"] - 1
    node = hashlib.sha256(b"\x00" + proof["leaf"].encode()).digest()
    if not 0 <= index <= last:
        return None
    for sibling in map(bytes.fromhex, proof["path"]):
        if last == 0:
            return None
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        index, last = index // 2, last // 2
    return node.hex() if last == 0 else None


def _events(pieces: Sequence[Json]) -> list[Json]:
    events: list[Json] = []
    needed = {*HASHED, "player_id", "currency", "prev_hash", "hash"}
    needed |= {f"{bucket}_after" for bucket in BUCKETS}
    for piece in pieces:
        if piece.get("format") != "acme.statement/1" or not isinstance(piece.get("events"), list):
            raise LawBroken("format", None)
        for event in piece["events"]:
            if not isinstance(event, dict) or not needed <= event.keys():
                raise LawBroken("format", None)
        events += piece["events"]
    if not events:
        raise LawBroken("format", None)
    return sorted(events, key=lambda event: int(event["seq"]))


def _begin(report: Report, pieces: Sequence[Json], events: Sequence[Json]) -> Json | None:
    """Stand where the statement begins: before the first event, or behind closed books."""
    for opening in (piece["opening"] for piece in pieces if piece.get("opening")):
        if opening["closed_seq"] + 1 == events[0]["seq"]:
            report.events = report.closed_seq = opening["closed_seq"]
            report.head_hash, report.recorded_at = opening["closed_hash"], opening["closed_through"]
            report.balances = {bucket: opening[f"{bucket}_minor"] for bucket in BUCKETS}
            return dict(opening)
    return None


def _check_opening(
    report: Report, pieces: Sequence[Json], events: Sequence[Json], opening: Json
) -> None:
    told = [json.loads(event["data"]) for event in events if event["type"] == "BOOKS_CLOSED"]
    last = max(pieces, key=lambda piece: max(int(event["seq"]) for event in piece["events"]))
    if opening in told:
        report.opening = "told"
    elif last.get("next_cursor") is not None:
        report.opening = "untold"
    else:
        raise LawBroken("opening", report.closed_seq)


def _follow(report: Report, event: Json) -> None:
    seq = event["seq"]
    if not report.player_id:
        report.player_id, report.currency = event["player_id"], event["currency"]
    if (event["player_id"], event["currency"]) != (report.player_id, report.currency):
        raise LawBroken("one_wallet", seq)
    if seq != report.events + 1:
        raise LawBroken("gapless", report.events + 1)
    if event["prev_hash"] != report.head_hash:
        raise LawBroken("linked", seq)
    if event_hash(event) != event["hash"]:
        raise LawBroken("hash", seq)
    if event["recorded_at"] < report.recorded_at:
        raise LawBroken("time", seq)
    _fold(report, event)
    report.events, report.head_hash, report.recorded_at = seq, event["hash"], event["recorded_at"]


def _fold(report: Report, event: Json) -> None:
    deltas = [event[f"{bucket}_delta"] for bucket in BUCKETS]
    moved = max(sum(d for d in deltas if d > 0), -sum(d for d in deltas if d < 0))
    if moved != event["amount_minor"]:
        raise LawBroken("amount", event["seq"])
    for bucket, delta in zip(BUCKETS, deltas, strict=True):
        report.balances[bucket] += delta
        if report.balances[bucket] != event[f"{bucket}_after"]:
            raise LawBroken("fold", event["seq"])
        if delta < 0 and report.balances[bucket] < 0 and event["type"] not in MAY_GO_BELOW_ZERO:
            raise LawBroken("never_negative", event["seq"])
    total = report.totals.get(event["type"], 0)
    report.totals[event["type"]] = total + event["amount_minor"]


def _check_anchors(report: Report, events: Sequence[Json], files: Sequence[Json]) -> None:
    published = {anchor["day"]: anchor for anchor in _anchors(files)}
    for day in sorted(published):
        if anchor_hash(published[day]) != published[day]["hash"]:
            raise LawBroken("anchor_hash", day)
    for page in files:
        # A page of the list has no gap, newest first: each anchor names the one below it.
        for newer, older in pairwise(page.get("items", ())):
            if (newer["previous"], newer["previous_hash"]) != (older["root"], older["hash"]):
                raise LawBroken("anchor_chain", newer["day"])
    for proof in files:
        if "path" in proof:
            _check_proof(report, events, proof, published)


def _check_proof(
    report: Report, events: Sequence[Json], proof: Json, published: Mapping[str, Json]
) -> None:
    day, seq = proof["day"], proof["seq"]
    place = seq - report.closed_seq
    stated = events[place - 1]["hash"] if 1 <= place <= len(events) else None
    if place == 0:
        stated = events[0]["prev_hash"]
    is_archived = seq < report.closed_seq
    if not is_archived and proof["leaf"] != _compact([report.player_id, seq, stated]):
        raise LawBroken("leaf", day)
    root = root_of(proof)
    if root is None or root != proof["root"]:
        raise LawBroken("path", day)
    if day in published:
        if (root, proof["leaves"]) != (published[day]["root"], published[day]["leaves"]):
            raise LawBroken("root", day)
        if not is_archived:
            report.published.append(day)
    (report.archived if is_archived else report.proved).append(day)


def _anchors(files: Sequence[Json]) -> Iterable[Json]:
    for file in files:
        if "items" in file:
            yield from file["items"]
        elif "previous_hash" in file:
            yield file
        elif "path" not in file:
            raise LawBroken("format", None)


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def money(minor: int, currency: str) -> str:
    """`BRL -12.34`: integers all the way."""
    whole, cents = divmod(abs(minor), 100)
    return f"{currency} {'-' if minor < 0 else ''}{whole}.{cents:02d}"


def text(report: Report) -> str:
    """The report for a person."""
    if not report.ok:
        place = "" if report.broken_at is None else f" at {report.broken_at}"
        return f"REFUTED: the law '{report.law}' does not hold{place}"
    lines = [
        f"wallet       {report.player_id}",
        f"events       {report.events - report.closed_seq}, chain and balances recomputed",
        f"head         {report.head_hash}",
    ]
    lines += [f"{name:<12} {money(m, report.currency)}" for name, m in report.balances.items()]
    lines += [
        f"  {name:<20} {money(m, report.currency)}"
        for name, m in sorted(report.totals.items())
        if m
    ]
    lines += [
        f"anchored     {day}, "
        + (
            "under the published root"
            if day in report.published
            else "root not compared: no anchor"
        )
        for day in report.proved
    ]
    if report.opening is not None:
        lines.append(
            f"begins       behind event {report.closed_seq}, books closed: {report.opening}"
        )
    lines += [f"archived     {day}, its event is in closed books" for day in report.archived]
    return "\n".join([*lines, "PROVED: the statement holds"])


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when everything holds, 1 when something is refuted, 2 when a file cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("statements", nargs="+", type=Path, metavar="statement.json")
    parser.add_argument("--anchor", action="append", default=[], type=Path, metavar="anchor.json")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    wanted = parser.parse_args(arguments)
    try:
        statements = [_read(path) for path in wanted.statements]
        anchors = [_read(path) for path in wanted.anchor]
        report = audit(statements, anchors)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"This cannot be read as a statement or an anchor: {error!r}", file=sys.stderr)
        return 2
    print(_compact(asdict(report)) if wanted.json else text(report))
    return 0 if report.ok else 1


def _read(path: Path) -> Json:
    document = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict):
        raise TypeError(f"{path} holds no JSON object")
    return document


if __name__ == "__main__":
    sys.exit(main())
