"""Where messages go: to a broker, or to a stream for people."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, Protocol, TextIO


class Transport(Protocol):
    """Carries messages: a broker's client, or a stream for people.

    Attributes:
        dropped: how many messages did not get out since the start, by reason.
        waiting: how many have yet to arrive.
        problem: what keeps messages from arriving though somebody is there to take them; None: nothing.
        is_up: whether somebody is there to take them.
    """

    @property
    def dropped(self) -> Mapping[str, int]: ...

    @property
    def waiting(self) -> int: ...

    @property
    def problem(self) -> str | None: ...

    @property
    def is_up(self) -> bool: ...

    def start(self, on_connect: Callable[[], None]) -> None:
        """Begin to connect; `on_connect` is called, perhaps from another thread, at every connect."""
        ...

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None: ...

    def close(self) -> None:
        """Send what is on its way and let go."""
        ...


class LogTransport:
    """Writes each message as one line of JSON, {"topic": …, "payload": …}."""

    dropped: Mapping[str, int] = MappingProxyType({})
    waiting = 0
    problem = None
    is_up = True

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def start(self, on_connect: Callable[[], None]) -> None:
        on_connect()

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        self._stream.write(message_line(topic, payload) + "\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.flush()


def message_line(topic: str, payload: str) -> str:
    """One message as a line of JSON; a payload that is JSON stands in it as such."""
    content: Any = payload
    if payload.startswith("{"):
        with suppress(ValueError, RecursionError):
            content = json.loads(payload)
    return json.dumps({"topic": topic, "payload": content}, ensure_ascii=False)
