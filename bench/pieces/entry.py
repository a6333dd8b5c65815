"""A Worker to measure the pieces of a bet in: each can be run many times in one request.

GET /floor         the least that Python can answer        GET /floor/js   the same past the SDK
GET /front/{piece}?n=   n times in the stateless Worker
GET /back/{piece}?n=    n times in the object, one RPC
GET /rpc?n=             n calls of the object, with the texts of a bet
"""

from urllib.parse import unquote

import pieces

from shared.platform.workerd.foreign import Foreign, js, unwrapped
from shared.platform.workerd.worker import DurableObject, Request, Response, WorkerEntrypoint


class Specimen(DurableObject):
    """An object with a real wallet in its storage."""

    def __init__(self, ctx: Foreign, env: Foreign) -> None:
        super().__init__(ctx, env)
        self._bench = pieces.BackPieces(ctx)

    async def measure(self, piece: str, times: int) -> str:
        """Run a piece so many times."""
        return self._bench.run(piece, times)

    async def echo(self, kind: str, key: str, session: str, payload: str, context: str) -> str:
        """What a bet's call carries, and as long an answer."""
        return pieces.ANSWER

    async def touch(self, kind: str, key: str, session: str, payload: str, context: str) -> str:
        """The same with one small write: what a commit to the disk adds."""
        self._bench.touch()
        return pieces.ANSWER

    async def dry(self, kind: str, key: str, session: str, payload: str, context: str) -> str:
        """The same with the Python of a bet, without its SQL."""
        self._bench.run("bet without SQL", 1)
        return pieces.ANSWER

    async def dry10(self, kind: str, key: str, session: str, payload: str, context: str) -> str:
        """The same ten times."""
        self._bench.run("bet without SQL", 10)
        return pieces.ANSWER

    async def bet10(self, kind: str, key: str, session: str, payload: str, context: str) -> str:
        """Ten bets, committed together."""
        return self._bench.run("bet", 10)

    async def dryq(self, kind: str, key: str, session: str, payload: str, context: str) -> str:
        """no"""
        self._bench.run("nothing", 1)
        return pieces.ANSWER

    async def bet(self, kind: str, key: str, session: str, payload: str, context: str) -> str:
        """The same with a whole bet, committed."""
        return self._bench.bet()


class Default(WorkerEntrypoint):
    """The way in."""

    async def fetch(self, request: Request) -> Response:
        url = request.js_object.url
        _, _, path = url.partition("://")[2].partition("/")
        name, _, query = unquote(path).partition("?")
        if name == "floor":
            return Response("ok")
        if name == "floor/js":
            return js.Response.new("ok")
        times = int(query.partition("=")[2])
        where, _, piece = name.partition("/")
        stub = unwrapped(self.env).OBJECT.getByName("specimen")
        if where == "back":
            try:
                return Response(str(await stub.measure(piece, times)))
            except Exception as e:
                return Response(str(e), status=500)
        if where == "rpc":
            for _ in range(times):
                stub = unwrapped(self.env).OBJECT.getByName("specimen")
                await getattr(stub, piece)(*pieces.CALL)
            return Response("done")
        return Response(await pieces.run_front(piece, times, request, self.env, self.ctx))
