"""The check of place: located, recorded, compared with the one before (Portaria SPA/MF 722/2024
Annex I items 27-34; GLI-19 §2.7).

It happens at login, at every refresh and when the player asks. The verdict goes to the wallet,
which takes bets for as long as the profile says and from that address only; here it is kept,
violations and all, and a journey that nobody can have made is put before people as an alert. An
alert is a question and blocks nobody.
"""

from typing import Final, Literal

from services.container import House
from services.rows import integer, optional_integer
from services.visits import Visit
from shared.compliance.places import IMPOSSIBLE_KMH, Journey, Place, Sighting, journey
from shared.kernel.canonical import canonical_json
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.platform.ports import Record

type Occasion = Literal["login", "refresh", "request"]

IMPOSSIBLE_JOURNEY: Final = "geo.impossible_journey"

_BEFORE: Final = """
SELECT * FROM geo_checks
WHERE player_id = ? AND latitude_tenths IS NOT NULL ORDER BY check_id DESC LIMIT 1
"""
_RECORD: Final = """
INSERT INTO geo_checks (check_id, player_id, session_id, occasion, verdict, reason, address,
  country, network, organisation, latitude_tenths, longitude_tenths, speed_kmh, checked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_ALERT: Final = """
INSERT INTO aml_alerts (alert_id, player_id, rule_id, window_started_at, window_ended_at, band,
  observed, threshold, evidence, status, created_at, updated_at)
VALUES (?1, ?2, ?3, ?4, ?5, 'medium', ?6, ?7, ?8, 'open', ?5, ?5) ON CONFLICT DO NOTHING
"""
_MAX_ORGANISATION: Final = 120


async def locate(house: House, visit: Visit) -> Place:
    """Where the visit comes from."""
    return await house.locator.locate(visit.sighting(), visit.claimed)


async def record_check(
    house: House,
    player_id: str,
    session_id: str,
    occasion: Occasion,
    place: Place,
    address: str,
    now_ms: int,
) -> None:
    """Keep a check, and put an impossible journey before people."""
    before = await house.db.first(_BEFORE, player_id)
    made = None if before is None else _journey(before, place.sighting, now_ms)
    check_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    seen = place.sighting
    await house.db.execute(
        _RECORD,
        check_id,
        player_id,
        session_id,
        occasion,
        place.verdict,
        place.reason,
        address,
        seen.country,
        seen.network,
        seen.organisation[:_MAX_ORGANISATION],
        seen.latitude_tenths,
        seen.longitude_tenths,
        None if made is None else made.kilometres_per_hour,
        now_ms,
    )
    if before is not None and made is not None and made.is_impossible:
        evidence = {
            "checks": [str(before["check_id"]), check_id],
            "countries": [str(before["country"]), seen.country],
            "kilometres": made.kilometres,
        }
        await house.db.execute(
            _ALERT,
            uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID)),
            player_id,
            IMPOSSIBLE_JOURNEY,
            integer(before["checked_at"]),
            now_ms,
            made.kilometres_per_hour,
            IMPOSSIBLE_KMH,
            canonical_json(evidence),
        )


def _journey(before: Record, seen: Sighting, now_ms: int) -> Journey | None:
    former = Sighting(
        latitude_tenths=optional_integer(before["latitude_tenths"]),
        longitude_tenths=optional_integer(before["longitude_tenths"]),
    )
    return journey(former, seen, now_ms - integer(before["checked_at"]))
