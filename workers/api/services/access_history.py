"""The history of access to an account: who came in or tried to, and what they changed about it.

Each entry is written once and never changed (Portaria SPA/MF 722/2024 Annex I item 40; GLI-19
§2.8.8). The address is sealed for investigations and masked for its owner; an attempt at an e-mail
address that has no account is kept under the address's blind index alone, and takes as long.
"""

from typing import Final, Literal

from views.security import LoginsView, LoginView

from services.container import House
from services.rows import AFTER_EVERY_ID, integer, page_of
from services.visits import Visit
from shared.identity.model import Audience
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import rfc3339
from shared.kernel.values import value

type Event = Literal[
    "login",
    "login_failed",
    "login_locked",
    "code_asked",
    "password_changed",
    "contact_changed",
    "second_factor_enrolled",
    "second_factor_removed",
    "second_factor_failed",
    "recovery_codes_renewed",
    "session_ended",
    "sessions_ended",
]

_FAILED: Final = frozenset({"login_failed", "login_locked", "second_factor_failed"})

_INSERT: Final = """
INSERT INTO access_events (event_id, subject_id, subject_kind, email_index, actor_id, event,
  session_id, device, country, address_masked, address_sealed, happened_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


@value
class Account:
    """Whose history it is. `subject_id` is empty for an e-mail address without an account."""

    subject_id: str
    kind: Audience
    email_index: str = ""


async def record(
    house: House,
    event: Event,
    account: Account,
    visit: Visit,
    now_ms: int,
    *,
    session_id: str = "",
    country: str = "",
) -> None:
    """Add an entry. Who acts is the account's owner, for all that the house can tell."""
    event_id = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    owner = f"{account.kind}:{account.subject_id}:" if account.subject_id else ""
    bound = f"{owner}access:{event_id}"
    # An entry is written before the answer, so that none is lost: the time it takes must not tell.
    is_of_nobody = account.kind == "player" and not account.subject_id
    seal = house.sealing.seal_for_nobody if is_of_nobody else house.sealing.seal
    sealed = await seal(visit.client_ip, bound=bound)
    await house.db.execute(
        _INSERT,
        event_id,
        account.subject_id,
        account.kind,
        account.email_index,
        account.subject_id,
        event,
        session_id,
        visit.device,
        country,
        visit.address_masked,
        sealed,
        now_ms,
    )


async def read_history(house: House, subject_id: str, limit: int, cursor: str | None) -> LoginsView:
    """A page of the entries of one account, newest first."""
    rows = await house.db.query(
        "SELECT * FROM access_events WHERE subject_id = ? AND event_id < ?"
        " ORDER BY event_id DESC LIMIT ?",
        subject_id,
        cursor or AFTER_EVERY_ID,
        limit + 1,
    )
    page, following = page_of(rows, limit, "event_id")
    items = [
        LoginView(
            event=str(row["event"]),
            ok=row["event"] not in _FAILED,
            happened_at=rfc3339(integer(row["happened_at"])),
            device=str(row["device"]),
            country=str(row["country"]) or None,
            address=str(row["address_masked"]),
            session_id=str(row["session_id"]) or None,
        )
        for row in page
    ]
    return LoginsView(items=items, next_cursor=following)
