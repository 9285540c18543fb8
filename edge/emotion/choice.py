"""Which shipped network reads faces where the owner leaves it open: the best, if the device is quick enough."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edge.emotion.bundle import BEST_BUNDLE, SMALL_BUNDLE, Bundle, load_bundle
from edge.emotion.classifier import Classifier
from edge.resources import resource_folder

AUTO = "auto"

#: A face may take the best network so long, milliseconds of one core: 7.5% of it for one face at 15 frames a
#: second.
QUICK_ENOUGH_MS = 5.0

#: What is looked at: the shortest of so many runs, since other work only ever makes one longer.
_RUNS = 10


@dataclass(frozen=True, slots=True)
class Choice:
    """A bundle, and why it is that one.

    Attributes:
        best_ms: how long the best network takes for a face here; None where the owner chose.
    """

    bundle: Bundle
    best_ms: float | None = None

    def __str__(self) -> str:
        if self.best_ms is None:
            return self.bundle.card.name
        verdict = "quick enough" if self.best_ms <= QUICK_ENOUGH_MS else "too slow"
        return (
            f"{self.bundle.card.name}, by itself: {BEST_BUNDLE} takes {self.best_ms:.2f} ms a face here, "
            f"which is {verdict} (at most {QUICK_ENOUGH_MS:g} ms)"
        )


def choose_bundle(asked: str, *, in_real_time: bool = True) -> Choice:
    """Load the bundle that was asked for, or the one that fits this device.

    Args:
        asked: a bundle's name or folder, or `auto`.
        in_real_time: frames do not wait; else the best network is taken however long it takes.

    Raises:
        ModelError: as load_bundle.
    """
    if asked != AUTO:
        return Choice(load_bundle(asked))
    shipped = resource_folder("models")  # not by name: a folder here may be called so, too
    best = load_bundle(shipped / BEST_BUNDLE)
    if not in_real_time:
        return Choice(best)
    best_ms = time_of_face_ms(Classifier.open(best))
    return Choice(load_bundle(shipped / name_for(best_ms)), best_ms)


def name_for(best_ms: float) -> str:
    """The shipped network for a device on which the best one takes so many milliseconds for a face."""
    return BEST_BUNDLE if best_ms <= QUICK_ENOUGH_MS else SMALL_BUNDLE


def time_of_face_ms(classifier: Classifier, clock: Callable[[], float] = time.perf_counter) -> float:
    """How long a face takes at least, milliseconds, from its crop to its scores."""
    face = np.full((48, 48), 128, np.uint8)
    classifier.quantized(face)  # the first run makes ready what the others use
    times_s = []
    for _ in range(_RUNS):
        begun_s = clock()
        classifier.quantized(face)
        times_s.append(clock() - begun_s)
    return 1000 * min(times_s)
