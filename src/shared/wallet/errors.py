"""Every way in which the wallet refuses, and the order in which it looks.

    Rejected                 (shared.kernel.errors)
    ├── the call             malformed, unknown, without a key, or the key of another request
    ├── the wallet           not open, opened otherwise, frozen
    ├── the gate             session, game, limits: stands before money moves towards risk
    ├── the round            not found, open, closed, rolled back
    ├── the bonus            not yet, not there, closed, not enough of it
    ├── the closed books     what is asked for is in the archive, or a closing is not that far
    ├── the desk             one person where two are needed, nothing to release
    └── the money            not enough of it, or already moved

Statuses: 401 for a session that is over; 403 for a gate of player protection, 503 while it is not
known whether it is open; 404 for what is not there, 410 for what is in the archive; 409 for a
conflict with the state of the wallet, stake bounds and funds included (422 is kept for a payload
that does not validate whatever the state); 423 for a frozen wallet. The first applicable rejection
wins; `BET_REJECTIONS` is that order for bets, to the letter of the contract.
"""

from typing import Final

from shared.kernel.errors import Problem

# The call
INVALID_PAYLOAD: Final = Problem("invalid_payload", 422, "The payload does not validate", "never")
UNKNOWN_COMMAND: Final = Problem("unknown_command", 404, "No such wallet command", "never")
UNKNOWN_QUERY: Final = Problem("unknown_query", 404, "No such wallet query", "never")
IDEMPOTENCY_KEY_REQUIRED: Final = Problem(
    "idempotency_key_required", 400, "An idempotency key is required", "never"
)
IDEMPOTENCY_KEY_CONFLICT: Final = Problem(
    "idempotency_key_conflict", 409, "The idempotency key belongs to another request", "never"
)

# The wallet
WALLET_NOT_FOUND: Final = Problem("wallet_not_found", 404, "The wallet is not open", "same_key")
WALLET_OPEN_CONFLICT: Final = Problem(
    "wallet_open_conflict", 409, "The wallet was opened with other terms", "never"
)
WALLET_FROZEN: Final = Problem("wallet_frozen", 423, "The wallet is frozen", "same_key")

EVENT_NOT_FOUND: Final = Problem("event_not_found", 404, "No such event", "same_key")

# The gate
EXCLUDED: Final = Problem("excluded", 403, "The player is self-excluded", "never")
PAUSED: Final = Problem("paused", 403, "The player takes a pause", "after")
IMPEDIMENT_CHECK_PENDING: Final = Problem(
    "impediment_check_pending", 503, "The impediment check has no answer yet", "after"
)
IMPEDED: Final = Problem("impeded", 403, "The player may not bet by law", "never")
KYC_REQUIRED: Final = Problem("kyc_required", 403, "The identity is not verified", "same_key")
SESSION_EXPIRED: Final = Problem("session_expired", 401, "The session is over", "never")
GAME_SESSION_NOT_FOUND: Final = Problem(
    "game_session_not_found", 404, "No such game session", "never"
)
GEO_BLOCKED: Final = Problem("geo_blocked", 403, "Not from this place", "same_key")
REALITY_CHECK_DUE: Final = Problem(
    "reality_check_due", 403, "A reality check waits for an answer", "same_key"
)
INTERVENTION_DUE: Final = Problem(
    "intervention_due", 403, "A message of player protection waits for an answer", "same_key"
)
GAME_DISABLED: Final = Problem("game_disabled", 403, "The game is switched off", "same_key")
GAME_VERSION_RETIRED: Final = Problem(
    "game_version_retired", 409, "The game version is no longer in force", "never"
)
STAKE_BELOW_MIN: Final = Problem("stake_below_min", 409, "The stake is below the minimum", "never")
STAKE_ABOVE_MAX: Final = Problem("stake_above_max", 409, "The stake is above the maximum", "never")
ROUND_TOO_FAST: Final = Problem("round_too_fast", 429, "Rounds follow each other too fast", "after")
LIMIT_TIME: Final = Problem("limit_time", 403, "The time limit is reached", "after")
LIMIT_BET_COUNT: Final = Problem(
    "limit_bet_count", 403, "The limit on the number of bets is reached", "after"
)
LIMIT_WAGER: Final = Problem("limit_wager", 403, "The wager limit would be passed", "after")
LIMIT_LOSS: Final = Problem("limit_loss", 403, "The loss limit could be passed", "after")
LIMIT_DEPOSIT: Final = Problem("limit_deposit", 403, "The deposit limit would be passed", "after")
LIMIT_MANDATORY: Final = Problem("limit_mandatory", 409, "The limit cannot be removed", "never")
LIMIT_CHANGE_NOT_FOUND: Final = Problem(
    "limit_change_not_found", 404, "No change of this limit waits", "never"
)
LIMIT_CHANGE_NOT_DUE: Final = Problem(
    "limit_change_not_due", 409, "The change of the limit still has to wait", "after"
)
EXCLUSION_NOT_SHORTENED: Final = Problem(
    "exclusion_not_shortened", 409, "A term in force is never shortened", "never"
)
INTERVENTION_NOT_FOUND: Final = Problem(
    "intervention_not_found", 404, "No such message waits for an answer", "never"
)
INTERVENTION_CHOICE_REQUIRED: Final = Problem(
    "intervention_choice_required", 409, "A tighter limit or a pause must come first", "same_key"
)

