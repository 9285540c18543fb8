"""Taking back what was announced under a topic that is ours no more, and nothing of anybody else."""

from collections.abc import Callable

from edge.mqtt.homeassistant.discovery import mark_of
from edge.mqtt.homeassistant.memory import Memory
from edge.mqtt.topics import OFFLINE, STOPPED, Topics
from edge.mqtt.transport import Received, Transport

#: The broker tells what it keeps at once; then it is clear whether the old device still runs, seconds.
_LOOK_S = 2.0

_NEVER = float("inf")


class Retraction:
    """Looks at what the broker keeps under an old topic, and has it forgotten where this machine told it.

    Args:
        topic: the old one.
        device: that it was about.
        is_renamed: the device has another id now; that of a device that runs is another daemon's.
        board: the eight digits of this machine, which stand in what it announces.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        topic: str,
        device: str,
        is_renamed: bool,
        board: str,
        memory: Memory,
        transport: Transport,
        clock: Callable[[], float],
    ) -> None:
        self._topic, self._topics, self._is_renamed = topic, Topics(device), is_renamed
        self._mark = mark_of(board)
        self._memory, self._transport, self._clock = memory, transport, clock
        self._due_s = _NEVER
        self._is_running = False
        if is_renamed:
            transport.subscribe(self._topics.status, self._on_status)
        transport.subscribe(topic, self._on_announced)

    def tend(self, now_s: float) -> None:
        if now_s < self._due_s:
            return
        self._due_s = _NEVER
        if self._is_running:
            return
        self._clear(self._topic)
        if self._is_renamed:
            for topic in (self._topics.status, self._topics.info, self._topics.privacy_state):
                self._clear(topic)

    def _on_announced(self, received: Received) -> None:
        if self._mark in received.payload:
            self._due_s = self._clock() + _LOOK_S
        else:  # it is gone, or somebody else has a device of that name now
            self._due_s = _NEVER
            self._memory.forget(self._topic)

    def _on_status(self, received: Received) -> None:
        self._is_running = received.payload.decode("ascii", "replace") not in ("", OFFLINE, STOPPED)

    def _clear(self, topic: str) -> None:
        self._transport.send(topic, "", qos=1, retain=True)
