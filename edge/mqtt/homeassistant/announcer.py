"""When Home Assistant is told of this device: at every connect, and when it says that it has started."""

import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.board import read_board
from edge.config import Config, without_login
from edge.mqtt.homeassistant.discovery import (
    device_of,
    discovery_topic,
    make_discovery,
    mark_of,
    take_away_others,
)
from edge.mqtt.homeassistant.memory import Memory
from edge.mqtt.homeassistant.retraction import Retraction
from edge.mqtt.publisher import Publisher
from edge.mqtt.transport import Received, Transport

#: Many devices hear of its start at once; each waits for up to so long before it answers, seconds.
_LONGEST_WAIT_S = 5.0

#: Home Assistant listens to values only when it has made the entities; they are told again after this, seconds.
_SETTLE_S = 2.0


class Announcer:
    """Announces the device where `homeassistant.enabled` asks for it, and takes back what it told otherwise.

    Args:
        classes: of the model's card.
        folder: where is kept what was announced; None: it is not.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        config: Config,
        classes: Sequence[str],
        transport: Transport,
        publisher: Publisher,
        folder: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._publisher, self._clock = publisher, clock
        self._repeat_s = self._settled_s = float("inf")
        about = config.homeassistant
        self._topic = topic = discovery_topic(about.discovery_prefix, config.device.id)
        memory = Memory(folder, without_login(config.camera.source))
        self._board = board = read_board()
        self._retractions = [
            Retraction(old, device_of(old), device_of(old) != config.device.id, board, memory, transport, clock)
            for old in memory.topics
            if board and (old != topic or not about.enabled)
        ]
        if not about.enabled:
            return
        memory.add(topic)
        self._payload = make_discovery(config, classes)
        publisher.announce(topic, self._payload)
        transport.subscribe(about.birth, self._on_birth)
        transport.subscribe(topic, self._on_announced)

    def tend(self, now_s: float) -> bool:
        """Tell what is due; whether Home Assistant has just made entities that wait for their values."""
        for retraction in self._retractions:
            retraction.tend(now_s)
        if now_s >= self._repeat_s:
            self._repeat_s = float("inf")
            self._publisher.repeat()
        if now_s < self._settled_s:
            return False
        self._settled_s = float("inf")
        self._publisher.repeat_state()
        return True

    def _on_birth(self, received: Received) -> None:
        if received.payload == b"online":
            self._repeat_s = self._clock() + random.uniform(0, _LONGEST_WAIT_S)

    def _on_announced(self, received: Received) -> None:
        """The broker keeps this of us: an earlier message, or the present one, which Home Assistant has now."""
        if not received.payload:
            return
        self._settled_s = self._clock() + _SETTLE_S
        if self._board and mark_of(self._board) in received.payload and received.is_whole:
            payload = take_away_others(self._payload, received.payload)
            if payload != self._payload:
                self._payload = payload
                self._publisher.announce(self._topic, payload)
