"""The house: every port and service of this isolate, built once from the bindings.

It holds no state of a player and no asyncio primitive: a stateless Worker's isolate serves anyone.
Handlers reach the world only through it, so a test hands them a house of native adapters.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.bank import Bank, NoBank, SandboxBank
from services.catalogue import GameCatalogue
from services.identity_provider import SandboxIdentityProvider
from services.locators import NetworkLocator, SandboxLocator
from services.messenger import Messenger, NoMessenger, SandboxMessenger
from services.register_house import connect_registers
from services.sandbox_registers import SandboxListings
from services.sessions import Sessions
from services.tokens import Tokens
from services.vault import Vault
from services.visits import Addresses
from shared.compliance.places import Locator
from shared.compliance.ports import IdentityProvider
from shared.compliance.registers.ports import Register, RegisterName
from shared.compliance.registers.sandbox import SandboxRegisters
from shared.identity.passwords import Passwords
from shared.identity.sealing import BlindIndex, Sealing, index_keys, key_from_text
from shared.platform.ports import (
    Clock,
    Crypto,
    Database,
    Entropy,
    HttpClient,
    KeyValue,
    LiveWallets,
    ObjectStore,
    Wallets,
)

Profile = Literal["production", "sandbox"]
BRAND_ID: Final = "acme"

type Log = Callable[[Mapping[str, object]], None]
type Variable = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says: `profile` opens the sandbox routes, `jurisdiction` the rules."""

    profile: Profile
    jurisdiction: str
    brand_id: str
    rate_limit_scale: int
    pix_webhook_secret: bytes


@dataclass(frozen=True, slots=True)
class Ports:
    """The bindings, as ports."""

    db: Database
    cache: KeyValue
    documents: ObjectStore
    wallets: Wallets
    live_wallets: LiveWallets
    clock: Clock
    entropy: Entropy
    crypto: Crypto
    http: HttpClient
    log: Log


@dataclass(frozen=True, slots=True)
class House:
    """Ports, settings and the services of identity."""

    db: Database
    cache: KeyValue
    documents: ObjectStore
    wallets: Wallets
    live_wallets: LiveWallets
    clock: Clock
    entropy: Entropy
    crypto: Crypto
    http: HttpClient
    log: Log
    settings: Settings
    tokens: Tokens
    sessions: Sessions
    passwords: Passwords
    sealing: Vault
    blind_index: BlindIndex
    addresses: Addresses
    locator: Locator
    games: GameCatalogue
    bank: Bank
    identity_provider: IdentityProvider | None
    registers: Mapping[RegisterName, Register]
    listings: SandboxListings | None
    messenger: Messenger


def build_house(ports: Ports, variable: Variable) -> House:
    """The house of `ports`; `variable(name)` gives a var or secret of the environment.

    Raises:
        KeyError, ValueError: for a missing or malformed secret, so that a Worker that is set up
            wrongly refuses to serve instead of serving without a pepper or a key.
    """
    settings = Settings(
        profile="sandbox" if variable("PROFILE") == "sandbox" else "production",
        jurisdiction=variable("JURISDICTION"),
        brand_id=BRAND_ID,
        rate_limit_scale=int(variable("RATE_LIMIT_SCALE")),
        pix_webhook_secret=key_from_text(variable("PIX_WEBHOOK_SECRET")),
    )
    blind_index = BlindIndex(*index_keys(variable))
    listings, registers = _registers(ports, settings, variable)
    return House(
        db=ports.db,
        cache=ports.cache,
        documents=ports.documents,
        wallets=ports.wallets,
        live_wallets=ports.live_wallets,
        clock=ports.clock,
        entropy=ports.entropy,
        crypto=ports.crypto,
        http=ports.http,
        log=ports.log,
        settings=settings,
        tokens=Tokens(_keys(variable("JWT_KEYS")), variable("JWT_ACTIVE_KID")),
        sessions=Sessions(ports.db, ports.entropy),
        passwords=Passwords(ports.crypto, key_from_text(variable("PASSWORD_PEPPER"))),
        sealing=Vault(
            ports.db,
            ports.clock,
            ports.crypto,
            ports.entropy,
            Sealing(
                ports.crypto, ports.entropy, _keys(variable("PII_KEYS")), variable("PII_ACTIVE_KEY")
            ),
        ),
        blind_index=blind_index,
        addresses=Addresses(blind_index),
        locator=SandboxLocator()
        if settings.profile == "sandbox"
        else NetworkLocator(settings.jurisdiction, ports.clock),
        games=GameCatalogue(ports.db, ports.cache),
        bank=NoBank()
        if listings is None
        else SandboxBank(settings.pix_webhook_secret, listings.bank_refuses),
        identity_provider=SandboxIdentityProvider() if settings.profile == "sandbox" else None,
        registers=registers,
        listings=listings,
        messenger=SandboxMessenger() if settings.profile == "sandbox" else NoMessenger(),
    )


def _registers(
    ports: Ports, settings: Settings, variable: Variable
) -> tuple[SandboxListings | None, Mapping[RegisterName, Register]]:
    """The sandbox's registers are its own; elsewhere each needs the secret that opens it."""
    if settings.profile == "sandbox":
        index = BlindIndex(*index_keys(variable))
        listings = SandboxListings(ports.db, index)
        http = SandboxRegisters(listings, ports.entropy)
        return listings, connect_registers(http, lambda _: "sandbox")
    secrets: Mapping[RegisterName, str] = {"sigap": "SIGAP_TOKEN", "gamstop": "GAMSTOP_KEY"}
    return None, connect_registers(ports.http, lambda name: variable(secrets[name]))


def _keys(text: str) -> dict[str, bytes]:
    return {kid: key_from_text(value) for kid, value in json.loads(text).items()}
