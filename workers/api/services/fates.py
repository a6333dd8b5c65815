"""What becomes of every table that says something of a player: at an erasure, and at the end.

`grant` runs in the transaction in which somebody grants an erasure; `end` when the last class of
retention of the person has ended, also of an account that was closed otherwise. What is stated here
is what is done: `erasure` and `retention_sweep` run these statements in this order, in which rows
that name others go before them. A test compares the list with the schema, so a new table of people
cannot be forgotten, and with docs/privacy.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from shared.platform.ports import Statement


@dataclass(frozen=True, slots=True)
class Fate:
    """Statements about the rows of one player (`?1`), and why what they leave stays."""

    grant: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    stays: str = ""


def _deleted(table: str, owner: str = "player_id") -> str:
    return f"DELETE FROM {table} WHERE {owner} = ?1"  # noqa: S608 - names of this module


def _at_once(table: str, owner: str = "player_id") -> Fate:
    """No law keeps it; at the end it goes from accounts that nobody erased."""
    statements = (_deleted(table, owner),)
    return Fate(grant=statements, end=statements)


def _at_the_end(table: str, owner: str = "player_id") -> Fate:
    return Fate(end=(_deleted(table, owner),))


_BY_AGE: Final = "goes when the class access_log is over, of every account"
_LEDGER: Final = "the ledger and its copies name nobody but by an id"
_PROOF: Final = "proves what was kept and when it went"

# A tombstone begins with the last character of ASCII that can be seen, and is no index.
# Of the birth date the year stays: an age is a statistic, a day is a person.
_PSEUDONYMISED: Final = """
UPDATE players SET email_index = '~' || player_id, pii_sealed = '',
  birth_date = substr(birth_date, 1, 4) || '-01-01', gender = 'undisclosed',
  registered_ip_index = '', limits_requested = '[]' WHERE player_id = ?1
