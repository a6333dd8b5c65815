"""Decisions about identity checks: by an analyst or, against a provider or without a whole set, by
two people. A decision stands in the transaction of its entry in the log of actions, and the wallet
is told of it afterwards, until it has it.

An override is an approval (`services.approvals`): proposed by one, decided by another, and carried
out under the approval's id, which is the id of its decision too: once, however often it is asked
for. Nobody overrides an age or a match with a list. A decision is about the case as it was seen: a
document, a match or a reading that came since moved its version, and must be looked at first. A
version never comes back, so an override of a case that moved is refused for good.

What an analyst read as a birth date is kept before anything is decided on it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from services.audit import Action, carry_out
from services.container import House
from services.kyc_age import age_of, remember_reading, settle
from services.kyc_fact import try_to_tell_wallet
from services.kyc_screening import open_matches, resolve, screen
from services.kyc_store import Found, change_case, find_case, identity_rules, open_case
from services.proposals import Approved, Kind, Proposal
from shared.compliance.age import Age, open_underage
from shared.compliance.errors import KYC_DECIDED, KYC_SCREENING_OPEN
from shared.compliance.evidence import newest_of_each_kind
from shared.compliance.kyc import (
    Decision,
    Findings,
    ReasonCode,
    ScreeningOutcome,
    Verdict,
    decide,
)
from shared.identity.model import Principal, Role
from shared.kernel.canonical import canonical_json
from shared.kernel.errors import Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import DAY_MS
from shared.platform.ports import Record, Statement

_DECIDED: Final = (
    "INSERT INTO kyc_decisions (decision_id, player_id, decision, from_status, to_status, level,"
    " reason, reason_code, outcome, evidence, actor_id, actor_role, decided_at)"
    " SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"
    " WHERE EXISTS (SELECT 1 FROM kyc_cases k WHERE k.player_id = ? AND k.version = ?)"
)
_UNSEEN: Final = "A match was found since. Look at the evidence again, then decide or propose anew."
_MOVED: Final = "The case changed since. Look at it again, then decide or propose anew."
_DECIDERS: Final[frozenset[Role]] = frozenset({"kyc", "admin"})
OVERRIDE_DAYS: Final = 30
"""How long an override may be approved, and sent again when it was refused (the house's choice)."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is decided. `reason` stays in the house, the player reads `reason_code`; `version` is
    that of the case which was looked at (None: the newest when it is decided); `born` is the birth
    date that an analyst read on a document; `override` are the two people of one.
    """

    decision: Decision
    reason: str
    reason_code: ReasonCode
    findings: Findings
    version: int | None = None
    born: date | None = None
    override: Approved | None = None


class _AlreadyRuledError(Exception):
    pass


async def rule(
    house: House, analyst: Principal, player_id: str, ruling: Ruling, now_ms: int
) -> Found:
    """Decide a case; the case after it.

    Raises:
        Rejected: KYC_CASE_NOT_FOUND, KYC_DECIDED when the case moved since it was seen, or a
            refusal of `shared.compliance.kyc.decide`.
    """
    before = await find_case(house, player_id)
    await open_case(house, player_id)
    decision_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    if ruling.override is not None:
        decision_id = ruling.override.approval_id
    found_now = await screen(house, before, now_ms)
    if ruling.born is not None:
        await remember_reading(house, analyst, before, ruling.born, now_ms)
    seen = before.case.version if ruling.version is None else ruling.version
    # This reading and these matches moved the case, each by one, and nobody else did.
    expected = seen + (ruling.born is not None) + found_now

    async def plan() -> Action:
        if ruling.override is not None and await _is_ruled(house, decision_id):
            raise _AlreadyRuledError
        found = await find_case(house, player_id)
        if found.case.version != expected:
            raise Rejected(KYC_DECIDED, _MOVED)
        matches = await open_matches(house, player_id)
        age = await age_of(house, found, now_ms)
        verdict = decide(
            found.case,
            found.documents,
            ruling.decision,
            rules=identity_rules(house, now_ms),
            open_matches=_kinds(matches),
            findings=ruling.findings,
            age=age,
            now_ms=now_ms,
        )
        statements = _statements(found, verdict, analyst, ruling, decision_id, age, now_ms)
        if ruling.decision == "approve" and ruling.findings.outcome is not None:
            if found_now:
                raise Rejected(KYC_SCREENING_OPEN, _UNSEEN, matches=sorted(_kinds(matches)))
            statements.insert(1, resolve(found, matches, ruling.findings.outcome, now_ms))
        data = {
            "decision_id": decision_id,
            "from": found.case.status,
            "to": verdict.case.status,
            "level": verdict.case.level,
            "reason_code": _reason_for_player(ruling),
            "screening": ruling.findings.outcome,
            "documents": sorted(verdict.documents),
        }
        action = "override" if ruling.override else ruling.decision
        return Action(f"kyc.{action}", player_id, data, statements)

    _, decided = await carry_out(house, analyst, now_ms, plan)
    if not decided:
        raise Rejected(KYC_DECIDED, _MOVED)
    await try_to_tell_wallet(house, player_id)
    return await find_case(house, player_id)


async def override_proposal(
    house: House, player_id: str, reason: str, findings: Findings, version: int | None
) -> Proposal:
    """What a second person is asked for; `version` is that of the case which the first has seen
    (None: the newest).

    Raises:
        Rejected: KYC_CASE_NOT_FOUND.
    """
    found = await find_case(house, player_id)
    subject = {
        "player_id": player_id,
        "screening": findings.outcome,
        "settles_age": findings.settles_age,
    }
    counting = newest_of_each_kind(found.documents).values()
    seen = {
        "version": found.case.version if version is None else version,
        "documents": sorted(one.document_id for one in counting),
    }
    return Proposal(
        "kyc_override",
        "kyc.override.propose",
        player_id,
        subject,
        reason,
        seen=seen,
        keeps_words=True,
    )


async def _override(house: House, approved: Approved, now_ms: int) -> str | None:
    """The code of the refusal, None when the case is approved."""
    subject = approved.subject
    player_id = str(subject["player_id"])
    outcome = cast("ScreeningOutcome | None", subject["screening"])
    ruling = Ruling(
        decision="approve",
        reason=approved.reason,
        reason_code="not_confirmed",
        findings=Findings(
            outcome=outcome, is_waived=True, settles_age=bool(subject.get("settles_age"))
        ),
        # One from before proposals said which version it was about is about none.
        version=int(subject.get("version", -1)),
        override=approved,
    )
    checker = Principal(approved.checker_id, "", await _role(house, approved.checker_id))
    try:
        await rule(house, checker, player_id, ruling, now_ms)
    except _AlreadyRuledError:
        await try_to_tell_wallet(house, player_id)
    except Rejected as refused:
        return refused.rejection.problem.code
    return None


KYC_OVERRIDE: Final = Kind(
    _DECIDERS, carry_out=_override, keeps_words=True, holds_ms=OVERRIDE_DAYS * DAY_MS
)


def _kinds(matches: Iterable[Record]) -> frozenset[str]:
    return frozenset(str(row["kind"]) for row in matches)


async def _role(house: House, staff_id: str) -> Role:
    row = await house.db.first("SELECT role FROM staff WHERE staff_id = ?", staff_id)
    assert row is not None
    return cast("Role", row["role"])


async def _is_ruled(house: House, decision_id: str) -> bool:
    known = "SELECT 1 FROM kyc_decisions WHERE decision_id = ?"
    return await house.db.first(known, decision_id) is not None


def _statements(
    found: Found,
    verdict: Verdict,
    analyst: Principal,
    ruling: Ruling,
    decision_id: str,
    age: Age,
    now_ms: int,
) -> list[Statement]:
    code, outcome = _reason_for_player(ruling), ruling.findings.outcome
    row = (
        decision_id,
        found.player_id,
        ruling.decision,
        found.case.status,
        verdict.case.status,
        verdict.case.level,
        ruling.reason,
        code,
        outcome,
        canonical_json(_evidence(found, verdict, ruling, age)),
        analyst.subject_id,
        analyst.role,
        now_ms,
    )
    own = [Statement(_DECIDED, (*row, *found.at))]
    if ruling.findings.settles_age:
        own.append(settle(found, age))
    moved = change_case(
        found,
        verdict,
        reason_code=code,
        document_reasons={} if code is None else {"rejected": code, "expired": code},
        now_ms=now_ms,
    )
    return [*own, *moved]


def _evidence(found: Found, verdict: Verdict, ruling: Ruling, age: Age) -> dict[str, object]:
    evidence: dict[str, object] = {
        "documents": {
            str(row["document_id"]): {"kind": row["kind"], "sha256": row["sha256"]}
            for row in found.rows
            if row["status"] in ("received", "accepted")
        },
        "changed": dict(verdict.documents),
    }
    vouched = {one.document_id: sorted(one.vouches) for one in found.documents if one.vouches}
    if vouched:
        evidence["vouched"] = vouched
    if ruling.findings.settles_age:
        evidence["age_settled"] = sorted(one.source for one in open_underage(age))
    if ruling.override is not None:
        evidence["override"] = {
            "approval_id": ruling.override.approval_id,
            "maker_id": ruling.override.maker_id,
            "checker_id": ruling.override.checker_id,
        }
    return evidence


def _reason_for_player(ruling: Ruling) -> str | None:
    if ruling.decision == "approve":
        return None
    return "reverification" if ruling.decision == "reverify" else ruling.reason_code
