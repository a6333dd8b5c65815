"""What a command of an open wallet is decided in: the wallet, the caller, the moment, the house's
word. Nothing is loaded before it is asked for.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.kernel.values import altered, value
from shared.wallet.commands import Context
from shared.wallet.gate_model import LoginSession
from shared.wallet.gates import View, is_open
from shared.wallet.memory import RememberingStore
from shared.wallet.model import Decision, Head, Moment, Row
from shared.wallet.ports import GameRules


@value
class Situation:
    """What every decision may look at. `session_id` is the login session that asks, empty for the
    house.
    """

    store: RememberingStore
    head: Head
    moment: Moment
    games: GameRules
    context: Context
    session_id: str

    def doubts(self) -> View | None:
        """What the gate must look at; None when the head says that nothing stands in the way."""
        if is_open(self.head, self.context.address, self.moment.now_ms):
            return None
        return self.view()

    def view(self) -> View:
        """Everything that the gate looks at."""
        return self.store.view(self.session_id, self.context.address)

    def touched(self, game_session_id: str | None = None) -> tuple[Row, ...]:
        """The row of the caller's login session, active now; none for a caller without one. A game
        session that is named is the one whose bets are the login session's activity from now on.
        """
        if self.head.caller_game_session is None:
            return ()
        login = self.store.login(self.session_id)
        assert login is not None
        return (active(login, self.moment.now_ms, game_session_id),)


type Handler = Callable[[Any, Situation], Decision]
type Handlers = Mapping[type[Any], Handler]


def active(login: LoginSession, now_ms: int, game_session_id: str | None = None) -> LoginSession:
    """The session after an activity; the wallet's clock never takes activity back."""
    return altered(
        login,
        last_active_at=max(login.last_active_at, now_ms),
        game_session_id=game_session_id or login.game_session_id,
    )