"""
_FORGOTTEN: Final = """
UPDATE players SET cpf_index = '~' || player_id, cpf_sealed = '', vip_tier = 'bronze'
WHERE player_id = ?1
"""
_FORGOTTEN_DEVICES: Final = """
UPDATE refresh_families SET device = '?', country = '', address_masked = '' WHERE subject_id = ?1
"""
# Time, kind and the sealed address are what law keeps of an access.
_ONLY_THE_ACCESS: Final = """
UPDATE access_events SET email_index = '', device = '?', country = '', address_masked = ''
WHERE subject_id = ?1
"""
# An account that has not been given what protected its person before still needs the link.
_UNLINKED: Final = """
DELETE FROM account_successions
WHERE (former_id = ?1 OR player_id = ?1) AND taken_over_at IS NOT NULL
"""
_UNNAMED: Final = """
UPDATE account_successions SET cpf_index = '~' || former_id
WHERE former_id = ?1 OR player_id = ?1
"""
_REQUESTS_ABOUT: Final = """
DELETE FROM desk_requests
WHERE answer IN (SELECT intervention_id FROM interventions WHERE player_id = ?1)
"""
_TOKENS: Final = """
DELETE FROM refresh_tokens
WHERE family_id IN (SELECT family_id FROM refresh_families WHERE subject_id = ?1)
"""
_FAILED_LOGINS: Final = """
DELETE FROM login_failures WHERE subject_kind = 'player'
AND email_index IN (SELECT email_index FROM players WHERE player_id = ?1)
"""
_FORGOTTEN_ACCOUNTS: Final = """
UPDATE payment_accounts SET key_index = '~' || payment_account_id WHERE player_id = ?1
"""
_WORDLESS: Final = """
UPDATE approvals SET reason = '', decision_reason = iif(decision_reason IS NULL, NULL, '')
WHERE subject ->> 'player_id' = ?1
"""

FATES: Final[Mapping[str, Fate]] = {
    # Before the e-mail's index goes from `players`.
    "login_failures": Fate((_FAILED_LOGINS,), (_FAILED_LOGINS,)),
    "players": Fate(
        (_PSEUDONYMISED,),
        (_PSEUDONYMISED, _FORGOTTEN),
        "the row that everything under the id hangs on",
    ),
    "credentials": _at_once("credentials", "subject_id"),
    "second_factors": _at_once("second_factors", "subject_id"),
    "recovery_codes": _at_once("recovery_codes", "subject_id"),
    "declared_incomes": _at_once("declared_incomes"),
    "marketing_choices": _at_once("marketing_choices"),
    "refresh_tokens": Fate(end=(_TOKENS,)),
    "refresh_families": Fate(
        (_FORGOTTEN_DEVICES,),
        (_deleted("refresh_families", "subject_id"),),
    ),
    "access_events": Fate((_ONLY_THE_ACCESS,), (_ONLY_THE_ACCESS,), _BY_AGE),
    "geo_checks": Fate(stays=_BY_AGE),
    "personal_data_access": Fate(stays="goes at the end that each look has of its own"),
    "data_exports": Fate(
        ("UPDATE data_exports SET status = 'expired' WHERE player_id = ?1",),
        (_deleted("data_exports"),),
    ),
    "kyc_documents": Fate(
        ("UPDATE kyc_documents SET read_birth_date = NULL WHERE player_id = ?1",),
        (_deleted("kyc_documents"),),
    ),
    "birth_date_readings": Fate(
        ("UPDATE birth_date_readings SET born = NULL WHERE player_id = ?1",),
        (_deleted("birth_date_readings"),),
    ),
    "kyc_decisions": _at_the_end("kyc_decisions"),
    "kyc_cases": _at_the_end("kyc_cases"),
    "screening_matches": _at_the_end("screening_matches"),
    "kept_identities": _at_the_end("kept_identities"),
    "communications": _at_the_end("communications"),
    "impediments": _at_the_end("impediments"),
    "offboardings": _at_the_end("offboardings"),
    "register_checks": _at_the_end("register_checks"),
    "register_standings": _at_the_end("register_standings"),
    "sigap_status_changes": _at_the_end("sigap_status_changes"),
    "desk_requests": Fate(end=(_REQUESTS_ABOUT,)),
    "interventions": _at_the_end("interventions"),
    "protection_orders": _at_the_end("protection_orders"),
    "protection_tasks": _at_the_end("protection_tasks"),
    "support_contacts": _at_the_end("support_contacts"),
    "harm_players": _at_the_end("harm_players"),
    "harm_days": _at_the_end("harm_days"),
    "harm_levels": _at_the_end("harm_levels"),
    "vip_standings": _at_the_end("vip_standings"),
    "vip_changes": _at_the_end("vip_changes"),
    "account_successions": Fate(
        end=(_UNLINKED, _UNNAMED), stays="a link that protection still needs, without the CPF"
    ),
    "approvals": Fate(end=(_WORDLESS,), stays="who proposed and decided which amount"),
    "erasure_requests": Fate(
        end=("UPDATE erasure_requests SET decision_reason = NULL WHERE player_id = ?1",),
        stays=_PROOF,
    ),
    "payment_accounts": Fate(end=(_FORGOTTEN_ACCOUNTS,), stays=_LEDGER),
    "deposits": Fate(stays=_LEDGER),
    "withdrawals": Fate(stays=_LEDGER),
    "wallet_events": Fate(stays=_LEDGER),
    "rebuild_events": Fate(stays=_LEDGER),
    "projection_heads": Fate(stays=_LEDGER),
    "rebuild_heads": Fate(stays=_LEDGER),
    "rebuild_differences": Fate(stays=_LEDGER),
    "anchor_heads": Fate(stays=_LEDGER),
    "archive_heads": Fate(stays=_LEDGER),
    "archive_queue": Fate(stays=_LEDGER),
    "dead_letters": Fate(stays=_LEDGER),
    "wallet_proofs": Fate(stays=_LEDGER),
    "aml_alerts": Fate(stays="what was observed, under an id that is nobody"),
    "person_keys": Fate(stays=f"{_PROOF}; the keys themselves are destroyed"),
    "retentions": Fate(stays=_PROOF),
}


def at_the_grant(player_id: str) -> list[Statement]:
    """What goes with the decision to erase a player; each ends with a condition."""
    return [Statement(one, (player_id,)) for fate in FATES.values() for one in fate.grant]


def at_the_end(player_id: str) -> list[Statement]:
    """What goes when no law keeps anything of a player any more."""
    return [Statement(one, (player_id,)) for fate in FATES.values() for one in fate.end]
