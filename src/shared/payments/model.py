"""The values of a payment: its states, its clocks and the identifiers that PIX gives it.

The money itself is decided in the player's wallet; these are the words that the wallet, the API and
the bank share. A withdrawal is due 120 minutes after its request (Portaria SPA/MF 615/2024).
"""

import re
from typing import Final, Literal

from shared.kernel.times import MINUTE_MS, rfc3339

DepositStatus = Literal["pending", "credited", "refunded", "expired"]
WithdrawalStatus = Literal["processing", "paid", "released"]
CobStatus = Literal["ATIVA", "CONCLUIDA", "REMOVIDA_PELO_USUARIO_RECEBEDOR", "REMOVIDA_PELO_PSP"]
"""State of an immediate charge (`CobrancaStatus` of the Central Bank's API Pix 2.9.0)."""

WITHDRAWAL_DUE_MS: Final = 120 * MINUTE_MS
DEPOSIT_LIFETIME_MS: Final = 30 * MINUTE_MS

_TXID: Final = re.compile(r"[a-zA-Z0-9]{26,35}")
_END_TO_END_ID: Final = re.compile(r"[a-zA-Z0-9]{32}")
_ISPB: Final = re.compile(r"[0-9]{8}")
_END_TO_END_RANDOM_BYTES: Final = 6


def is_txid(text: str) -> bool:
    """True for the identifier of a charge: 26 to 35 letters and digits (API Pix, `TxId`)."""
    return _TXID.fullmatch(text) is not None


def is_end_to_end_id(text: str) -> bool:
    """True for the identifier of one PIX: 32 letters and digits (API Pix, `EndToEndId`)."""
    return _END_TO_END_ID.fullmatch(text) is not None


def txid_of(deposit_id: str) -> str:
    """The charge's txid for a deposit: its UUID without hyphens, 32 characters."""
    txid = deposit_id.replace("-", "")
    assert is_txid(txid), deposit_id
    return txid


def end_to_end_id(ispb: str, at_ms: int, random_bytes: bytes) -> str:
    """`E`, the payer's institution (8 digits), the UTC minute, and 11 characters of randomness."""
    assert _ISPB.fullmatch(ispb), ispb
    assert len(random_bytes) >= _END_TO_END_RANDOM_BYTES, len(random_bytes)
    minute = re.sub(r"[^0-9]", "", rfc3339(at_ms))[:12]
    return f"E{ispb}{minute}{random_bytes[:_END_TO_END_RANDOM_BYTES].hex()[:11]}"


def cob_status_of(deposit: DepositStatus) -> CobStatus:
    """The charge's state that belongs to a deposit: a paid charge stays paid when refunded."""
    match deposit:
        case "pending":
            return "ATIVA"
        case "credited" | "refunded":
            return "CONCLUIDA"
        case "expired":
            return "REMOVIDA_PELO_PSP"
