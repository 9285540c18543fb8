"""Messages that wait in memory."""

import time
from collections import OrderedDict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as it was made. Numbers grow and are not given twice."""

    number: int
    topic: str
    payload: str


class MemoryStore:
    """Keeps entries as long as the process lives.

    Args:
        entries: the first ones, where they come from another store.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        now_s = time.monotonic()
        self._entries = OrderedDict((entry.number, (entry, now_s)) for entry in entries)
        self._last = next(reversed(self._entries), 0)

    def add(self, topic: str, payload: str) -> None:
        self._last += 1
        self._entries[self._last] = Entry(self._last, topic, payload), time.monotonic()

    def after(self, number: int, limit: int) -> list[Entry]:
        beyond = (entry for entry, _ in self._entries.values() if entry.number > number)
        return list(islice(beyond, limit))

    def remove(self, numbers: Collection[int]) -> None:
        for number in numbers:
            self._entries.pop(number, None)

    def drop_older_than(self, age_s: float) -> int:
        before = len(self._entries)
        earliest_s = time.monotonic() - age_s
        while self._entries and next(iter(self._entries.values()))[1] < earliest_s:
            self._entries.popitem(last=False)
        return before - len(self._entries)

    def drop_oldest(self, count: int) -> None:
        for _ in range(count):
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)

    def close(self) -> None:
        pass
