"""People with a phone: an account, an authenticator app, and what they do about their safety."""

from dataclasses import dataclass, field
from typing import Any

from api_under_test import Reply, World
from e2e.people import registration

from shared.identity import totp

FACTOR = "/v1/me/second-factor"


@dataclass
class Phone:
    """An authenticator app. Each code that it shows is of a later step than the one before."""

    world: World
    secret: bytes
    shown: int = 0

    def code(self) -> str:
        """A code that has not been shown yet; time passes until there is one."""
        while totp.step_at(self.world.clock.now_ms()) < self.shown:
            self.world.clock.advance(totp.STEP_MS)
        self.shown = totp.step_at(self.world.clock.now_ms()) + 1
        return totp.code_of(self.secret, self.shown - 1)


@dataclass
class Guarded:
    """A registered player."""

    world: World
    tokens: dict[str, Any] = field(default_factory=dict)
    recovery_codes: list[str] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    _phone: Phone | None = None

    def __post_init__(self) -> None:
        self.body = registration(**self.changes)
        reply = self.world.call("POST", "/v1/players", self.body)
        assert reply.status == 201, reply.text
        self.player_id = str(reply.json["player_id"])
        self.login: dict[str, Any] = {name: self.body[name] for name in ("email", "password")}
        self.log_in()

    @property
    def phone(self) -> Phone:
        assert self._phone is not None
        return self._phone

    def try_login(self, **more: str) -> Reply:
        return self.world.call("POST", "/v1/auth/login", self.login | more)

    def log_in(self, **more: str) -> None:
        reply = self.try_login(**more)
        assert reply.status == 200, reply.text
        self.tokens = reply.json

    def refresh(self) -> Reply:
        body = {"refresh_token": self.tokens["refresh_token"]}
        reply = self.world.call("POST", "/v1/auth/refresh", body)
        if reply.status == 200:
            self.tokens = reply.json
        return reply

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Reply:
        return self.world.call(
            method, path, body, token=self.tokens["access_token"], headers=headers
        )

    def enrol(self) -> None:
        """Set up the app and keep the recovery codes."""
        begun = self.send("POST", FACTOR, {"password": self.login["password"]})
        assert begun.status == 201, begun.text
        self._phone = Phone(self.world, totp.secret_bytes(begun.json["secret"]))
        done = self.send("POST", f"{FACTOR}/confirm", {"otp": self.phone.code()})
        assert done.status == 200, done.text
        self.recovery_codes = done.json["recovery_codes"]

    def prove(self, otp: str) -> Reply:
        return self.send("POST", f"{FACTOR}/prove", {"otp": otp})
