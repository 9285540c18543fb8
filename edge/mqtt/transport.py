"""Where messages go: to a broker, or to a stream for people."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TextIO

#: Of a longer payload only the beginning is kept: whoever may write to the broker must not fill our memory.
MOST_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Received:
    """A message of somebody else.

    Attributes:
        payload: as it was sent, but no more than its first MOST_BYTES.
        size_bytes: of the payload as it was sent.
        is_retained: the broker had kept it, or it came with the order to keep it. MQTT 3.1.1 does not tell
            the latter.
    """

    topic: str
    payload: bytes
    size_bytes: int
    is_retained: bool

    @property
    def is_whole(self) -> bool:
        return self.size_bytes == len(self.payload)


Handle = Callable[[Received], None]


class Transport(Protocol):
    """Carries messages: a broker's client, or a stream for people, from which nothing comes.

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

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        """Have what others send to some topics handed over by `deliver`; before `start`."""
        ...

    def deliver(self) -> None:
        """Hand over what came, in the thread of the caller."""
        ...

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

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        pass

    def deliver(self) -> None:
        pass

    def start(self, on_connect: Callable[[], None]) -> None:
        on_connect()

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        self._stream.write(message_line(topic, payload) + "\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.flush()


def message_line(topic: str, payload: str, ts: str | None = None) -> str:
    """One message as a line of JSON; a payload that is JSON stands in it as such.

    Args:
        ts: when it was told or heard, where that is to stand in the line.
    """
    content: Any = payload
    if payload.startswith("{"):
        with suppress(ValueError, RecursionError):
            content = json.loads(payload)
    head = {} if ts is None else {"ts": ts}
    return json.dumps({**head, "topic": topic, "payload": content}, ensure_ascii=False)
