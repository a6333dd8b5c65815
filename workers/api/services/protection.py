"""What a player asks of player protection, as commands of their wallet.

The wallet decides and its clock counts: a term is counted from the wallet's own `now`, so that the
sandbox's clock moves pauses and exclusions like everything else. Each command has a key of its own:
asking twice is harmless, because limits only tighten at once and terms only grow.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from http_layer.registry import wallet_rejection

from services.container import House
from services.marketing import withdraw_marketing
from services.player_clock import player_now_ms
from services.session_endings import end_all
from shared.compliance.errors import LIMIT_NOT_OFFERED
from shared.compliance.model import InForce, profile_now
from shared.compliance.rules import Exclusion
from shared.compliance.rules import TextLanguage as Language
from shared.compliance.terms import Term, exclusion_until, offer_of, pause_until
from shared.identity.model import Principal
from shared.kernel.errors import InvariantBroken, Rejected
from shared.kernel.ids import RANDOM_BYTES_PER_ID, uuid7
from shared.kernel.times import rfc3339
from shared.wallet.answer import Answer as WalletAnswer
from shared.wallet.answer import decode_answer
from shared.wallet.gate_model import FOREVER
from shared.wallet.model import PERIODS

_SESSION_KINDS: Final = frozenset({"loss", "wager", "time", "bet_count"})
"""A game session sees no deposits, hence has no limit on them."""
_MOMENTS: Final = frozenset({"until", "since", "now"})
"""Members that are moments beside those whose name says so (`…_at`, `…_until`)."""


type Body = dict[str, Any]


async def command(
    house: House, who: Principal, kind: str, payload: Mapping[str, object], now_ms: int
) -> Body:
    """A command of the player's own session, under a fresh key; the answer, with times for people.

    Raises:
        Rejected: when the wallet refused.
    """
    key = uuid7(now_ms, house.entropy.token(RANDOM_BYTES_PER_ID))
    text = await house.wallets.execute(
        who.subject_id, kind, key, who.session_id, json.dumps(payload)
    )
    return told(decode_answer(text))


def told(answer: WalletAnswer) -> Body:
    """A wallet's answer as the API tells it: its milliseconds are RFC 3339 texts, no end is null.

    Raises:
        Rejected: when the wallet refused.
    """
    if answer.status >= 400:
        raise wallet_rejection(answer.status, answer.body)
    body: Body = _for_people(json.loads(answer.body))
    return body


def _for_people(found: Any) -> Any:
    if isinstance(found, list):
        return [_for_people(item) for item in found]
    if not isinstance(found, dict):
        return found
    return {
        name: _time(item) if _is_moment(name, item) else _for_people(item)
        for name, item in found.items()
    }


def _is_moment(name: str, item: object) -> bool:
    return type(item) is int and (name in _MOMENTS or name.endswith(("_at", "_until")))


def _time(at_ms: int) -> str | None:
    return None if at_ms >= FOREVER else rfc3339(at_ms)


def check_limit_offered(house: House, kind: str, period: str, now_ms: int) -> None:
    """Refuse a limit that the jurisdiction does not have.

    Raises:
        Rejected: LIMIT_NOT_OFFERED.
    """
    limits = profile_now(house.settings.jurisdiction, now_ms).limits
    offered = limits is not None and kind in limits.offered
    in_session = period == "session" and kind in _SESSION_KINDS
    if not offered or not (in_session or (limits is not None and period in limits.periods)):
        raise Rejected(LIMIT_NOT_OFFERED, "There is no limit of this kind and period here.")


def terms_on_offer(house: House, now_ms: int) -> Body:
    """What a player can choose from: terms of pauses and exclusions, limits and their periods."""
    rules, exclusion = _terms(house, now_ms)
    limits = rules.limits
    return {
        **asdict(offer_of(exclusion)),
        "limit_kinds": [] if limits is None else sorted(limits.offered),
        "limit_periods": [] if limits is None else ["session", *_in_order(limits.periods)],
        "mandatory": [] if limits is None else sorted(limits.mandatory),
    }


def words(house: House, language: Language, now_ms: int) -> Body:
    """What the jurisdiction has a player told about self-exclusion, and its central register."""
    return {
        "notice": _notice(house, language, now_ms),
        "central_register": _central_register(house, language, now_ms),
    }


def _in_order(periods: Iterable[str]) -> list[str]:
    return [period for period in PERIODS if period in frozenset(periods)]


async def pause(house: House, who: Principal, term: Term | None, now_ms: int) -> Body:
    """Pause until the end of `term`, or for the shortest pause on offer.

    Raises:
        Rejected: PAUSE_TERM_NOT_OFFERED, or as the wallet refuses.
    """
    rules, terms = _terms(house, now_ms)
    began_ms = await player_now_ms(house, who.subject_id, now_ms)
    asked = term or Term(days=min(terms.pauses_days))
    until = pause_until(asked, terms, rules.profile.day_offset_ms, began_ms)
    return await command(house, who, "pause", {"until": until, "source": "player"}, now_ms)


async def exclude(house: House, who: Principal, term: Term, now_ms: int) -> Body:
    """Self-exclude for `term`; consent to advertising and every other session end with it.

    Raises:
        Rejected: EXCLUSION_TERM_NOT_OFFERED, or as the wallet refuses.
        Unreachable: when a session did not end; the exclusion stands, asking again ends the rest.
    """
    until = await exclusion_end(house, who.subject_id, term, now_ms)
    answer = await command(house, who, "exclude", {"until": until, "source": "player"}, now_ms)
    await withdraw_marketing(house, who.subject_id, now_ms)
    await end_all(house, who.subject_id, "player", "excluded", now_ms, keep=who.session_id)
    return answer


async def exclusion_end(house: House, player_id: str, term: Term, now_ms: int) -> int | None:
    """When an exclusion that begins now, by the wallet's clock, ends; None: never by itself.

    Raises:
        Rejected: EXCLUSION_TERM_NOT_OFFERED.
    """
    rules, terms = _terms(house, now_ms)
    began_ms = await player_now_ms(house, player_id, now_ms)
    return exclusion_until(term, terms, rules.profile.day_offset_ms, began_ms)


def language_of(accept_language: str | None) -> Language:
    """The language of the profile's texts that an Accept-Language prefers; Portuguese first."""
    return "en" if (accept_language or "").strip().lower().startswith("en") else "pt-BR"


def _central_register(house: House, language: Language, now_ms: int) -> Body | None:
    text = _text(house, "central_exclusion", now_ms)
    return None if text is None else {"text": text[0][language], "link": text[1]}


def _notice(house: House, language: Language, now_ms: int) -> str | None:
    text = _text(house, "self_exclusion", now_ms)
    return None if text is None else text[0][language]


def _text(house: House, key: str, now_ms: int) -> tuple[dict[Any, str], str | None] | None:
    try:
        found = profile_now(house.settings.jurisdiction, now_ms).text(key)
    except KeyError:
        return None
    return dict(found.by_language), found.link


def _terms(house: House, now_ms: int) -> tuple[InForce, Exclusion]:
    rules = profile_now(house.settings.jurisdiction, now_ms)
    if rules.exclusion is None:
        raise InvariantBroken("exclusion_terms", f"{rules.profile.code} has none on {rules.day}")
    return rules, rules.exclusion
