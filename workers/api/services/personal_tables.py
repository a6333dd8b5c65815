"""Every table of D1 that says something of a player: what its owner gets, and why the rest not.

A test compares this list with the schema, so a new table of people cannot be forgotten. What the
house thinks about a risk is not told to whom it is about: Lei 9.613/1998 art. 11 II forbids it. Of
people who work for the house a player learns the role, never who it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Holding:
    """A table of people. `owner` is its column of the player's id, `key` one that orders the rows
    of one player and never repeats; `columns` are exported, none of them for the reason `why_not`;
    of the rows, those for which the condition `only` holds.
    """

    columns: tuple[str, ...] = ()
    key: str = "rowid"
    owner: str = "player_id"
    why_not: str = ""
    only: str = "true"


_RISK: Final = "what the house thinks about a risk is not told (Lei 9.613/1998 art. 11 II)"
_COPY: Final = "a copy of the wallet's events, which are in the section wallet"
_PROOF: Final = "a secret, or what only proves one"
_WORK: Final = "where a job stands; it says nothing of a person"

_IDENTIFIED: Final = """EXISTS (SELECT 1 FROM players AS p WHERE p.player_id = {table}.player_id
  AND p.kyc_status IN ('approved', 'expired'))"""
"""Who has not shown who they are may have given somebody else's CPF: what a register says of it is
not told to them, nor that it said something."""
_NO_DUTY: Final = "purpose NOT IN ('aml_duty', 'authority_request')"
"""That somebody looked for these purposes is not told either (Lei 9.613/1998 art. 11 II)."""

HOLDINGS: Final[Mapping[str, Holding]] = {
    "players": Holding(why_not="opened in the section profile"),
    "credentials": Holding(owner="subject_id", why_not=_PROOF),
    "second_factors": Holding(owner="subject_id", why_not=_PROOF),
    "recovery_codes": Holding(owner="subject_id", why_not=_PROOF),
    "refresh_families": Holding(
        (
            "family_id",
            "created_at",
            "last_active_at",
            "revoked_at",
            "revoked_reason",
            "device",
            "country",
            "address_masked",
        ),
        "family_id",
        "subject_id",
    ),
    "access_events": Holding(
        ("event_id", "event", "device", "country", "address_masked", "happened_at"),
        "event_id",
        "subject_id",
    ),
    "geo_checks": Holding(
        ("check_id", "occasion", "verdict", "reason", "country", "checked_at"), "check_id"
    ),
    "payment_accounts": Holding(
        ("payment_account_id", "kind", "key_type", "created_at"), "payment_account_id"
    ),
    "deposits": Holding(
        (
            "deposit_id",
            "txid",
            "amount_minor",
            "currency",
            "status",
            "requested_at",
            "settled_at",
            "end_to_end_id",
            "refusal",
        ),
        "deposit_id",
    ),
    "withdrawals": Holding(
        (
            "withdrawal_id",
            "amount_minor",
            "currency",
            "status",
            "requested_at",
            "due_at",
            "settled_at",
            "end_to_end_id",
        ),
        "withdrawal_id",
    ),
    "wallet_events": Holding(why_not=_COPY),
    "rebuild_events": Holding(why_not=_COPY),
    "projection_heads": Holding(why_not=_COPY),
    "rebuild_heads": Holding(why_not=_COPY),
    "anchor_heads": Holding(why_not=_COPY),
    "archive_heads": Holding(why_not=_COPY),
    "archive_queue": Holding(why_not=_WORK),
    "dead_letters": Holding(why_not=_WORK),
    "rebuild_differences": Holding(why_not=_WORK),
    "aml_alerts": Holding(why_not=_RISK),
    "screening_matches": Holding(why_not=_RISK),
    "kyc_cases": Holding(("level", "decided_at", "expires_at", "reason_code"), "player_id"),
    "kyc_documents": Holding(
        (
            "document_id",
            "kind",
            "content_type",
            "size_bytes",
            "sha256",
            "status",
            "reason_code",
            "created_at",
        ),
        "document_id",
    ),
    "kyc_decisions": Holding(
        (
            "decision_id",
            "decision",
            "from_status",
            "to_status",
            "level",
            "reason_code",
            "actor_role",
            "decided_at",
        ),
        "decision_id",
    ),
    "birth_date_readings": Holding(("reading_id", "born", "actor_role", "read_at"), "reading_id"),
    "register_checks": Holding(
        ("check_id", "register", "occasion", "result", "checked_at"),
        "check_id",
        only=_IDENTIFIED.format(table="register_checks"),
    ),
    "register_standings": Holding(why_not="the last of the section register_checks"),
    "impediments": Holding(
        ("register", "reason", "found_at", "ended_at"),
        "found_at",
        only=_IDENTIFIED.format(table="impediments"),
    ),
    "offboardings": Holding(
        ("case_id", "found_at", "notified_at", "closed_at", "refunded_at", "refunded_minor"),
        "case_id",
        only=_IDENTIFIED.format(table="offboardings"),
    ),
    "communications": Holding(
        ("communication_id", "kind", "channel", "language", "template_version", "sent_at"),
        "communication_id",
    ),
    "sigap_status_changes": Holding(why_not="what is reported to the ministry"),
    "account_successions": Holding(("former_id", "succeeded_at"), "former_id"),
    "harm_players": Holding(why_not="what the house thinks about a risk; no diagnosis in words"),
    "harm_days": Holding(why_not="sums of the section wallet"),
    "harm_levels": Holding(why_not="what the house thinks about a risk; no diagnosis in words"),
    "interventions": Holding(
        (
            "intervention_id",
            "action",
            "template",
            "template_version",
            "pause_until",
            "deposit_limit_minor",
            "taken_at",
            "reaction",
            "reacted_at",
        ),
        "intervention_id",
    ),
    "protection_tasks": Holding(why_not="notes of the people who care for players"),
    "support_contacts": Holding(("contact_id", "channel", "noted_at"), "contact_id"),
    "declared_incomes": Holding(("monthly_minor", "declared_at"), "declared_at"),
    "vip_standings": Holding(
        ("judged_on", "rules_version", "settled_minor", "days_played", "tenure_days", "benefits"),
        "judged_on",
    ),
    "vip_changes": Holding(
        ("change_id", "from_tier", "to_tier", "rules_version", "changed_at"), "change_id"
    ),
    "marketing_choices": Holding(("choice_id", "consent", "source", "chosen_at"), "choice_id"),
    "protection_orders": Holding(("order_id", "command", "ordered_at", "outcome"), "order_id"),
    "person_keys": Holding(why_not=_PROOF),
    "retentions": Holding(("record_class", "began_at", "keep_until"), "record_class"),
    "kept_identities": Holding(why_not="of people who were erased; they have no session"),
    "erasure_requests": Holding(
        ("request_id", "status", "requested_at", "decided_at", "completed_at"), "request_id"
    ),
    "personal_data_access": Holding(
        ("access_id", "actor_role", "fields", "form", "purpose", "accessed_at"),
        "access_id",
        only=_NO_DUTY,
    ),
    "data_exports": Holding(("export_id", "status", "requested_at"), "export_id"),
}
OWNERS: Final = frozenset({"player_id", "subject_id"})
"""Columns by which a row is somebody's."""

EXPORTED: Final = tuple(name for name, holding in HOLDINGS.items() if holding.columns)
