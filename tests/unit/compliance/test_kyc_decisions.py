"""The states of an identity check, each arrow and each refusal."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.compliance.age import Age, Reading
from shared.compliance.errors import (
    KYC_BIRTH_DATE_DIFFERS,
    KYC_DECIDED,
    KYC_INCOMPLETE,
    KYC_REFUSED_BY_PROVIDER,
    KYC_SCREENING_OPEN,
    KYC_UNDERAGE,
)
from shared.compliance.evidence import (
    Document,
    DocumentStatus,
    Opinion,
    complete_level,
    missing_kinds,
    newest_of_each_kind,
    refused_kinds,
    vouched_kinds,
)
from shared.compliance.kyc import (
    Case,
    Decision,
    Findings,
    Verdict,
    after_match,
    after_upload,
    decide,
    effective_status,
)
from shared.compliance.rules import DocumentKind, IdentityRules
from shared.kernel.errors import Problem, Rejected
from shared.kernel.times import DAY_MS, local_date

RULES = IdentityRules(("id_front", "id_back", "selfie"), ("proof_of_address",), 730, True)
NOW = 1_795_356_900_000
BORN = date(1990, 5, 17)
PHOTOS: frozenset[DocumentKind] = frozenset({"id_front", "id_back"})
LEVEL_1: tuple[DocumentKind, ...] = RULES.level_1


class Desk:
    """A case and its documents as the house keeps them."""

    def __init__(self) -> None:
        self.case = Case()
        self.documents: list[Document] = []
        self.now = NOW
        self.flagged = False
        self.outcome: Any = None
        self.matches: tuple[str, ...] = ()
        self.is_waived = False
        self.seen: tuple[date, ...] = ()

    def send(
        self,
        *kinds: DocumentKind,
        opinion: Opinion = "not_asked",
        vouches: frozenset[DocumentKind] = frozenset(),
    ) -> "Desk":
        for kind in kinds:
            new = Document(f"{len(self.documents):04}", kind, "received", opinion, vouches)
            verdict = after_upload(
                self.case,
                self.documents,
                new,
                rules=RULES,
                is_flagged=self.flagged,
                now_ms=self.now,
            )
            self.documents.append(new)
            self._take(verdict)
        return self

    def decide(self, decision: Decision, *kinds: DocumentKind) -> "Desk":
        self._take(
            decide(
                self.case,
                self.documents,
                decision,
                rules=RULES,
                open_matches=self.matches,
                findings=Findings(self.outcome, frozenset(kinds), self.is_waived),
                age=Age(BORN, self._readings(), 18, local_date(self.now)),
                now_ms=self.now,
            )
        )
        return self

    def _readings(self) -> tuple[Reading, ...]:
        return tuple(Reading(str(born), born, "provider", 0, 0) for born in self.seen)

    def _take(self, verdict: Verdict) -> None:
        if verdict.case != self.case:
            assert verdict.case.version > self.case.version
        self.case = verdict.case
        self.documents = [
            replace(d, status=verdict.documents.get(d.document_id, d.status))
            for d in self.documents
        ]

    @property
    def statuses(self) -> dict[str, DocumentStatus]:
        return {d.document_id: d.status for d in self.documents}


def refusal(desk: Desk, decision: Decision) -> Problem:
    before = (desk.case, list(desk.documents))
    with pytest.raises(Rejected) as refused:
        desk.decide(decision)
    assert (desk.case, desk.documents) == before
    return refused.value.rejection.problem


def test_a_set_goes_to_review_when_its_last_document_is_there() -> None:
    desk = Desk().send("id_front", "selfie")
    assert (desk.case.status, desk.case.waiting_since) == ("pending", None)
    assert missing_kinds(desk.documents, RULES) == ("id_back",)
    desk.send("id_back")
    assert (desk.case.status, desk.case.waiting_since, desk.case.level) == ("in_review", NOW, 0)
    assert missing_kinds(desk.documents, RULES) == ("proof_of_address",)


def test_a_newer_document_of_a_kind_takes_the_place_of_the_one_that_waits() -> None:
    desk = Desk().send("id_front", "id_front")
    assert desk.statuses == {"0000": "replaced", "0001": "received"}


def test_an_approval_accepts_the_set_and_holds_for_two_years() -> None:
    desk = Desk().send(*LEVEL_1).decide("approve")
    assert desk.case.status == "approved"
    assert (desk.case.level, desk.case.waiting_since) == (1, None)
    assert desk.case.expires_at == NOW + 730 * DAY_MS
    assert set(desk.statuses.values()) == {"accepted"}


def test_with_the_address_the_level_is_two() -> None:
    desk = Desk().send(*LEVEL_1, "proof_of_address").decide("approve")
    assert desk.case.level == 2
    assert missing_kinds(desk.documents, RULES) == ()


def test_nobody_approves_without_a_complete_set() -> None:
    desk = Desk().send("id_front", "selfie", "proof_of_address")
    assert refusal(desk, "approve") is KYC_INCOMPLETE
    assert refusal(Desk(), "approve") is KYC_INCOMPLETE


def test_a_further_document_of_an_approved_player_waits_and_takes_nothing_away() -> None:
    desk = Desk().send(*LEVEL_1).decide("approve")
    until = desk.case.expires_at
    desk.now += DAY_MS
    desk.send("proof_of_address")
    assert (desk.case.status, desk.case.level) == ("approved", 1)
    assert desk.case.waiting_since == desk.now
    desk.decide("approve")
    assert (desk.case.level, desk.case.expires_at) == (2, until)


def test_rejecting_a_further_document_leaves_the_approval() -> None:
    desk = Desk().send(*LEVEL_1).decide("approve").send("proof_of_address").decide("reject")
    assert (desk.case.status, desk.case.level, desk.case.waiting_since) == ("approved", 1, None)
    assert desk.statuses["0003"] == "rejected"
    assert desk.statuses["0000"] == "accepted"


def test_what_is_decided_is_decided_once() -> None:
    approved = Desk().send(*LEVEL_1).decide("approve")
    assert refusal(approved, "approve") is KYC_DECIDED
    assert refusal(approved, "reject") is KYC_DECIDED
    rejected = Desk().send(*LEVEL_1).decide("reject")
    assert refusal(rejected, "reject") is KYC_DECIDED
    assert refusal(rejected, "approve") is KYC_INCOMPLETE
    assert refusal(rejected, "reverify") is KYC_DECIDED


def test_after_a_rejection_a_new_set_goes_to_review_again() -> None:
    desk = Desk().send(*LEVEL_1).decide("reject")
    assert set(desk.statuses.values()) == {"rejected"}
    desk.send("id_front")
    assert desk.case.status == "pending"
    assert desk.send("id_back", "selfie").case.status == "in_review"


def test_a_rejection_of_one_document_asks_for_that_one_only() -> None:
    desk = Desk().send(*LEVEL_1).decide("reject", "selfie")
    assert desk.case.status == "rejected"
    assert missing_kinds(desk.documents, RULES) == ("selfie",)
    assert desk.send("selfie").case.status == "in_review"


def test_reverification_takes_the_approval_and_its_documents_away() -> None:
    desk = Desk().send(*LEVEL_1).decide("approve").decide("reverify")
    assert (desk.case.status, desk.case.level, desk.case.expires_at) == ("expired", 0, None)
    assert set(desk.statuses.values()) == {"expired"}
    desk.send("id_front", "id_back")
    assert desk.case.status == "expired"
    assert desk.send("selfie").case.status == "in_review"


def test_an_approval_ends_by_itself_at_its_millisecond() -> None:
    desk = Desk().send(*LEVEL_1).decide("approve")
    end = NOW + 730 * DAY_MS
    assert effective_status(desk.case, end - 1) == "approved"
    assert effective_status(desk.case, end) == "expired"
    desk.now = end
    desk.send("proof_of_address")
    assert (desk.case.status, desk.case.level) == ("expired", 0)
    assert desk.statuses["0000"] == "expired"
    assert refusal(desk, "approve") is KYC_INCOMPLETE


def test_a_match_with_a_list_opens_a_review_whatever_the_state() -> None:
    desk = Desk()
    desk.flagged = True
    desk.send("id_front")
    assert (desk.case.status, desk.case.waiting_since) == ("in_review", NOW)
    approved = Desk().send(*LEVEL_1).decide("approve")
    assert after_match(approved.case, NOW + 1).status == "in_review"
    waiting = Desk().send(*LEVEL_1).case
    assert after_match(waiting, NOW + 1) == waiting


@pytest.mark.parametrize(
    ("matches", "outcome", "is_open"),
    [
        (("pep",), None, True),
        (("pep",), "accepted_pep", False),
        (("pep",), "false_positive", False),
        (("sanction",), None, True),
        (("sanction",), "accepted_pep", True),
        (("sanction", "pep"), "accepted_pep", True),
        (("sanction",), "false_positive", False),
    ],
)
def test_a_match_must_be_resolved_before_an_approval(
    matches: tuple[str, ...], outcome: str | None, is_open: bool
) -> None:
    desk = Desk().send(*LEVEL_1)
    desk.matches, desk.outcome = matches, outcome
    if is_open:
        assert refusal(desk, "approve") is KYC_SCREENING_OPEN
    else:
        assert desk.decide("approve").case.status == "approved"


def test_looking_again_at_old_documents_does_not_make_them_newer() -> None:
    desk = Desk().send(*LEVEL_1).decide("approve")
    until = desk.case.expires_at
    desk.now += 700 * DAY_MS
    desk.case = after_match(desk.case, desk.now)
    desk.decide("approve")
    assert desk.case.expires_at == until
    desk.case = after_match(desk.case, desk.now)
    desk.now += 30 * DAY_MS
    assert refusal(desk, "approve") is KYC_INCOMPLETE


def test_a_provider_that_vouches_for_the_photos_makes_a_selfie_enough() -> None:
    desk = Desk().send("selfie", opinion="passed", vouches=PHOTOS)
    assert (desk.case.status, missing_kinds(desk.documents, RULES)) == (
        "in_review",
        ("proof_of_address",),
    )
    desk.decide("approve")
    assert (desk.case.status, desk.case.level, desk.statuses) == (
        "approved",
        1,
        {"0000": "accepted"},
    )


@pytest.mark.parametrize("opinion", ["failed", "unsure", "not_asked"])
def test_a_document_that_did_not_pass_vouches_for_nothing(opinion: Opinion) -> None:
    desk = Desk().send("selfie", opinion=opinion, vouches=PHOTOS)
    assert desk.case.status == "pending"
    assert vouched_kinds(desk.documents) == frozenset()
    assert refusal(desk, "approve") is KYC_INCOMPLETE


def test_a_newer_selfie_that_fails_takes_the_vouching_away() -> None:
    desk = Desk().send("selfie", opinion="passed", vouches=PHOTOS).send("selfie", opinion="failed")
    assert refusal(desk, "approve") is KYC_INCOMPLETE


def test_an_analysts_no_to_a_document_outweighs_the_provider() -> None:
    desk = Desk().send("id_front").send("selfie", opinion="passed", vouches=PHOTOS)
    desk.decide("reject", "id_front")
    assert missing_kinds(desk.documents, RULES) == ("id_front",)
    assert desk.send("id_front").case.status == "in_review"
    assert desk.decide("approve").case.status == "approved"


def test_refusing_a_kind_that_nobody_sent_refuses_what_vouches_for_it() -> None:
    desk = Desk().send("selfie", opinion="passed", vouches=PHOTOS).decide("reject", "id_back")
    assert (desk.case.status, desk.statuses) == ("rejected", {"0000": "rejected"})
    assert missing_kinds(desk.documents, RULES) == LEVEL_1


def test_what_the_provider_refused_one_person_cannot_approve() -> None:
    desk = Desk().send("id_front", "id_back").send("selfie", opinion="failed")
    assert refused_kinds(desk.documents) == ("selfie",)
    assert refusal(desk, "approve") is KYC_REFUSED_BY_PROVIDER
    desk.is_waived = True
    assert desk.decide("approve").case.status == "approved"


def test_two_people_may_do_without_documents_and_vouch_for_no_address() -> None:
    desk = Desk().send("proof_of_address")
    desk.is_waived = True
    assert (desk.decide("approve").case.level, desk.case.status) == (1, "approved")


def test_nobody_waives_a_match_or_an_age() -> None:
    desk = Desk().send(*LEVEL_1)
    desk.is_waived, desk.matches = True, ("sanction",)
    assert refusal(desk, "approve") is KYC_SCREENING_OPEN
    desk.seen = (date(2010, 1, 1),)
    assert refusal(desk, "approve") is KYC_UNDERAGE


def test_the_age_counts_by_the_document_on_the_day_in_sao_paulo() -> None:
    desk = Desk().send(*LEVEL_1)
    desk.seen = (date(2008, 11, 23),)
    assert refusal(desk, "approve") is KYC_UNDERAGE
    desk.seen = (date(2008, 11, 22),)
    assert refusal(desk, "approve") is KYC_BIRTH_DATE_DIFFERS
    desk.seen = (BORN,)
    assert desk.decide("approve").case.status == "approved"


STEPS = st.lists(
    st.one_of(
        st.sampled_from(["id_front", "id_back", "selfie", "proof_of_address"]),
        st.sampled_from(["approve", "reject", "reverify"]),
        st.integers(0, 800),
    ),
    max_size=40,
)


@given(STEPS)
def test_whatever_happens_an_approval_stands_on_a_complete_accepted_set(
    steps: list[str | int],
) -> None:
    desk = Desk()
    for step in steps:
        if isinstance(step, int):
            desk.now += step * DAY_MS
        elif step in ("approve", "reject", "reverify"):
            try:
                desk.decide(step)  # type: ignore[arg-type]
            except Rejected:
                continue
        else:
            desk.send(step)  # type: ignore[arg-type]
        status = effective_status(desk.case, desk.now)
        accepted = [d for d in desk.documents if d.status == "accepted"]
        if status == "approved":
            assert complete_level(accepted, RULES) == desk.case.level > 0
        if desk.case.status in ("expired", "rejected", "pending"):
            assert desk.case.level == 0
            assert desk.case.expires_at is None
        waiting = [d.kind for d in desk.documents if d.status == "received"]
        assert len(waiting) == len(set(waiting))
        assert len(newest_of_each_kind(desk.documents)) <= 4
