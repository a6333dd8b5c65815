"""`HttpClient` by the platform's fetch: bounded in time and in size, and never redirected.

Nothing of an error of the platform is passed on but its name: its message may quote the address,
and addresses of registers end with the number of a person.
"""

from shared.platform.ports import HttpAnswer, HttpRequest, Unreachable
from shared.platform.workerd.foreign import Foreign, JsException, js, members, optional, to_js


class FetchClient:
    """`HttpClient` of a Worker."""

    __slots__ = ()

    async def send(self, request: HttpRequest, *, timeout_ms: int, max_bytes: int) -> HttpAnswer:
        options = members(
            method=request.method,
            headers=to_js([list(header) for header in request.headers.items()]),
            redirect="manual",
            signal=js.AbortSignal.timeout(timeout_ms),
        )
        if request.body is not None:
            options.body = to_js(request.body)
        try:
            answer = await js.fetch(request.url, options)
            body = await _read(answer, max_bytes)
        except JsException as error:
            raise Unreachable(f"no answer: {error.name}") from None
        headers = {str(name): str(text) for name, text in js.Array.from_(answer.headers).to_py()}
        return HttpAnswer(int(answer.status), headers, body)


async def _read(answer: Foreign, max_bytes: int) -> bytes:
    """The body, given up as soon as it is longer than `max_bytes`."""
    stream = optional(answer.body)
    if stream is None:
        return b""
    reader = stream.getReader()
    chunks: list[bytes] = []
    size = 0
    while size <= max_bytes:
        part = await reader.read()
        if part.done:
            return b"".join(chunks)
        chunks.append(bytes(part.value.to_bytes()))
        size += len(chunks[-1])
    await reader.cancel()
    raise Unreachable(f"an answer of more than {max_bytes} bytes")
