"""Which rejections a command can get, and in which order they are looked for; when each applies.

The first that applies is the answer. `docs/rejections.md` is generated from here, and the tests'
wallet accepts no rejection of a command that its list does not name.
"""

from collections.abc import Mapping
from typing import Final

from shared.kernel.errors import Problem
from shared.wallet import errors

CALL: Final[tuple[Problem, ...]] = (
    errors.UNKNOWN_COMMAND,
    errors.IDEMPOTENCY_KEY_REQUIRED,
    errors.INVALID_PAYLOAD,
    errors.IDEMPOTENCY_KEY_CONFLICT,
    errors.WALLET_NOT_FOUND,
    errors.ANSWER_ARCHIVED,
    errors.CURRENCY_MISMATCH,
)
"""Before any command is decided, whatever it is."""

_PLAYER: Final = (errors.WALLET_FROZEN, errors.SESSION_EXPIRED)
_FACTS: Final = (
    errors.WALLET_FROZEN,
    errors.EXCLUDED,
    errors.PAUSED,
    errors.IMPEDIMENT_CHECK_PENDING,
    errors.IMPEDED,
    errors.KYC_REQUIRED,
)
_OWN: Final = (errors.SESSION_EXPIRED,)
_LOOSER: Final = (errors.LIMIT_MANDATORY, errors.EXCLUDED, errors.PAUSED)
_BONUS: Final = (errors.WALLET_FROZEN, errors.GRANT_NOT_FOUND, errors.GRANT_CLOSED)
_HELD: Final = (errors.WITHDRAWAL_NOT_FOUND, errors.WITHDRAWAL_NOT_PENDING)


def _with(after: Problem, *inserted: Problem) -> tuple[Problem, ...]:
    """The contract's order of a bet with more problems behind `after`."""
    place = errors.BET_REJECTIONS.index(after) + 1
    return (*errors.BET_REJECTIONS[:place], *inserted, *errors.BET_REJECTIONS[place:])


PRECEDENCE: Final[Mapping[str, tuple[Problem, ...]]] = {
    "play": _with(errors.SESSION_EXPIRED, errors.GAME_SESSION_NOT_FOUND),
    "bet": _with(
        errors.ROUND_OPEN, errors.ROUND_CLOSED, errors.ROUND_ROLLED_BACK, errors.ROUND_ARCHIVED
    ),
    "win": (
        errors.ROUND_NOT_FOUND,
        errors.ROUND_ARCHIVED,
        errors.ROUND_ROLLED_BACK,
        errors.ROUND_CLOSED,
    ),
    "rollback": (errors.ROUND_ARCHIVED, errors.ROUND_CLOSED, errors.ROLLBACK_EXCEEDS_BALANCE),
    "deposit_request": (*_FACTS, errors.SESSION_EXPIRED, errors.LIMIT_DEPOSIT),
    "deposit_credit": (
        errors.WALLET_FROZEN,
        errors.DEPOSIT_NOT_FOUND,
        errors.DEPOSIT_ALREADY_CREDITED,
        errors.PAYMENT_ALREADY_USED,
        errors.DEPOSIT_AMOUNT_MISMATCH,
    ),
    "withdrawal_hold": (*_PLAYER, errors.INSUFFICIENT_FUNDS),
    "withdrawal_settle": (*_HELD, errors.PAYMENT_MISMATCH),
    "withdrawal_release": _HELD,
    "bonus_credit": (
        *_FACTS,
        errors.BONUS_BLOCKED,
        errors.BONUS_BEFORE_FIRST_BET,
        errors.GRANT_EXISTS,
        errors.GRANT_CLOSED,
    ),
    "bonus_debit": (*_BONUS, errors.INSUFFICIENT_BONUS),
    "bonus_forfeit": _BONUS,
    "bonus_expire": (errors.WALLET_FROZEN,),
    "adjustment": (errors.MAKER_IS_CHECKER, errors.WALLET_FROZEN, errors.INSUFFICIENT_FUNDS),
    "unfreeze": (errors.MAKER_IS_CHECKER, errors.WALLET_NOT_FROZEN, errors.WALLET_NOT_PROVEN),
    "game_session_open": (
        *_FACTS,
        errors.SESSION_EXPIRED,
        errors.GEO_BLOCKED,
        errors.GAME_DISABLED,
    ),
    "seed_rotate": _PLAYER,
    "open": (errors.WALLET_OPEN_CONFLICT,),
    "session_begin": (errors.SESSION_EXPIRED,),
    "session_revoke": (),
    "books_prepare": (errors.WALLET_FROZEN,),
    "books_commit": (errors.WALLET_FROZEN, errors.BOOKS_CONFLICT, errors.BOOKS_NOT_READY),
    "books_drop": (errors.WALLET_FROZEN,),
    "rules_set": (),
    "fact_record": (),
    "limit_set": (*_OWN, *_LOOSER),
    "limit_confirm": (
        *_OWN,
        errors.LIMIT_CHANGE_NOT_FOUND,
        errors.LIMIT_CHANGE_NOT_DUE,
        *_LOOSER,
    ),
    "limit_cancel": (*_OWN, errors.LIMIT_CHANGE_NOT_FOUND),
    "operator_limit_set": (),
    "exclude": (*_OWN, errors.EXCLUSION_NOT_SHORTENED),
    "pause": (*_OWN, errors.EXCLUSION_NOT_SHORTENED),
    "reality_check_set": (*_OWN, errors.REALITY_CHECK_DUE),
    "reality_check_ack": _OWN,
    "intervention_set": (),
    "intervention_ack": (
        *_OWN,
        errors.INTERVENTION_NOT_FOUND,
        errors.INTERVENTION_CHOICE_REQUIRED,
    ),
    "clock_advance": (),
}
"""By command. A command that finds a broken law is answered `wallet_frozen` whatever its list."""

