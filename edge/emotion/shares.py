"""What the last minute was like: how much of it each emotion had, and how many faces there were."""

from collections import Counter, deque
from collections.abc import Collection

from edge.records import Summary

#: The minute, in seconds.
WINDOW_S = 60

#: A pause between two frames counts at most this much: nobody knows what went on in a longer one.
_LONGEST_STEP_S = 1.0


class Shares:
    """Adds up seconds, in buckets of one second: memory and work stay small at any frame rate.

    Args:
        least_faces: moments in which fewer faces were there count as not watched.
    """

    def __init__(self, least_faces: int = 0) -> None:
        self._least_faces = least_faces
        self._buckets: deque[tuple[int, Counter[str], list[float]]] = deque()
        self._updated_s: float | None = None

    def add(self, emotions: Collection[str], now_s: float) -> None:
        """Take what is said of each face in a frame; it counts for the time since the frame before."""
        elapsed_s = 0.0 if self._updated_s is None else now_s - self._updated_s
        elapsed_s = min(max(elapsed_s, 0.0), _LONGEST_STEP_S)
        self._updated_s = now_s
        second = int(now_s // 1)
        if not self._buckets or self._buckets[-1][0] != second:
            self._buckets.append((second, Counter(), [0.0]))
            while self._buckets[0][0] <= second - WINDOW_S:
                self._buckets.popleft()
        if len(emotions) < self._least_faces:
            return
        _, seconds, watched_s = self._buckets[-1]
        watched_s[0] += elapsed_s
        for emotion in emotions:
            seconds[emotion] += elapsed_s  # type: ignore[assignment]  # a Counter adds up any numbers

    @property
    def summary(self) -> Summary:
        seconds: Counter[str] = Counter()
        for _, part, _ in self._buckets:
            seconds.update(part)
        watched_s = sum(watched[0] for _, _, watched in self._buckets)
        total_s = seconds.total()
        return Summary(
            watched_s=watched_s,
            shares={name: part / total_s for name, part in seconds.most_common()} if total_s else {},
            faces=total_s / watched_s if watched_s else 0.0,
        )
