"""Which of the camera's frames are worth the work.

A frame that is left out costs nothing. Between two looks at a face even a quick pass through all steps would
cost as much as the looks: after a pause of some milliseconds a processor's caches hold what others did.
"""

from edge.faces.budget import Budget

#: However little may be spent, so often a frame is processed, seconds: what is told must not go stale.
_AT_LEAST_EVERY_S = 1.0

#: The frames' rate is learnt from so many of them.
_GAP_WEIGHT = 0.1


class Pace:
    """Leaves out frames: most of them while nobody is there and nothing moves, some while the budget is spent.

    Args:
        idle_fps: how many a second are enough to see that somebody comes.
        budget: what may be spent.
    """

    def __init__(self, idle_fps: float, budget: Budget | None = None) -> None:
        self._idle_s, self._budget = 1 / idle_fps, budget or Budget()
        self._offered_s: float | None = None
        self._taken_s: float | None = None
        self._gap_s = 0.0

    def is_due(self, now_s: float, *, is_idle: bool, has_work: bool = True) -> bool:
        """Whether a frame is to be processed; it is offered once, and in the order of time.

        Args:
            now_s: the frame's time.
            is_idle: nobody was there in the last one, and nothing moved.
            has_work: there is something to search for in it.
        """
        self._learn_gap(now_s)
        self._budget.earn(now_s)
        if self._taken_s is not None and 0 <= now_s - self._taken_s:
            # Half a frame early is nearer than half a frame late.
            elapsed_s = now_s - self._taken_s + self._gap_s / 2
            if not has_work and elapsed_s < _AT_LEAST_EVERY_S:
                return False
            if is_idle and elapsed_s < self._idle_s:
                return False
            if not self._budget.allows("frames") and elapsed_s < _AT_LEAST_EVERY_S:
                return False
        self._taken_s = now_s
        return True

    def _learn_gap(self, now_s: float) -> None:
        gap_s = 0.0 if self._offered_s is None else now_s - self._offered_s
        self._offered_s = now_s
        if 0 < gap_s < _AT_LEAST_EVERY_S:
            self._gap_s += (gap_s - self._gap_s) * (_GAP_WEIGHT if self._gap_s else 1.0)
