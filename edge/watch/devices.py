"""What was heard of a device."""

import json
from collections.abc import Mapping
from typing import Any

from edge.mqtt.topics import DEGRADED, OFFLINE, ONLINE

#: The rate is that of so many seconds, at least.
_RATE_S = 5.0

#: A device that claims to live tells something at least every minute.
_QUIET_S = 90.0

#: So many numbers that are missing are kept in mind; of more it is known how many.
_MOST_MISSING = 1000

#: Sessions and kinds of a device of which gaps are counted.
_MOST_COUNTS = 32


class Device:
    """The last that was heard of a device, how often it is heard, and what is wrong with it."""

    def __init__(self, now_s: float) -> None:
        self.status = "?"
        self.state: Mapping[str, Any] = {}
        self.problems: Mapping[str, Any] = {}
        self.health: Mapping[str, Any] = {}
        self.heard_s = now_s
        self._rate = _Rate(now_s)
        self._counts: dict[tuple[object, str], _Count] = {}

    def take(self, kind: str, payload: str, now_s: float) -> None:
        """Take a message; what is not as it should be is passed over."""
        self.heard_s = now_s
        self._rate.count(now_s)
        if kind == "status":
            self.status = printable(payload[:20])
            return
        kind = kind.partition("/")[0]
        content = _object(payload)
        self._count_gap(kind, content)
        if kind == "state" and content:
            self.state = content
        elif kind == "health":
            self.health = content
        if kind in ("info", "health"):
            problems = content.get("problems")
            self.problems = problems if isinstance(problems, dict) else {}

    @property
    def lost(self) -> int:
        """How many messages did not come though later ones did."""
        return sum(count.lost for count in self._counts.values())

    def rate(self, now_s: float) -> float:
        """Messages a second, of late."""
        return self._rate.at(now_s)

    def trouble(self, now_s: float) -> str:
        """What is wrong, as a line; empty where nothing is."""
        quiet_s = now_s - self.heard_s
        if self.status in (ONLINE, DEGRADED) and quiet_s > _QUIET_S:
            return f"silent for {quiet_s / 60:.0f} min"
        if self.problems:
            return printable("; ".join(f"{part}: {problem}" for part, problem in self.problems.items()))
        if self.status == OFFLINE:
            return "offline: it vanished, or it lost the broker"
        return f"{self.lost} messages lost" if self.lost else ""

    def _count_gap(self, kind: str, content: Mapping[str, Any]) -> None:
        """`seq` counts each kind in each session; what stands between two was lost on the way."""
        key, number = (str(content.get("session")), kind), content.get("seq")
        if not isinstance(number, int) or kind == "info":  # of retained ones we hear the newest
            return
        if key not in self._counts:
            if len(self._counts) >= _MOST_COUNTS:
                self._counts.clear()
            self._counts[key] = _Count(number)
        self._counts[key].see(number)


class _Count:
    """Which numbers of a row did not come; one that comes late is lost no more."""

    def __init__(self, first: int) -> None:
        self._next, self._missing, self._beyond = first, set[int](), 0

    @property
    def lost(self) -> int:
        return len(self._missing) + self._beyond

    def see(self, number: int) -> None:
        if number < self._next:
            self._missing.discard(number)
            return
        room = min(number, self._next + _MOST_MISSING - len(self._missing))
        self._missing.update(range(self._next, room))
        self._beyond += number - max(room, self._next)
        self._next = number + 1


class _Rate:
    """Counts in windows of time, which is little work and little memory for each of thousands."""

    def __init__(self, now_s: float) -> None:
        self._begun_s, self._count, self._before = now_s, 0, 0.0

    def count(self, now_s: float) -> None:
        self._turn(now_s)
        self._count += 1

    def at(self, now_s: float) -> float:
        self._turn(now_s)
        elapsed_s = now_s - self._begun_s
        return self._before if elapsed_s < _RATE_S / 2 and self._before else self._count / max(elapsed_s, 1.0)

    def _turn(self, now_s: float) -> None:
        elapsed_s = now_s - self._begun_s
        if elapsed_s >= _RATE_S:
            self._before = self._count / elapsed_s
            self._begun_s, self._count = now_s, 0


def printable(text: str) -> str:
    """The text without control characters: whoever may write to the broker must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _object(payload: str) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
