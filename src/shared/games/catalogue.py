"""Our own games, by id, behind the one object that the wallet and the API hold.

A round is a function of (game, RTP of its version, parameters, server seed, client seed, nonce)
and its payout one of that and the stake: the wallet, the history page and the public verifier all
come through here, so they cannot differ. A new game is one module with one `Game` and one line
in `_GAMES`.
"""

from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from shared.games.dice import Dice
from shared.games.errors import GAME_NOT_FOUND
from shared.games.fairness import Draws
from shared.games.mathematics import payout_moments, percent_text, worst_case
from shared.games.model import BetLevel, Game, JsonObject, Multiplier
from shared.kernel.canonical import canonical_json, sha256_hex
from shared.kernel.errors import Rejected

_GAMES: Final[tuple[Game[Any], ...]] = (Dice(),)

_HOW_DETERMINED: Final[JsonObject] = {
    "pt-BR": "RTP teórico calculado de forma exata a partir das probabilidades e da tabela de "
    "pagamentos, no pior caso entre todas as apostas e valores permitidos, com o pagamento "
    "truncado para centavos. É uma média de longo prazo do jogo, não uma expectativa individual.",
    "en": "Theoretical RTP, computed exactly from the probabilities and the paytable, for the "
    "worst of all legal bets and stakes, payouts truncated to the minor unit. It is a long-run "
    "average of the game, not an expectation for one player.",
}


class Catalogue:
    """The games of the house. Every method raises `Rejected(GAME_NOT_FOUND)` for an unknown id."""

    def __init__(self, games: tuple[Game[Any], ...]) -> None:
        self._games: Final = {game.game_id: game for game in games}
        assert len(self._games) == len(games), "two games share an id"
        # A pure function that scans hundreds of bet levels: remembered for the few versions in
        # force, so that listing the games does not pay for it again.
        self._worst_case: Final = lru_cache(maxsize=64)(self._scan_bet_levels)

    def game(self, game_id: str) -> Game[Any]:
        """The game itself, for its mathematics."""
        game = self._games.get(game_id)
        if game is None:
            raise Rejected(GAME_NOT_FOUND, f"There is no game {game_id[:64]!r}.")
        return game

    def check_params(self, game_id: str, params: object) -> None:
        """Raises `Rejected(INVALID_PARAMS, …, errors=[…])` unless `params` is a bet of the game."""
        self.game(game_id).read_params(params)

    def result(
        self,
        game_id: str,
        rtp_bps: int,
        params: object,
        server_seed: str,
        client_seed: str,
        nonce: int,
    ) -> tuple[Multiplier, JsonObject]:
        """What the round pays per unit staked, and its outcome.

        Raises:
            Rejected: INVALID_PARAMS with `errors[]`.
        """
        game = self.game(game_id)
        return game.play(rtp_bps, game.read_params(params), Draws(server_seed, client_seed, nonce))

    def outcome(
        self,
        game_id: str,
        rtp_bps: int,
        stake_minor: int,
        params: object,
        server_seed: str,
        client_seed: str,
        nonce: int,
    ) -> tuple[int, JsonObject]:
        """Payout in minor units and outcome of one round.

        Raises:
            Rejected: INVALID_PARAMS with `errors[]`.
        """
        multiplier, outcome = self.result(game_id, rtp_bps, params, server_seed, client_seed, nonce)
        return multiplier.payout_minor(stake_minor), outcome

    def payout_moments(
        self, game_id: str, rtp_bps: int, stake_minor: int, params: object
    ) -> tuple[Fraction, Fraction]:
        """Mean (minor units) and variance (minor units squared) of the payout of such a round."""
        game = self.game(game_id)
        return payout_moments(game.distribution(rtp_bps, game.read_params(params)), stake_minor)

    def worst_case(
        self, game_id: str, rtp_bps: int, min_stake_minor: int, max_stake_minor: int
    ) -> BetLevel:
        """The legal bet and stake with the lowest theoretical RTP."""
        return self._worst_case(game_id, rtp_bps, min_stake_minor, max_stake_minor)

    def describe(
        self, game_id: str, rtp_bps: int, min_stake_minor: int, max_stake_minor: int
    ) -> JsonObject:
        """What `GET /v1/games` says of a version, but for its name and number.

        RTPs are decimal percent texts; `rtp_theoretical` is that of the worst bet level
        (GLI-19 §4.7.2: it says how it was determined).
        """
        game = self.game(game_id)
        worst = self.worst_case(game_id, rtp_bps, min_stake_minor, max_stake_minor)
        paytable = game.paytable(rtp_bps)
        return {
            "game_id": game.game_id,
            "kind": game.kind,
            "rtp_target": percent_text(Fraction(rtp_bps, 10_000)),
            "rtp_theoretical": percent_text(worst.rtp),
            "rtp_theoretical_at": {"stake_minor": worst.stake_minor, "params": dict(worst.params)},
            "rtp_how_determined": dict(_HOW_DETERMINED),
            "min_stake_minor": min_stake_minor,
            "max_stake_minor": max_stake_minor,
            "params_schema": game.params_schema(),
            "paytable": paytable,
            "paytable_hash": sha256_hex(canonical_json(paytable)),
        }

    def _scan_bet_levels(
        self, game_id: str, rtp_bps: int, min_stake_minor: int, max_stake_minor: int
    ) -> BetLevel:
        return worst_case(self.game(game_id), rtp_bps, min_stake_minor, max_stake_minor)


CATALOGUE: Final = Catalogue(_GAMES)
