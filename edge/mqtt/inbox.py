"""What others send us: taken in by the connection's thread, handed over in the daemon's own."""

from collections import deque

from paho.mqtt.client import topic_matches_sub

from edge.mqtt.transport import MOST_BYTES, Handle, Received

#: So many messages of one subscription may wait to be handed over; the oldest give way.
_MOST_WAITING = 64


class Inbox:
    """Subscriptions, and what came of them and was not handed over yet: bounded, whatever comes."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handle] = {}
        self._waiting: dict[str, deque[Received]] = {}

    @property
    def filters(self) -> list[str]:
        return list(self._handlers)

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        self._waiting[topic_filter] = deque(maxlen=_MOST_WAITING)
        self._handlers[topic_filter] = handle

    def put(self, topic: str, payload: bytes, is_retained: bool) -> None:
        """Keep a message. Never waits; may be called from any thread."""
        received = Received(topic, payload[:MOST_BYTES], len(payload), is_retained)
        for topic_filter, waiting in self._waiting.items():
            if topic_matches_sub(topic_filter, topic):
                waiting.append(received)

    def deliver(self) -> None:
        """Hand over what came, in the thread of the caller."""
        for topic_filter, waiting in self._waiting.items():
            for _ in range(len(waiting)):  # no more: who sends without end must not keep us here
                self._handlers[topic_filter](waiting.popleft())
