"""The static pages served alone, with the headers that `web/_headers` gives them in production."""

import http.server
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).resolve().parents[2]
WEB: Final = ROOT / "web"


def headers_for_all(text: str) -> dict[str, str]:
    """The headers below `/*` in a `_headers` file of Workers static assets."""
    headers: dict[str, str] = {}
    rule = ""
    for line in text.splitlines():
        if line and not line[0].isspace():
            rule = line.strip()
        elif rule == "/*" and ":" in line:
            name, _, value = line.strip().partition(":")
            headers[name] = value.strip()
    return headers


PAGE_HEADERS: Final = headers_for_all((WEB / "_headers").read_text(encoding="utf-8"))


class _Handler(SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        for name, value in PAGE_HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Says nothing: the browser tells what went wrong."""


class StaticPages:
    """A server on the loopback interface for the time of a `with` block."""

    def __init__(self) -> None:
        handler = partial(_Handler, directory=str(WEB))
        self._server: http.server.HTTPServer = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
