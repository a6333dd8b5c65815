"""What a simulation ends with when a law does not hold."""


class LawBroken(Exception):
    """A law of the ledger, by its name, and what was seen instead."""

    def __init__(self, law: str, seen: str) -> None:
        super().__init__(f"{law}: {seen}")
        self.law = law
        self.seen = seen


def require(holds: object, law: str, seen: object = "") -> None:
    """Raises `LawBroken` unless `holds`."""
    if not holds:
        raise LawBroken(law, str(seen))
