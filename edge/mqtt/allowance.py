"""A hard cap on messages a minute, which leaves room for those that matter."""

from collections import Counter, deque
from collections.abc import Mapping
from types import MappingProxyType

_MINUTE_S = 60.0

#: The reason under which what was held back is counted.
HELD_BACK = "max_per_minute"

#: How much of the cap may be used up before a kind has to wait: what tells little goes first.
_SHARES: Mapping[str, float] = MappingProxyType({"update": 0.5, "state": 0.75, "event": 1.0})


class Allowance:
    """Says whether one more message may go, so that no sixty seconds see more than the cap.

    What may not go now stays with whoever asked, who asks again: of a thing that changes the last value comes.
    Each thing that had to wait is counted once, however often it asked.

    Attributes:
        dropped: how many had to wait, for ever or not.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._gone_s: deque[float] = deque()
        self._waiting: set[str] = set()
        self.dropped: Counter[str] = Counter()

    def set_most(self, most: int) -> None:
        """Have another cap, also for the minute that has begun."""
        self._most = most

    def take(self, kind: str, topic: str, now_s: float) -> bool:
        """Whether a message of a kind ("update", "state" or "event") may go now; one that may has gone."""
        while self._gone_s and not 0 <= now_s - self._gone_s[0] < _MINUTE_S:
            self._gone_s.popleft()
        if len(self._gone_s) < int(self._most * _SHARES[kind]):
            self._gone_s.append(now_s)
            self._waiting.discard(topic)
            return True
        if topic not in self._waiting:
            if len(self._waiting) >= self._most:  # faces that came and went in a flood never ask again
                self._waiting.clear()
            self._waiting.add(topic)
            self.dropped[HELD_BACK] += 1
        return False
