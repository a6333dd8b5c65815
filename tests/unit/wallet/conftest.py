import pytest
from unit.wallet.wallet_house import House


@pytest.fixture
def house() -> House:
    """An open wallet of R$ 100.00 in cash, without limits."""
    return House().open().deposit(10_000)
