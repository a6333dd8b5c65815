"""What stands before a command of the player: the wallet's state and the caller's session.

Wins, refunds and what settles or releases a withdrawal pass none of these gates: a player is never
kept from money that is already theirs.
"""

from shared.kernel.errors import Rejected
from shared.wallet import errors
from shared.wallet.model import Head


def refuse_frozen(head: Head) -> None:
    """Raises `Rejected(wallet_frozen)` when a broken invariant has frozen the wallet."""
    if head.frozen_law is not None:
        raise Rejected(errors.WALLET_FROZEN, "the wallet is frozen until two people release it")


def refuse_revoked(head: Head) -> None:
    """Raises `Rejected(session_expired)` when the caller's login session was revoked."""
    if head.caller_revoked:
        raise Rejected(errors.SESSION_EXPIRED, "the login session was ended")
