"""What every `Wallets` carries, over objects that answer with what they were asked."""

import json

from contract.suites.expect import equal

from shared.platform.ports import Wallets


class EchoWallet:
    """A player's object in the checks: answers with its arguments and how often it was asked."""

    def __init__(self) -> None:
        self._asked = 0

    def execute(self, kind: str, key: str, session_id: str, payload: str, context: str = "") -> str:
        self._asked += 1
        return json.dumps([self._asked, kind, key, session_id, payload, context])

    def query(self, kind: str, session_id: str, payload: str) -> str:
        self._asked += 1
        return json.dumps([self._asked, kind, session_id, payload])


async def check_texts_arrive_and_return_as_they_were(wallets: Wallets) -> None:
    payload = json.dumps({"note": "São Paulo \U0001f3b2 \0", "amount_minor": 10**12})
    answer = await wallets.execute("echo-1", "play", "key", "", payload)
    equal(type(answer), str)
    equal(json.loads(answer), [1, "play", "key", "", payload, ""])
    answer = await wallets.query("echo-1", "balance", "session", "{}")
    equal(json.loads(answer), [2, "balance", "session", "{}"])
    answer = await wallets.execute("echo-1", "play", "key", "", "{}", context=payload)
    equal(json.loads(answer), [3, "play", "key", "", "{}", payload])


async def check_every_player_has_one_object(wallets: Wallets) -> None:
    for asked in (1, 2, 3):
        for player_id in ("echo-2", "echo-3"):
            answer = await wallets.query(player_id, "balance", "", "{}")
            equal(json.loads(answer)[0], asked)
