"""`HttpClient` for tests: a function in the place of the network, and what it was asked."""

from collections.abc import Callable

from shared.platform.ports import HttpAnswer, HttpRequest, Unreachable


class ScriptedHttp:
    """Answers by `answer`; None is no answer in time."""

    def __init__(self, answer: Callable[[HttpRequest], HttpAnswer | None]) -> None:
        self._answer = answer
        self.asked: list[HttpRequest] = []

    async def send(self, request: HttpRequest, *, timeout_ms: int, max_bytes: int) -> HttpAnswer:
        self.asked.append(request)
        answer = self._answer(request)
        if answer is None:
            raise Unreachable(f"no answer within {timeout_ms} ms")
        if len(answer.body) > max_bytes:
            raise Unreachable(f"an answer of more than {max_bytes} bytes")
        return answer
