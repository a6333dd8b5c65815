"""Draws: the committed stream, exact uniformity of the scaling, and statistics of the output."""

import math
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise, product

import pytest

from shared.games.errors import INVALID_CLIENT_SEED, INVALID_SERVER_SEED
from shared.games.fairness import (
    Draws,
    check_client_seed,
    check_server_seed,
    new_server_seed,
    server_seed_hash,
    uniform_below,
)
from shared.kernel.errors import Rejected

SEED = "00ff" * 16


def source(*words: int) -> Callable[[], int]:
    """A stream of these words; StopIteration after the last."""
    return iter(words).__next__


def test_a_server_seed_is_the_hexadecimal_of_32_random_bytes() -> None:
    assert new_server_seed(bytes(range(32))) == bytes(range(32)).hex()


def test_fewer_than_32_random_bytes_make_no_server_seed() -> None:
    with pytest.raises(AssertionError):
        new_server_seed(bytes(31))


def test_the_commitment_is_the_sha256_of_the_seeds_characters_not_of_its_bytes() -> None:
    assert server_seed_hash(SEED) == sha256(SEED.encode()).hexdigest()
    assert server_seed_hash(SEED) != sha256(bytes.fromhex(SEED)).hexdigest()


@pytest.mark.parametrize("seed", ["x", "lucky-7", "~!\"#$%&'()*+,-./;<=>?@[]^_`{|}", "a" * 64])
def test_visible_ascii_is_a_client_seed(seed: str) -> None:
    assert check_client_seed(seed) == seed


@pytest.mark.parametrize(
    "seed", ["", "a" * 65, "a:b", "a b", "tab\t", "line\n", "é", "\x7f", "\0", "ａ"]
)
def test_what_could_be_read_two_ways_is_no_client_seed(seed: str) -> None:
    with pytest.raises(Rejected) as refused:
        check_client_seed(seed)
    assert refused.value.rejection.problem is INVALID_CLIENT_SEED


@pytest.mark.parametrize(
    "seed", ["", "00ff", SEED.upper(), SEED + "0", SEED[:-1] + "g", SEED + "\n"]
)
def test_only_64_lower_case_hexadecimal_characters_are_a_server_seed(seed: str) -> None:
    with pytest.raises(Rejected) as refused:
        check_server_seed(seed)
    assert refused.value.rejection.problem is INVALID_SERVER_SEED


def test_the_same_three_inputs_give_the_same_draws() -> None:
    first, second = Draws(SEED, "lucky", 3), Draws(SEED, "lucky", 3)
    assert [first.below(97) for _ in range(40)] == [second.below(97) for _ in range(40)]


@pytest.mark.parametrize(
    "other", [Draws("01ff" * 16, "lucky", 3), Draws(SEED, "luckz", 3), Draws(SEED, "lucky", 4)]
)
def test_each_of_the_three_inputs_changes_the_draws(other: Draws) -> None:
    draws = Draws(SEED, "lucky", 3)
    assert [draws.next_word() for _ in range(8)] != [other.next_word() for _ in range(8)]


@pytest.mark.parametrize("n", [0, -1, 2**32 + 1])
def test_a_range_that_a_word_cannot_cover_is_a_defect(n: int) -> None:
    with pytest.raises(AssertionError):
        Draws(SEED, "lucky", 0).below(n)


def test_over_all_small_words_every_integer_below_n_is_equally_likely() -> None:
    """Exhaustive: 6-bit words, every n. The words that are used split evenly over 0 … n-1."""
    for n in range(1, 65):
        counts: Counter[int] = Counter()
        for word in range(64):
            try:
                counts[uniform_below(n, source(word), word_space=64)] += 1
            except StopIteration:  # this word is skipped, and a second one was asked for
                continue
        assert set(counts) == set(range(n))
        assert len(set(counts.values())) == 1
        assert sum(counts.values()) > 32, "at least half of all words are used"


def test_skipped_words_leave_the_next_one_uniform() -> None:
    """Exhaustive over all pairs of 4-bit words: a skip does not bias what follows it."""
    for n in (3, 5, 6, 7, 9, 11, 13):
        counts: Counter[int] = Counter()
        for pair in product(range(16), repeat=2):
            try:
                counts[uniform_below(n, source(*pair), word_space=16)] += 1
            except StopIteration:
                continue
        assert len(set(counts.values())) == 1, n


def test_modulo_without_rejection_would_fail_the_exhaustive_test() -> None:
    counts = Counter(word % 10 for word in range(64))
    assert len(set(counts.values())) == 2


def test_the_largest_words_are_skipped_exactly_at_the_documented_limit() -> None:
    n = 10_000
    limit = 2**32 - 2**32 % n
    words = iter([2**32 - 1, limit, limit - 1])
    assert uniform_below(n, lambda: next(words)) == (limit - 1) % n
    assert list(words) == []


def rolls(count: int) -> list[int]:
    seed = sha256(b"statistics of the draws").hexdigest()
    return [Draws(seed, "statistics", nonce).below(10_000) for nonce in range(count)]


@pytest.fixture(scope="module")
def sample() -> list[int]:
    return rolls(20_000)


def chi_square_z(counts: Counter[int], cells: int, total: int) -> float:
    """Normal score of Pearson's chi-square (Wilson-Hilferty), about N(0, 1) for uniform cells."""
    expected = total / cells
    statistic = sum((counts[cell] - expected) ** 2 / expected for cell in range(cells))
    freedom = cells - 1
    spread = 2 / (9 * freedom)
    return float(((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread))


def test_rolls_over_nonces_are_uniform_by_chi_square(sample: list[int]) -> None:
    counts = Counter(roll // 100 for roll in sample)
    assert abs(chi_square_z(counts, 100, len(sample))) < 2.576


def test_pairs_of_successive_rolls_are_uniform_by_the_serial_test(sample: list[int]) -> None:
    pairs = zip(sample[::2], sample[1::2], strict=True)
    counts = Counter(first // 1_000 * 10 + second // 1_000 for first, second in pairs)
    assert abs(chi_square_z(counts, 100, len(sample) // 2)) < 2.576


def test_successive_rolls_are_not_correlated(sample: list[int]) -> None:
    mean = sum(sample) / len(sample)
    variance = sum((roll - mean) ** 2 for roll in sample) / len(sample)
    products = pairwise(sample)
    covariance = sum((a - mean) * (b - mean) for a, b in products) / (len(sample) - 1)
    assert abs(covariance / variance) * math.sqrt(len(sample)) < 2.576


def test_runs_above_and_below_the_middle_are_as_many_as_chance_makes(sample: list[int]) -> None:
    sides = [roll >= 5_000 for roll in sample]
    high, low = sides.count(True), sides.count(False)
    runs = 1 + sum(a != b for a, b in pairwise(sides))
    total = high + low
    mean = 2 * high * low / total + 1
    variance = (mean - 1) * (mean - 2) / (total - 1)
    assert abs(runs - mean) / math.sqrt(variance) < 2.576


def test_draws_within_one_round_are_uniform_too() -> None:
    draws = Draws(sha256(b"one long round").hexdigest(), "statistics", 0)
    counts = Counter(draws.below(52) for _ in range(20_000))
    assert abs(chi_square_z(counts, 52, 20_000)) < 2.576


def test_the_statistics_notice_a_biased_generator() -> None:
    """One roll in ten is pushed into the lower half: the chi-square test must see it."""
    biased = [roll // 2 if nonce % 10 == 0 else roll for nonce, roll in enumerate(rolls(20_000))]
    assert abs(chi_square_z(Counter(roll // 100 for roll in biased), 100, len(biased))) > 2.576
