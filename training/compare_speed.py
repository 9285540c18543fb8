"""What a face costs with each contender on this CPU: one thread, in turn, so that the ratios are fair."""

import logging
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from edge.errors import MienError
from edge.records import Gray
from training.contenders import Contender

logger = logging.getLogger(__name__)

#: A round is so long for each contender that the clock's steps do not matter, and a slow spell hits all.
_ROUND_S = 0.05
_MOST_FACES = 256
_WARM_UPS = 3


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds a face, preprocessing included, over rounds.

    Attributes:
        median_ms, low_ms, high_ms: of all rounds.
        times_quickest: median over the rounds of the ratio to the contender with the least median.
        by: what it was run by, in words.
    """

    median_ms: float
    low_ms: float
    high_ms: float
    times_quickest: float
    by: str


def measure_pace(
    contenders: Mapping[str, Contender], faces: Mapping[int, Sequence[Gray]], repeats: int
) -> Mapping[str, Pace]:
    """Time the contenders in turn, one face at a time.

    Args:
        contenders: by label.
        faces: some, by side in pixels.
        repeats: rounds.

    Returns:
        By label; one that this machine cannot time is left out, and named in the log.
    """
    ready = {}
    for label, one in contenders.items():
        try:
            ready[label] = _Timed(one.open_single(), faces[one.side_px])
        except MienError as error:
            logger.warning("%s is not timed: %s", label, error)
    rounds: dict[str, list[float]] = {label: [] for label in ready}
    console = Console(stderr=True)
    hidden = not console.is_terminal
    for _ in track(range(repeats), "timing", console=console, disable=hidden, transient=True):
        for label, timed in ready.items():
            rounds[label].append(timed.face_ms())
    if not any(rounds.values()):
        return {}
    quickest = min(rounds.values(), key=statistics.median)
    return {
        label: Pace(
            *(round(value, 4) for value in (statistics.median(found), min(found), max(found))),
            round(statistics.median(one / other for one, other in zip(found, quickest, strict=True)), 3),
            contenders[label].timed_by,
        )
        for label, found in rounds.items()
    }


class _Timed:
    """A contender that is warm, with as many faces as fill a round."""

    def __init__(self, score: Callable[[Gray], object], faces: Sequence[Gray]) -> None:
        self._score, self._faces = score, faces[:1]
        for _ in range(_WARM_UPS):
            warm_ms = self.face_ms()
        wanted = int(_ROUND_S * 1000 / max(warm_ms, 1e-3))
        self._faces = [faces[index % len(faces)] for index in range(min(max(wanted, 1), _MOST_FACES))]

    def face_ms(self) -> float:
        start_s = time.perf_counter()
        for face in self._faces:
            self._score(face)
        return 1000 * (time.perf_counter() - start_s) / len(self._faces)


def cpu_name() -> str:
    """Such as "AMD EPYC, x86_64"."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith(("model name", "Model"))]
    return ", ".join([*names[-1:], platform.machine()])