# The round
ROUND_NOT_FOUND: Final = Problem("round_not_found", 404, "No such round", "same_key")
INVALID_PARAMS: Final = Problem("invalid_params", 422, "Not a bet of this game", "never")
ROUND_OPEN: Final = Problem("round_open", 409, "The round is already open", "never")
ROUND_CLOSED: Final = Problem("round_closed", 409, "The round is closed", "never")
ROUND_ROLLED_BACK: Final = Problem("round_rolled_back", 409, "The round was rolled back", "never")

# The bonus
BONUS_BEFORE_FIRST_BET: Final = Problem(
    "bonus_before_first_bet", 403, "No bonus before the first bet", "same_key"
)
BONUS_BLOCKED: Final = Problem("bonus_blocked", 403, "Bonuses are stopped", "same_key")
GRANT_NOT_FOUND: Final = Problem("grant_not_found", 404, "No such bonus grant", "same_key")
GRANT_EXISTS: Final = Problem("grant_exists", 409, "The grant was already credited", "never")
GRANT_CLOSED: Final = Problem(
    "grant_closed", 409, "The grant was converted, forfeited or is past its time", "never"
)
INSUFFICIENT_BONUS: Final = Problem("insufficient_bonus", 409, "Not enough bonus", "same_key")

# The closed books
ANSWER_ARCHIVED: Final = Problem(
    "answer_archived", 409, "The command was carried out; its answer is in the archive", "never"
)
EVENT_ARCHIVED: Final = Problem("event_archived", 410, "The event is in the archive", "never")
ROUND_ARCHIVED: Final = Problem("round_archived", 410, "The round is in the archive", "never")
BOOKS_NOT_READY: Final = Problem(
    "books_not_ready", 409, "The book is not prepared for closing", "same_key"
)
BOOKS_CONFLICT: Final = Problem(
    "books_conflict", 409, "The book was closed over another manifest", "never"
)

# The desk
MAKER_IS_CHECKER: Final = Problem(
    "maker_is_checker", 409, "Another person must decide what you proposed", "never"
)
WALLET_NOT_FROZEN: Final = Problem("wallet_not_frozen", 409, "The wallet is not frozen", "never")
WALLET_NOT_PROVEN: Final = Problem(
    "wallet_not_proven", 409, "A law of the ledger still does not hold", "same_key"
)

