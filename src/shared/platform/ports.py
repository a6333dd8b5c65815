"""The ports through which the domain touches the world: small, typed, the same on both sides.

Adapters live beside this module: `workerd/` (the only code that may import js, pyodide or workers)
and `native/` (CPython: tests, simulator, tools; never bundled). One contract suite runs over both.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, Protocol

from shared.kernel.values import value

type Defer = Callable[[Coroutine[Any, Any, object]], object]
"""Finish work after the answer (`waitUntil`): whatever must not be lost does not go here alone."""

type SqlValue = int | str | bytes | None
type Row = tuple[SqlValue, ...]
type Record = dict[str, SqlValue]


class Sql(Protocol):
    """The synchronous SQLite of one Durable Object.

    Rows are tuples in the order of the columns. Integers stay integers (STRICT tables or INTEGER
    columns only), `bool` and `float` parameters are refused with `TypeError`, integers of 2^53 - 1
    and more with `OverflowError`, lone surrogates with `UnicodeEncodeError`, and every cursor is
    read to its end before the call returns. One statement a call. A parameter has no affinity of
    its own: write `CAST(? AS INTEGER)` where it is computed with (`?/2` of 5 is 2.5 here).
    """

    def query(self, statement: str, *params: SqlValue) -> list[Row]:
        """Rows of a SELECT or of a statement with RETURNING."""
        ...

    def execute(self, statement: str, *params: SqlValue) -> None:
        """Run a statement that returns no rows; `SqlConstraintError` when a constraint refuses."""
        ...

    def transaction[T](self, body: Callable[[], T]) -> T:
        """Run `body` atomically: all its writes or, when it raises, none. The exception passes on.

        Transactions nest. A coroutine function is refused with `TypeError`: a command is one
        synchronous block, because every await lets other requests in.
        """
        ...


class PlatformError(Exception):
    """Base of what an adapter raises when the platform did not do what was asked."""


class SqlError(PlatformError):
    """The database refused a statement (Sql and Database): it changed nothing."""


class SqlConstraintError(SqlError):
    """A UNIQUE, CHECK, NOT NULL, STRICT or trigger constraint refused a write."""


class Unreachable(PlatformError):
    """A binding gave no answer. The outcome is unknown: ask again, with the same key."""


@value
class Statement:
    """One statement of a `Database.batch`."""

    sql: str
    params: tuple[SqlValue, ...] = ()


class Database(Protocol):
    """D1. Records are dictionaries by column name; parameters follow the rules of `Sql`."""

    async def query(self, statement: str, *params: SqlValue) -> list[Record]: ...

    async def first(self, statement: str, *params: SqlValue) -> Record | None: ...

    async def execute(self, statement: str, *params: SqlValue) -> int:
        """Number of rows changed."""
        ...

    async def batch(self, statements: Sequence[Statement]) -> list[int]:
        """All statements in one transaction, or none; rows changed by each."""
        ...


class KeyValue(Protocol):
    """KV: a cache, eventually consistent, never an authority. Keys are 1 to 512 UTF-8 bytes."""

    async def get(self, key: str) -> str | None: ...

    async def put(self, key: str, value: str, *, ttl_s: int) -> None:
        """`ttl_s` is at least 60, as the platform demands."""
        ...

    async def delete(self, key: str) -> None: ...


class ObjectStore(Protocol):
    """R2. Keys are 1 to 1024 UTF-8 bytes."""

    async def put(
        self, key: str, body: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> None: ...

    async def get(self, key: str) -> bytes | None: ...

    async def delete(self, key: str) -> None: ...

    async def list(self, prefix: str) -> list[str]:
        """All keys below `prefix`, sorted, however many pages that takes."""
        ...


@value
class HttpRequest:
    """A request to a service outside. Header names are lower case."""

    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


@value
class HttpAnswer:
    """An answer, whatever its status; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient(Protocol):
    """Services outside the platform. A redirect is an answer and is never followed: the request
    may carry a secret.
    """

    async def send(self, request: HttpRequest, *, timeout_ms: int, max_bytes: int) -> HttpAnswer:
        """The whole answer.

        Raises:
            Unreachable: when it did not arrive within `timeout_ms`, body included, or is longer
                than `max_bytes`.
        """
        ...


class Queue(Protocol):
    """A queue producer: at least once, in no promised order."""

    async def send_batch(self, messages: Sequence[str]) -> None:
        """Up to 100 texts, each below 128 KB and 256 KB together."""
        ...


class Alarm(Protocol):
    """The one alarm of a Durable Object: at least once, six tries, perhaps late, then silence."""

    async def set_at(self, at_ms: int) -> None:
        """Wake this object at `at_ms` (UTC milliseconds) or later; replaces an earlier setting."""
        ...

    async def get(self) -> int | None:
        """When it is set for; `None` when none is set, and while the handler runs."""
        ...


class Clock(Protocol):
    def now_ms(self) -> int:
        """UTC milliseconds."""
        ...


class Entropy(Protocol):
    def token(self, size: int) -> bytes:
        """`size` bytes of the platform's CSPRNG."""
        ...


class Crypto(Protocol):
    """What WebCrypto does and the runtime's `hashlib` does not (no pbkdf2, no AES)."""

    async def pbkdf2_sha256(self, password: bytes, salt: bytes, iterations: int) -> bytes:
        """32 bytes. `ValueError` above 100,000 iterations a call: production refuses more."""
        ...

    async def aes_gcm_encrypt(self, key: bytes, nonce: bytes, plain: bytes, bound: bytes) -> bytes:
        """Ciphertext with its 16-byte tag; `bound` is authenticated, not encrypted."""
        ...

    async def aes_gcm_decrypt(self, key: bytes, nonce: bytes, sealed: bytes, bound: bytes) -> bytes:
        """Raises `ValueError` when key, nonce, `bound` or ciphertext do not belong together."""
        ...


class Wallets(Protocol):
    """Every player's wallet object, by player id.

    Answers are one text: `"<status> <replayed 0|1> <JSON body>"`; see `shared.wallet.answer`.
    `session_id` is the login session of the caller, or `""` for the house itself. `context` is a
    JSON text of what the house knows and the request does not say (the game versions in force); it
    is not part of the request that an idempotency key stands for.
    """

    async def execute(
        self,
        player_id: str,
        kind: str,
        key: str,
        session_id: str,
        payload: str,
        context: str = "",
    ) -> str: ...

    async def query(self, player_id: str, kind: str, session_id: str, payload: str) -> str: ...


class LiveWallets(Protocol):
    """Every player's wallet object, as the other end of a WebSocket."""

    async def hand_over(self, player_id: str, handed: str) -> Any:
        """The client's end of a new socket, for the response of the upgrade; or a text, the
        wallet's answer, when it refuses. `handed` is ASCII and is believed without a question: it
        must hold only what the caller has verified.
        """
        ...
