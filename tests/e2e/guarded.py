"""What a player does about the safety of their account, over plain HTTP, with a phone in hand."""

import time
from dataclasses import dataclass, replace

import httpx
from e2e.player import Json, Player, expect

from shared.identity import totp

FACTOR = "/v1/me/second-factor"
_POLL_S = 0.2


@dataclass
class Phone:
    """An authenticator app by the real clock. Each code that it shows is of a later step."""

    secret: bytes
    shown: int = 0

    def code(self) -> str:
        """A code not shown before: of this step or the next one, else it waits for a step."""
        while _step() + totp.DRIFT_STEPS <= self.shown:
            time.sleep(_POLL_S)
        self.shown = max(self.shown + 1, _step())
        return totp.code_of(self.secret, self.shown)


def _step() -> int:
    return totp.step_at(time.time_ns() // 1_000_000)


def enrol(player: Player) -> tuple[Phone, list[str]]:
    """Set up an authenticator app; the phone and the recovery codes."""
    begun = expect(player.post(FACTOR, {"password": player.password}), 201)
    phone = Phone(totp.secret_bytes(begun["secret"]))
    codes = expect(player.post(f"{FACTOR}/confirm", {"otp": phone.code()}), 200)
    return phone, list(codes["recovery_codes"])


def try_login(player: Player, **more: str) -> httpx.Response:
    """Log in again, from the same address."""
    address = {"CF-Connecting-IP": player.headers["CF-Connecting-IP"]}
    body = {"email": player.email, "password": player.password} | more
    return player.client.post("/v1/auth/login", json=body, headers=address)


def log_in(player: Player, **more: str) -> Player:
    """The same person in a new session."""
    return _with(player, expect(try_login(player, **more), 200))


def try_refresh(player: Player) -> httpx.Response:
    """Spend the refresh token."""
    address = {"CF-Connecting-IP": player.headers["CF-Connecting-IP"]}
    body = {"refresh_token": player.refresh_token}
    return player.client.post("/v1/auth/refresh", json=body, headers=address)


def refresh(player: Player) -> Player:
    """The same session under new tokens."""
    return _with(player, expect(try_refresh(player), 200))


def _with(player: Player, session: Json) -> Player:
    headers = dict(player.headers) | {"Authorization": f"Bearer {session['access_token']}"}
    return replace(player, headers=headers, refresh_token=session["refresh_token"])