# The money
CURRENCY_MISMATCH: Final = Problem(
    "currency_mismatch", 409, "The wallet is kept in another currency", "never"
)
INSUFFICIENT_FUNDS: Final = Problem("insufficient_funds", 409, "Not enough funds", "same_key")
ROLLBACK_EXCEEDS_BALANCE: Final = Problem(
    "rollback_exceeds_balance", 409, "The balance does not cover taking the win back", "same_key"
)
DEPOSIT_NOT_FOUND: Final = Problem("deposit_not_found", 404, "No such deposit", "same_key")
DEPOSIT_AMOUNT_MISMATCH: Final = Problem(
    "deposit_amount_mismatch", 409, "The amount paid is not the amount requested", "never"
)
DEPOSIT_ALREADY_CREDITED: Final = Problem(
    "deposit_already_credited", 409, "The deposit was already credited", "never"
)
PAYMENT_ALREADY_USED: Final = Problem(
    "payment_already_used", 409, "The payment was already credited to another deposit", "never"
)
WITHDRAWAL_NOT_FOUND: Final = Problem("withdrawal_not_found", 404, "No such withdrawal", "never")
WITHDRAWAL_NOT_PENDING: Final = Problem(
    "withdrawal_not_pending", 409, "The withdrawal was already paid or released", "never"
)
PAYMENT_MISMATCH: Final = Problem(
    "payment_mismatch", 409, "The payment is not the one of this withdrawal", "never"
)

BET_REJECTIONS: Final[tuple[Problem, ...]] = (
    WALLET_FROZEN,
    EXCLUDED,
    PAUSED,
    IMPEDIMENT_CHECK_PENDING,
    IMPEDED,
    KYC_REQUIRED,
    SESSION_EXPIRED,
    GEO_BLOCKED,
    REALITY_CHECK_DUE,
    INTERVENTION_DUE,
    GAME_DISABLED,
    GAME_VERSION_RETIRED,
    ROUND_OPEN,
    INVALID_PARAMS,
    STAKE_BELOW_MIN,
    STAKE_ABOVE_MAX,
    ROUND_TOO_FAST,
    LIMIT_TIME,
    LIMIT_BET_COUNT,
    LIMIT_WAGER,
    LIMIT_LOSS,
    INSUFFICIENT_FUNDS,
)
"""The rejections of a bet in the order in which they are looked for, as the HTTP contract lists
them. A profile may leave a gate open (`round_too_fast` has no effective date in Brazil); none may
change the order."""

ALL_PROBLEMS: Final[tuple[Problem, ...]] = (
    *BET_REJECTIONS,
    INVALID_PAYLOAD,
    UNKNOWN_COMMAND,
    UNKNOWN_QUERY,
    IDEMPOTENCY_KEY_REQUIRED,
    IDEMPOTENCY_KEY_CONFLICT,
    WALLET_NOT_FOUND,
    WALLET_OPEN_CONFLICT,
    EVENT_NOT_FOUND,
    GAME_SESSION_NOT_FOUND,
    LIMIT_DEPOSIT,
    LIMIT_MANDATORY,
    LIMIT_CHANGE_NOT_FOUND,
    LIMIT_CHANGE_NOT_DUE,
    EXCLUSION_NOT_SHORTENED,
    INTERVENTION_NOT_FOUND,
    INTERVENTION_CHOICE_REQUIRED,
    ROUND_NOT_FOUND,
    ROUND_CLOSED,
    ROUND_ROLLED_BACK,
    BONUS_BEFORE_FIRST_BET,
    BONUS_BLOCKED,
    GRANT_NOT_FOUND,
    GRANT_EXISTS,
    GRANT_CLOSED,
    INSUFFICIENT_BONUS,
    ANSWER_ARCHIVED,
    EVENT_ARCHIVED,
    ROUND_ARCHIVED,
    BOOKS_NOT_READY,
    BOOKS_CONFLICT,
    MAKER_IS_CHECKER,
    WALLET_NOT_FROZEN,
    WALLET_NOT_PROVEN,
    CURRENCY_MISMATCH,
    ROLLBACK_EXCEEDS_BALANCE,
    DEPOSIT_NOT_FOUND,
    DEPOSIT_AMOUNT_MISMATCH,
    DEPOSIT_ALREADY_CREDITED,
    PAYMENT_ALREADY_USED,
    WITHDRAWAL_NOT_FOUND,
    WITHDRAWAL_NOT_PENDING,
    PAYMENT_MISMATCH,
)
