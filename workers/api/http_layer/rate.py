"""Rate limits: a token bucket per caller and class, in one bounded table of this isolate.

The bucket is kept as one integer, the time at which it would be full again (the generic cell rate
algorithm, ITU-T I.371): a request is allowed when that time is less than a full bucket ahead.
The table belongs to one isolate. Cloudflare runs many, so the true ceiling of a caller is the
figure here times the isolates that serve them: a brake on one noisy client, not a global quota.
"""

from enum import Enum
from typing import Final

from shared.kernel.values import value

MAX_CALLERS: Final = 20_000
"""Entries kept; the least recently seen caller is forgotten first (about 4 MB at the most)."""


class RateClass(Enum):
    """Burst of a full bucket, and how many requests a minute refill it."""

    AUTH = ("auth", 30, 60)
    WRITE = ("write", 30, 120)
    MONEY = ("money", 60, 600)
    UPLOAD = ("upload", 8, 20)
    READ = ("read", 120, 1_200)

    def __init__(self, label: str, burst: int, per_minute: int) -> None:
        self.label = label
        self.burst = burst
        self.per_minute = per_minute


@value
class Verdict:
    """`retry_after_ms` is 0 when the request may pass; `remaining` whole requests may follow."""

    retry_after_ms: int
    remaining: int


def decide(full_at_us: int, now_us: int, interval_us: int, burst: int) -> tuple[int, Verdict]:
    """Next `full_at_us` and the verdict for one request at `now_us`; a refusal costs nothing."""
    level = max(full_at_us - now_us, 0)
    room_us = burst * interval_us - level
    if room_us < interval_us:
        return full_at_us, Verdict(-(-(interval_us - room_us) // 1000), 0)
    return now_us + level + interval_us, Verdict(0, room_us // interval_us - 1)


class RateTable:
    """The buckets of one isolate. `scale` multiplies burst and refill (1 in production)."""

    def __init__(self, scale: int, max_callers: int = MAX_CALLERS) -> None:
        assert scale >= 1
        self._scale = scale
        self._max_callers = max_callers
        self._full_at_us: dict[tuple[RateClass, str], int] = {}

    def take(self, caller: str, rate: RateClass, now_ms: int) -> Verdict:
        """Count one request of `caller` (a subject id, or an address) at `now_ms`."""
        key = (rate, caller)
        interval_us = max(60_000_000 // (rate.per_minute * self._scale), 1)
        full_at_us, verdict = decide(
            self._full_at_us.pop(key, 0), now_ms * 1000, interval_us, rate.burst * self._scale
        )
        self._full_at_us[key] = full_at_us
        if len(self._full_at_us) > self._max_callers:
            del self._full_at_us[next(iter(self._full_at_us))]
        return verdict

    def __len__(self) -> int:
        return len(self._full_at_us)


def address_key(client_ip: str) -> str:
    """An address as a caller: IPv6 by its /64, because one customer owns all of it."""
    if ":" not in client_ip:
        return client_ip
    return ":".join(client_ip.partition("::")[0].split(":")[:4]) + "::/64"
