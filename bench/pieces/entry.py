"""A Worker to measure the pieces of a bet in: each can be run many times in one request.

GET /floor                 the least that Python can answer
GET /front/{piece}?n=      n times in the stateless Worker
GET /back/{piece}?n=       n times in the object, one RPC, one commit
GET /rpc/{echo|bet}?n=     n calls of the object with the texts of a bet; `bet` commits one
"""

from urllib.parse import unquote

from back import Bench  # type: ignore[import-not-found, unused-ignore]
from front import front_pieces  # type: ignore[import-not-found, unused-ignore]
from sample import ANSWER, CALL  # type: ignore[import-not-found, unused-ignore]

from shared.platform.workerd.foreign import Foreign, unwrapped
from shared.platform.workerd.worker import DurableObject, Request, Response, WorkerEntrypoint


class Specimen(DurableObject):
    """An object with a real wallet in its storage."""

    def __init__(self, ctx: Foreign, env: Foreign) -> None:
        super().__init__(ctx, env)
        self._bench = Bench(ctx)

    async def measure(self, piece: str, times: int) -> str:
        """Run a piece so many times."""
        self._bench.run(piece, times)
        return "done"

    async def echo(self, *_texts: str) -> str:
        """What a bet's call carries, and as long an answer."""
        return str(ANSWER)

    async def bet(self, *_texts: str) -> str:
        """The same with a bet in between."""
        return str(self._bench.bet())


class Default(WorkerEntrypoint):
    """The way in."""

    async def fetch(self, request: Request) -> Response:
        name, _, query = unquote(request.js_object.url.split("/", 3)[3]).partition("?")
        where, _, piece = name.partition("/")
        if where == "floor":
            return Response("ok")
        times = int(query.partition("=")[2])
        namespace = unwrapped(self.env).OBJECT
        if where == "back":
            return Response(str(await namespace.getByName("specimen").measure(piece, times)))
        if where == "rpc":
            for _ in range(times):
                await getattr(namespace.getByName("specimen"), piece)(*CALL)
            return Response("done")
        run = front_pieces(request)[piece]
        for _ in range(times):
            run()
        return Response("done")
