"""Collects what a broker carries, and shows it."""

import time
from collections import Counter, deque
from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.text import Text

from edge.labels import name_for_people
from edge.mqtt.topics import split_topic
from edge.watch.detail import detail
from edge.watch.devices import Device, printable
from edge.watch.fleet import fleet

#: Whoever may write to a broker could fill our memory with names otherwise.
_MOST_DEVICES = 10_000

#: What the tail and a warning take of a screen, besides the table.
_SPARE_ROWS = 1


class Board:
    """Collects messages and shows them: one device in full, several with a row each.

    Args:
        lang: language of the emotions' names.
        tail: how many of the last messages stand below as they came.
        clock: seconds that only grow.
    """

    def __init__(self, lang: str, tail: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._tail: deque[str] = deque(maxlen=tail)
        self.devices: dict[str, Device] = {}
        self.topics: Counter[str] = Counter()
        self.emotions: Counter[str] = Counter()
        self._lang, self._clock = lang, clock

    def add(self, topic: str, payload: str) -> None:
        """Take a message; what is not one of ours, or not as it should be, is passed over."""
        name, kind = split_topic(topic)
        if not name:
            return
        name, now_s = printable(name), self._clock()
        if kind == "status" and not payload:  # what the broker had kept of a device was taken back
            self.devices.pop(name, None)
            return
        if name not in self.devices:
            if len(self.devices) >= _MOST_DEVICES:
                return
            self.devices[name] = Device(now_s)
        device = self.devices[name]
        if self._tail.maxlen:
            self._tail.append(printable(f"{topic} {payload}"))
        before = device.state
        device.take(kind, payload, now_s)
        self.topics[printable(kind.partition("/")[0])] += 1
        if device.state is not before:
            self.emotions[printable(str(device.state.get("emotion")))] += 1

    def render(self, rows: int | None = None) -> RenderableType:
        """What was heard, within so many rows of a screen; None: all."""
        now_s = self._clock()
        if len(self.devices) > 1:
            room = rows - len(self._tail) - _SPARE_ROWS if rows else None
            shown = fleet(self.devices, self._lang, now_s, room)
        else:
            shown = detail(self.devices, self._lang, now_s)
        return Group(
            shown, *(Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in self._tail)
        )

    def summary(self) -> str:
        """What was heard, in two or three lines."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.topics.most_common())
        lines = [f"{self.topics.total()} messages: {kinds or 'none'}"]
        if self.emotions:
            named = [
                f"{name_for_people(emotion, self._lang)} {count}"
                for emotion, count in self.emotions.most_common()
            ]
            lines.append(f"states: {', '.join(named)}")
        lines += [f"{name} ended as {device.status}" for name, device in sorted(self.devices.items())]
        return "\n".join(lines)
