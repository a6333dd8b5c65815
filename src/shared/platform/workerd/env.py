"""What a Worker was configured with: texts and bindings of its `env`, each named once."""

from shared.platform.ports import Database, KeyValue, ObjectStore, Queue
from shared.platform.workerd.d1 import D1Database
from shared.platform.workerd.foreign import Foreign, optional, unwrapped
from shared.platform.workerd.kv import WorkerKv
from shared.platform.workerd.queue import WorkerQueue
from shared.platform.workerd.r2 import WorkerR2
from shared.platform.workerd.wallets import WalletObjects


class MissingConfiguration(Exception):
    """A variable, secret or binding that this Worker needs is not in its `env`."""


def env_text(env: Foreign, name: str, default: str | None = None) -> str:
    """A variable or secret.

    Raises:
        MissingConfiguration: when it is absent, or no text, and there is no default.
    """
    value = optional(getattr(unwrapped(env), name, None))
    if value is None:
        value = default
    if not isinstance(value, str):
        raise MissingConfiguration(f"{name} is not configured as a text")
    return value


def database(env: Foreign, name: str) -> Database:
    """The D1 database bound as `name`."""
    return D1Database(_binding(env, name))


def key_value(env: Foreign, name: str) -> KeyValue:
    """The KV namespace bound as `name`."""
    return WorkerKv(_binding(env, name))


def object_store(env: Foreign, name: str) -> ObjectStore:
    """The R2 bucket bound as `name`."""
    return WorkerR2(_binding(env, name))


def queue(env: Foreign, name: str) -> Queue:
    """The queue that this Worker produces to, bound as `name`."""
    return WorkerQueue(_binding(env, name))


def wallets(env: Foreign, name: str) -> WalletObjects:
    """The namespace of wallet objects bound as `name`."""
    return WalletObjects(_binding(env, name))


def _binding(env: Foreign, name: str) -> Foreign:
    """Raises `MissingConfiguration` when nothing is bound by that name."""
    found = optional(getattr(unwrapped(env), name, None))
    if found is None:
        raise MissingConfiguration(f"{name} is not bound")
    return found
