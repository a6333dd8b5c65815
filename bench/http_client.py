"""A lean HTTP/1.1 client for benchmarks: one keep-alive connection, one request at a time.

A general client costs more CPU a request than the Worker that is measured, and shares its cores.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any


class Connection:
    """One connection to the api Worker's own socket; requests on it are sequential."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, host: str, port: int) -> "Connection":
        return cls(*await asyncio.open_connection(host, port))

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Status and parsed JSON body."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(content)}"]
        if body is not None:
            lines.append("Content-Type: application/json")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(head.split(" ", 2)[1])
        return status, json.loads(await self._body(head) or b"null")

    async def _body(self, head: str) -> bytes:
        for line in head.split("\r\n"):
            if line.startswith("content-length:"):
                return await self._reader.readexactly(int(line.partition(":")[2]))
        if "transfer-encoding: chunked" not in head:
            return b""
        parts = []
        while size := int(await self._reader.readline(), 16):
            parts.append(await self._reader.readexactly(size))
            await self._reader.readline()
        await self._reader.readline()
        return b"".join(parts)

    def close(self) -> None:
        self._writer.close()
