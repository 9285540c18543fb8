"""The moods of the last minutes, in steps of a few seconds."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

#: One step, and how many are kept: ten minutes.
STEP_S, STEPS = 5, 120

#: A pause between two frames counts at most this much: nobody knows what went on in a longer one.
_LONGEST_PAUSE_S = 1.0


@dataclass(slots=True)
class Step:
    """What some seconds were like.

    Attributes:
        number: of the step since the clock's zero.
        watched_s: how much of it was watched.
        seconds: how long faces had each emotion; two faces for a second are two seconds.
    """

    number: int
    watched_s: float = 0.0
    seconds: Counter[str] = field(default_factory=Counter)


class Minutes:
    """Adds up seconds in steps, of which it keeps the last."""

    def __init__(self) -> None:
        self._steps: deque[Step] = deque(maxlen=STEPS)
        self._added_s: float | None = None

    def add(self, emotions: Iterable[str], now_s: float) -> None:
        """Take what is said of each face in a frame; it counts for the time since the frame before."""
        elapsed_s = 0.0 if self._added_s is None else now_s - self._added_s
        elapsed_s = min(max(elapsed_s, 0.0), _LONGEST_PAUSE_S)
        self._added_s = now_s
        number = int(now_s // STEP_S)
        if not self._steps or self._steps[-1].number != number:
            self._steps.append(Step(number))
        step = self._steps[-1]
        step.watched_s += elapsed_s
        for emotion in emotions:
            step.seconds[emotion] += elapsed_s  # type: ignore[assignment]  # a Counter adds up any numbers

    def shares(self, now_s: float) -> list[tuple[int, dict[str, float]]]:
        """How long ago each step was, in steps, and the share of each emotion in what faces there were.

        Steps in which nothing was watched are left out; where nobody was there, shares are empty.
        """
        newest = int(now_s // STEP_S)
        shares = []
        for step in self._steps:
            total_s = step.seconds.total()
            shares.append(
                (
                    newest - step.number,
                    {name: part / total_s for name, part in step.seconds.items()} if total_s else {},
                )
            )
        return [(ago, parts) for ago, parts in shares if 0 <= ago < STEPS]
