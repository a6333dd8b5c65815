"""A wallet that says that it was never opened.

One that lost the row of its opening says the same, so nobody takes the word for an empty wallet
without asking D1, which knows whether one was opened (`players.wallet_opened_at`).
"""

import json

from shared.wallet.answer import Answer
from shared.wallet.errors import WALLET_NOT_FOUND


def says_never_opened(answer: Answer) -> bool:
    """True for the refusal `wallet_not_found`, and for no other."""
    if answer.status != WALLET_NOT_FOUND.status:
        return False
    return bool(json.loads(answer.body)["code"] == WALLET_NOT_FOUND.code)
