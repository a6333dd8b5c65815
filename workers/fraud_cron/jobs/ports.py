"""What every job touches of the world, bound once by the entry point or by a test."""

from dataclasses import dataclass

from shared.platform.ports import Clock, Database, Entropy, ObjectStore, Wallets


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of this Worker."""

    db: Database
    wallets: Wallets
    clock: Clock
    entropy: Entropy
    archive: ObjectStore

    def arrival(self) -> str:
        """A name that no other transaction bears."""
        return self.entropy.token(16).hex()
