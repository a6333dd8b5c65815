"""Messages to a person's own address, as a port.

A message has left when `send` returns, with the reference under which the provider knows it. The
same id sent twice is delivered once. No provider is connected outside the sandbox: there a notice
stays due, and its deadline raises an alarm.
"""

from dataclasses import dataclass
from typing import Protocol

from shared.platform.ports import Unreachable


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail; `message_id` is the house's own."""

    message_id: str
    address: str
    subject: str
    text: str


class Messenger(Protocol):
    """A provider of e-mail."""

    async def send(self, message: Message) -> str:
        """The provider's reference. Raises `Unreachable` when it did not take the message."""
        ...


class NoMessenger:
    """Until a provider is connected."""

    async def send(self, message: Message) -> str:
        raise Unreachable(f"no provider of e-mail is connected for {message.message_id}")


class SandboxMessenger:
    """Takes everything and delivers nothing: what was sent is read in the log of communications."""

    async def send(self, message: Message) -> str:
        return f"sandbox:{message.message_id}"
