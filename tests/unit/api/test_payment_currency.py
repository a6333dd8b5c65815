"""PIX moves reais: a wallet in another currency neither opens a charge nor asks for a payout."""

from money_world import MoneyWorld, Player

from shared.payments.methods import CURRENCY_OF, METHODS


def test_a_wallet_in_another_currency_is_told_so_and_nothing_is_opened_or_held() -> None:
    world = MoneyWorld("gli")
    player = Player(world, currency="USD")
    deposit = player.post("/v1/me/deposits", {"amount_minor": 5_000, "method": "pix"})
    assert (deposit.status, deposit.code) == (409, "currency_mismatch")
    withdrawal = player.withdraw(5_000)
    assert (withdrawal.status, withdrawal.code) == (409, "currency_mismatch")
    assert world.rows("SELECT 1 FROM deposits UNION ALL SELECT 1 FROM withdrawals") == []


def test_every_method_has_its_currency() -> None:
    assert set(CURRENCY_OF) == set(METHODS)