WHEN: Final[Mapping[str, str]] = {
    "unknown_command": "the kind is no command, or one of the house, or not of this profile",
    "unknown_query": "the kind is no question",
    "idempotency_key_required": "a command that moves money comes without a key",
    "invalid_payload": "a field is missing, unknown, of another type or out of its bounds",
    "idempotency_key_conflict": "the key was used for another request",
    "wallet_not_found": "the wallet has not been opened",
    "wallet_open_conflict": "the wallet was opened on other terms",
    "currency_mismatch": "the payload names another currency than the wallet's",
    "event_not_found": "a question is about an event that has not happened",
    "wallet_frozen": "a law of the ledger was found broken and two people have not released it",
    "excluded": "the player is self-excluded, here or in a register",
    "paused": "the player takes a pause; `retry_after` names its end",
    "impediment_check_pending": "whether the player may bet by law is not known yet",
    "impeded": "the law forbids this person to bet",
    "kyc_required": "the identity is not verified",
    "session_expired": "the login session was ended, is not known, or it or the game session was "
    "idle for over 30 minutes",
    "game_session_not_found": "the game session is not one of this wallet",
    "geo_blocked": "the place is outside the licence or not known",
    "reality_check_due": "a reality check waits for an answer",
    "intervention_due": "a message of player protection waits for an answer",
    "game_disabled": "the game is switched off",
    "game_version_retired": "another version of the game is in force than the session pinned",
    "round_open": "the round has had its bet and waits for its win",
    "round_closed": "the round has had its win",
    "round_rolled_back": "the round was rolled back, before or after its bet",
    "round_not_found": "the round has had no bet",
    "invalid_params": "the game does not know these parameters",
    "stake_below_min": "the stake is below the game's minimum",
    "stake_above_max": "the stake is above the game's maximum, or above that of a bonus in play",
    "round_too_fast": "the last round was too short a time ago",
    "limit_time": "the play time of a day, week or month is used up",
    "limit_bet_count": "the number of bets of a day, week or month is used up",
    "limit_wager": "the stake would pass the wager limit",
    "limit_loss": "the stake, if lost, would pass the loss limit",
    "limit_deposit": "the deposit, with those still expected, would pass the deposit limit",
    "limit_mandatory": "the law asks for the limit: it can be changed, not removed",
    "limit_change_not_found": "no looser limit of this kind and period waits",
    "limit_change_not_due": "the looser limit waits until the time that `retry_after` names",
    "exclusion_not_shortened": "the term would end before the one that is in force",
    "intervention_not_found": "no message with this id waits",
    "intervention_choice_required": "the message asks for a tighter limit or a pause first",
    "bonus_blocked": "an intervention of player protection stops bonuses",
    "insufficient_funds": "the balance does not cover the amount, or cash is below zero",
    "bonus_before_first_bet": "the law allows a bonus only after a bet with cash",
    "grant_not_found": "the wallet has no grant with this id",
    "grant_exists": "the grant was credited before",
    "grant_closed": "the grant was converted or forfeited, or its time is over",
    "answer_archived": "the key's command was carried out and its books are closed; never repeated",
    "event_archived": "a question is about an event in closed books; `closed_seq` is the last one",
    "round_archived": "the round is over and its books are closed; the desk corrects by adjustment",
    "books_not_ready": "the book named is not the one that is prepared, or not yet",
    "books_conflict": "the book was closed over another manifest or up to another event",
    "insufficient_bonus": "the grant does not hold the amount",
    "maker_is_checker": "who proposed it approved it",
    "wallet_not_frozen": "there is nothing to release",
    "wallet_not_proven": "`law` does not hold; `unproven` asks for a full proof first",
    "rollback_exceeds_balance": "the win was spent, and the dialect does not let the player owe it",
    "deposit_not_found": "the wallet announced no such deposit",
    "deposit_amount_mismatch": "another amount was paid than requested",
    "deposit_already_credited": "the deposit was credited before",
    "payment_already_used": "the payment credited another deposit",
    "withdrawal_not_found": "the wallet holds no such withdrawal",
    "withdrawal_not_pending": "the withdrawal was paid or released before",
    "payment_mismatch": "the payment is not the one that the hold named",
}
"""By code."""
