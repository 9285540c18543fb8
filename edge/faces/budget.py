"""CPU time as something that is earned and spent: a share of one core, obeyed by measuring what was spent.

Each kind of work has a bucket. It fills as the frames' time goes by, is emptied by the CPU time that the work
took, and holds a second's worth at most; work of a kind goes on only while its bucket is not empty. Frames are
the first to be left out; the search of the whole frame, which has more than half of all for itself, is next.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

Work = Literal["frames", "whole", "classify"]

#: What each kind may have of the whole; "frames" is everything that is done for them.
_SHARES: dict[Work, float] = {"frames": 1.0, "whole": 0.6, "classify": 0.4}

#: How much a bucket holds, in seconds of its filling.
_HOLDS_S = 1.0


class Budget:
    """What may be spent, by kind of work.

    Args:
        cpu_percent: of one core; None: as much as it takes, so that a recording gives the same every time.
        cpu_clock: CPU seconds of the thread that does the work.
    """

    def __init__(
        self, cpu_percent: float | None = None, cpu_clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._rates = {work: share * (cpu_percent or 0) / 100 for work, share in _SHARES.items()}
        self._saved_s = {work: rate * _HOLDS_S for work, rate in self._rates.items()}
        self._is_limited, self._clock = cpu_percent is not None, cpu_clock
        self._now_s: float | None = None

    def earn(self, now_s: float) -> None:
        """Let the frames' time go on."""
        elapsed_s = 0.0 if self._now_s is None else max(0.0, now_s - self._now_s)
        self._now_s = now_s
        for work, rate in self._rates.items():
            self._saved_s[work] = min(rate * _HOLDS_S, self._saved_s[work] + rate * elapsed_s)

    def allows(self, work: Work) -> bool:
        return not self._is_limited or self._saved_s[work] > 0

    @contextmanager
    def spending(self, work: Work) -> Iterator[None]:
        """Take what a block costs from the bucket of its kind."""
        begun_s = self._clock()
        try:
            yield
        finally:
            self._saved_s[work] -= self._clock() - begun_s
