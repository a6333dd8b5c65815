"""The modules of the pages, in a browser, under the same laws as the house's Python."""

import json
import re
from typing import Any, Final, get_args

import pytest
from browser.conftest import OpenVisit
from browser.pages import ROOT, WEB, StaticPages
from e2e import people
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from shared.games import errors as games_errors
from shared.identity import errors as identity_errors
from shared.wallet.errors import BET_REJECTIONS
from shared.wallet.model import EventType

AMOUNTS: Final = st.lists(st.integers(min_value=0, max_value=10**14 - 1), min_size=1, max_size=50)
# The page is the same for every example, and each example opens nothing.
IN_ONE_PAGE: Final = settings(
    max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def modules(visit: OpenVisit, static_pages: StaticPages) -> Page:
    """A page from which the modules can be imported."""
    opened = visit(static_pages.base_url)
    opened.go("/404.html")
    return opened.page


def dictionaries(page: Page) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = page.evaluate(
        "async () => (await import('/js/i18n.js')).dictionaries"
    )
    return found


def placeholders(sentence: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", sentence))


def test_both_languages_have_the_same_sentences(modules: Page) -> None:
    both = dictionaries(modules)
    assert both["pt-BR"].keys() == both["en"].keys()
    for key, sentence in both["pt-BR"].items():
        assert placeholders(sentence) == placeholders(both["en"][key]), key
        assert sentence.strip(), key
        assert both["en"][key].strip(), key


def test_the_markup_carries_the_portuguese_sentences(modules: Page) -> None:
    portuguese = dictionaries(modules)["pt-BR"]
    for file in [*WEB.glob("*.html"), *WEB.glob("docs/*.html")]:
        text = file.read_text(encoding="utf-8")
        for key, written in re.findall(r'data-i18n="([^"]+)"[^>]*>([^<]*)<', text):
            assert written == portuguese[key], f"{file.name}: {key}"
        for pairs in re.findall(r'data-i18n-attr="([^"]+)"', text):
            for pair in pairs.split(";"):
                assert pair.partition(":")[2].strip() in portuguese, f"{file.name}: {pair}"


def test_every_sentence_is_used_and_every_used_one_exists(modules: Page) -> None:
    keys = dictionaries(modules)["pt-BR"].keys()
    sources = "".join(
        file.read_text(encoding="utf-8")
        for pattern in ("*.html", "js/*.js", "js/views/*.js", "docs/*.html")
        for file in WEB.glob(pattern)
    )
    named = set(re.findall(r"""["'`:]\s?([a-z_]+\.[A-Za-z_0-9]+)(?=["'`;])""", sources))
    made = tuple(re.findall(r"`([a-z_]+\.[a-z_]*)\$\{", sources))
    plurals = {f"{key}.{form}" for key in named for form in ("one", "other")} & keys
    assert not {key for key in keys - named - plurals if not key.startswith(made)}
    families = {key.partition(".")[0] for key in keys}
    candidates = {key for key in named if key.partition(".")[0] in families}
    assert not {key for key in candidates - keys if f"{key}.one" not in keys}


def test_every_refusal_a_player_can_meet_is_explained_in_words(modules: Page) -> None:
    known = dictionaries(modules)["pt-BR"].keys()
    text = (ROOT / "workers" / "api" / "http_layer" / "problems.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'Problem\(\s*"([a-z_]+)"', text))
    assert "validation_failed" in codes
    problems = (*identity_errors.ALL_PROBLEMS, *games_errors.ALL_PROBLEMS, *BET_REJECTIONS)
    codes |= {problem.code for problem in problems}
    assert not {code for code in codes if f"problem.{code}" not in known}


def test_every_kind_of_event_has_a_name(modules: Page) -> None:
    known = dictionaries(modules)["pt-BR"].keys()
    assert not {kind for kind in get_args(EventType) if f"event.{kind}" not in known}


@pytest.mark.parametrize(
    ("typed", "minor"),
    [
        ("10", 1000),
        ("10,5", 1050),
        ("10.50", 1050),
        ("0,01", 1),
        ("1.234,56", 123456),
        ("1,234.56", 123456),
        ("1.500", 150000),
        ("1 234 567,89", 123456789),
        ("R$ 7,00", 700),
        ("  3  ", 300),
        ("0,500", None),
        ("1.23.456", None),
        ("1.234.56", None),
        ("1,2,3", None),
        ("10,999,9", None),
        ("-5", None),
        ("1e3", None),
        ("", None),
        (",50", None),
        ("5,", None),
        ("12345678901234567890", None),
        ("٣", None),
    ],
)
def test_an_amount_is_read_exactly_or_not_at_all(
    modules: Page, typed: str, minor: int | None
) -> None:
    read = modules.evaluate(
        "async (typed) => (await import('/js/money.js')).parseMinor(typed)", typed
    )
    assert read == minor


@IN_ONE_PAGE
@given(amounts=AMOUNTS)
def test_what_the_page_writes_it_reads_back_to_the_centavo(
    modules: Page, amounts: list[int]
) -> None:
    read = modules.evaluate(
        """async (amounts) => {
            const { editableText, formatMinor, parseMinor } = await import("/js/money.js");
            return amounts.map((minor) => ["pt-BR", "en"].flatMap((language) => [
                parseMinor(editableText(minor, language)),
                parseMinor(formatMinor(minor, language)),
            ]));
        }""",
        amounts,
    )
    for minor, readings in zip(amounts, read, strict=True):
        assert readings == [minor] * 4


def test_money_is_written_as_people_of_each_language_write_it(modules: Page) -> None:
    written = modules.evaluate(
        """async () => {
            const { formatMinor, formatSigned } = await import("/js/money.js");
            return [formatMinor(123456789, "pt-BR"), formatMinor(123456789, "en"),
                    formatSigned(-5, "pt-BR"), formatSigned(5, "en"), formatSigned(0, "en")];
        }"""
    )
    assert [text.replace("\u00a0", " ") for text in written] == [
        "R$ 1.234.567,89",
        "R$1,234,567.89",
        "\u2212R$ 0,05",
        "+R$0.05",
        "R$0.00",
    ]


@IN_ONE_PAGE
@given(
    bets=st.lists(
        st.tuples(
            st.integers(min_value=1, max_value=10**9),
            st.integers(min_value=2, max_value=98),
            st.integers(min_value=8000, max_value=9900),
        ),
        min_size=1,
        max_size=50,
    )
)
def test_the_payout_shown_is_the_payout_paid(
    modules: Page, bets: list[tuple[int, int, int]]
) -> None:
    shown = modules.evaluate(
        """async (bets) => {
            const { payoutMinor } = await import("/js/dice-math.js");
            return bets.map((bet) => payoutMinor(...bet));
        }""",
        [list(bet) for bet in bets],
    )
    assert shown == [stake * rtp_bps // (target * 100) for stake, target, rtp_bps in bets]


def test_rolls_agree_with_the_published_vectors(modules: Page) -> None:
    vectors = json.loads((ROOT / "tests" / "vectors" / "dice.json").read_text(encoding="utf-8"))
    stream = vectors["stream"]
    drawn = modules.evaluate(
        """async ({ server_seed, client_seed, nonce, below }) => {
            const { commitmentOf, uniformBelow, words } = await import("/js/fairness.js");
            const stream = words(server_seed, client_seed, nonce);
            const values = [];
            for (const { n } of below) values.push(await uniformBelow(n, stream));
            return [await commitmentOf(server_seed), values];
        }""",
        stream,
    )
    assert drawn == [stream["server_seed_hash"], [draw["value"] for draw in stream["below"]]]


def test_rounds_agree_with_the_published_vectors(modules: Page) -> None:
    vectors = json.loads((ROOT / "tests" / "vectors" / "dice.json").read_text(encoding="utf-8"))
    rounds: list[dict[str, Any]] = vectors["rounds"]
    assert rounds
    played = modules.evaluate(
        """async (rounds) => {
            const { diceRoll, diceWins } = await import("/js/fairness.js");
            const { payoutMinor } = await import("/js/dice-math.js");
            return Promise.all(rounds.map(async (round) => {
                const { server_seed, client_seed, nonce, params, stake_minor, rtp_bps } = round;
                const roll = await diceRoll(server_seed, client_seed, nonce);
                const win = diceWins(roll, params);
                return [roll, win, win ? payoutMinor(stake_minor, params.target, rtp_bps) : 0];
            }));
        }""",
        rounds,
    )
    assert played == [
        [game["outcome"]["roll"], game["outcome"]["win"], game["payout_minor"]] for game in rounds
    ]


def test_a_changed_seed_roll_or_payout_refutes_a_round(modules: Page) -> None:
    verdicts = modules.evaluate(
        """async () => {
            const draws = await import("/js/fairness.js");
            const { payoutMinor } = await import("/js/dice-math.js");
            const seed = "ab".repeat(32);
            const params = { target: 98, over: false };
            const roll = await draws.diceRoll(seed, "me", 4);
            const win = draws.diceWins(roll, params);
            const payoutOf = (stake, target) => payoutMinor(stake, target, 9600);
            const server_seed_hash = await draws.commitmentOf(seed);
            const round = {
                stake_minor: 1000,
                payout_minor: win ? payoutOf(1000, 98) : 0,
                params,
                outcome: { roll, win },
                fairness: { server_seed_hash, client_seed: "me", nonce: 4 },
            };
            const proven = async (changes, serverSeed = seed) => {
                const changed = { round: { ...round, ...changes }, serverSeed, payoutOf };
                return (await draws.checkDiceRound(changed)).proven;
            };
            return [
                await proven({}),
                await proven({}, "cd".repeat(32)),
                await proven({ outcome: { roll: roll + 1, win } }),
                await proven({ outcome: { roll, win: !win } }),
                await proven({ payout_minor: round.payout_minor + 1 }),
                await proven({ fairness: { ...round.fairness, nonce: 5 } }),
            ];
        }"""
    )
    assert verdicts == [True, False, False, False, False, False]


def test_the_page_knows_a_cpf_from_a_typing_error(modules: Page) -> None:
    right = [people.cpf() for _ in range(50)]
    wrong = [cpf[:9] + f"{(int(cpf[9:]) + 1) % 100:02d}" for cpf in right]
    judged = modules.evaluate(
        "async (all) => { const { isCpf } = await import('/js/cpf.js'); return all.map(isCpf); }",
        [*right, *wrong, "11111111111", "123"],
    )
    assert judged == [True] * 50 + [False] * 52
