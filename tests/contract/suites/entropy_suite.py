"""What every `Entropy` gives at request time."""

from contract.suites.expect import equal

from shared.platform.ports import Entropy


def check_a_token_has_the_size_that_was_asked_for(entropy: Entropy) -> None:
    for size in (0, 1, 10, 32, 33, 4096):
        token = entropy.token(size)
        equal(type(token), bytes)
        equal(len(token), size)


def check_no_token_comes_twice(entropy: Entropy) -> None:
    equal(len({entropy.token(16) for _ in range(1000)}), 1000)


def check_bits_are_balanced(entropy: Entropy) -> None:
    # 2^17 fair bits: 65,536 ± 181 ones. Ten deviations are never seen by chance.
    ones = int.from_bytes(entropy.token(2**14)).bit_count()
    assert abs(ones - 2**16) < 1810, ones
