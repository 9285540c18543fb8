"""Log lines that come again and again are said a few times, and then counted."""

import copy
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

#: So often a minute the same line is said; what is said once an outage comes through a bad day whole.
_BURST = 5

_MINUTE_S = 60.0

#: Different lines that are kept in mind.
_MOST_LINES = 200


@dataclass(slots=True)
class _Told:
    record: logging.LogRecord
    begun_s: float
    count: int = 1

    @property
    def silenced(self) -> int:
        return max(0, self.count - _BURST)


class CountingHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes the first few of a line that is repeated; how many more there were comes after the minute.

    It comes with the next line of any kind, or at the end: a log needs no thread of its own.

    Args:
        stream: as of StreamHandler.
        clock: seconds that only grow.
    """

    def __init__(self, stream: object = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream)
        self._clock = clock
        self._told: OrderedDict[tuple[str, int, str], _Told] = OrderedDict()

    def emit(self, record: logging.LogRecord) -> None:
        now_s = self._clock()
        self._settle(now_s)
        key = (record.name, record.levelno, record.getMessage())
        if told := self._told.get(key):
            told.count += 1
            if told.silenced:
                return
        else:
            self._told[key] = _Told(record, now_s)
            if len(self._told) > _MOST_LINES:
                self._summarize(self._told.popitem(last=False)[1])
        super().emit(record)

    def close(self) -> None:
        for told in self._told.values():
            self._summarize(told)
        self._told.clear()
        super().close()

    def _settle(self, now_s: float) -> None:
        """Tell of the lines whose minute is over; the oldest stand first."""
        while self._told:
            key, told = next(iter(self._told.items()))
            if now_s - told.begun_s < _MINUTE_S:
                return
            del self._told[key]
            self._summarize(told)

    def _summarize(self, told: _Told) -> None:
        if told.silenced:
            record = copy.copy(told.record)
            record.msg, record.args = f"{record.getMessage()} (and {told.silenced} more in that minute)", None
            record.exc_info = record.exc_text = record.stack_info = None
            super().emit(record)
