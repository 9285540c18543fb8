"""Faces with known answers: whether an accelerator still says what the CPU says, and which one is quicker.

The faces are drawn, not photographed: nothing has to be shipped, they fit any bundle's size, and nobody's
picture is in them. What is right is what the CPU says of the same pixels.
"""

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge.emotion.classifier import Classifier, Quantized
from edge.records import Gray

#: By how much a single score may differ from the CPU's, of 256 steps. Runtimes that all are right
#: differ by up to 20 on single scores; on faces with a clear answer, as these, by less.
TOLERANCE_STEPS = 32

_CANARIES = 4
_RUNS = 30
_SIDE_PX = 96

#: A score this far above the next, of 256 steps, is a clear answer: twice what the tolerance can undo.
_CLEAR_STEPS = 4 * TOLERANCE_STEPS


@dataclass(frozen=True, slots=True, eq=False)
class Canary:
    """A face, (H, W), 0..255, and the CPU's answer: the output tensor, (classes,), of eight bits."""

    face: Gray
    answer: Quantized

    @property
    def clearness_steps(self) -> int:
        """By how much the best class leads."""
        second, first = np.sort(self.answer.astype(np.int16))[-2:]
        return int(first - second)

    @property
    def label(self) -> int:
        return int(self.answer.argmax())


def make_canaries(cpu: Classifier) -> list[Canary]:
    """The drawn faces that a bundle's network tells apart best: the clearest of each class.

    Where it sees less than two classes in them, the faces whose answers differ most from one another:
    an accelerator that always says the same must not pass.
    """
    drawn = [Canary(face, cpu.quantized(face)) for face in draw_faces()]
    drawn.sort(key=lambda canary: canary.clearness_steps, reverse=True)
    best_of_class: dict[int, Canary] = {}
    for canary in drawn:
        if canary.clearness_steps >= _CLEAR_STEPS:
            best_of_class.setdefault(canary.label, canary)
    if len(best_of_class) > 1:
        return list(best_of_class.values())[:_CANARIES]
    return _farthest_apart(drawn)


def find_difference(accelerator: Classifier, canaries: Sequence[Canary]) -> str | None:
    """What the accelerator says otherwise than the CPU, in words; None where they agree.

    Raises:
        RuntimeError: the accelerator failed.
    """
    for canary in canaries:
        answer = accelerator.quantized(canary.face)
        steps = np.abs(answer.astype(np.int16) - canary.answer)
        if steps.max() > TOLERANCE_STEPS:
            worst = int(steps.argmax())
            said, right = (accelerator.to_probabilities(scores)[worst] for scores in (answer, canary.answer))
            return f"{accelerator.classes[worst]} {said:.2f} where the CPU says {right:.2f}"
    return None


def time_side_by_side(face: Gray, *classify: Callable[[Gray], object]) -> list[float]:
    """The median time that each takes for a face, milliseconds. They take turns: load hits all alike."""
    times_ms: list[list[float]] = [[] for _ in classify]
    for _ in range(_RUNS):
        for runs_ms, one in zip(times_ms, classify, strict=True):
            begun_s = time.perf_counter()
            one(face)
            runs_ms.append((time.perf_counter() - begun_s) * 1000)
    return [statistics.median(runs_ms) for runs_ms in times_ms]


def draw_faces() -> list[Gray]:
    """Simple faces of many expressions, always the same ones."""
    return [
        _draw(brow_px, slant_px, smile_px, open_px, eye_px)
        for brow_px, slant_px, smile_px, open_px, eye_px in itertools.product(
            (0, 6), (-5, 0, 5), (-9, 0, 9), (1, 6, 12), (2, 5)
        )
    ]


def _farthest_apart(drawn: list[Canary]) -> list[Canary]:
    chosen = drawn[:1]
    while len(chosen) < _CANARIES:
        answers = np.array([canary.answer for canary in chosen], np.int16)
        chosen.append(max(drawn, key=lambda canary: int(np.abs(answers - canary.answer).max(1).min())))
    return chosen


def _draw(brow_px: int, slant_px: int, smile_px: int, open_px: int, eye_px: int) -> Gray:
    """One face.

    Args:
        brow_px: how far the brows are raised.
        slant_px: how far their inner ends are lower than the outer ones.
        smile_px: how far the corners of the mouth are higher than its middle.
        open_px: half the height of the open mouth.
        eye_px: half the height of the eyes.
    """
    face = np.full((_SIDE_PX, _SIDE_PX), 90, np.uint8)
    cv2.ellipse(face, (48, 50), (36, 46), 0, 0, 360, 185, -1)
    for side in (-1, 1):
        eye = (48 + side * 16, 40)
        cv2.ellipse(face, eye, (8, eye_px), 0, 0, 360, 235, -1)
        cv2.circle(face, eye, min(4, eye_px), 40, -1)
        outer = (48 + side * 26, 30 - brow_px)
        inner = (48 + side * 8, 30 - brow_px + slant_px)
        cv2.line(face, outer, inner, 60, 3)
    cv2.line(face, (48, 46), (44, 60), 140, 2)
    corners = np.array([[30, 74 - smile_px], [66, 74 - smile_px]])
    upper = [(x, 74 - smile_px * ((x - 48) / 18) ** 2 - open_px / 2) for x in range(30, 67, 4)]
    lower = [(x, 74 - smile_px * ((x - 48) / 18) ** 2 + open_px) for x in range(66, 29, -4)]
    outline = np.rint(np.array([corners[0], *upper, corners[1], *lower])).astype(np.int32)
    cv2.fillPoly(face, [outline], 70)
    return cv2.GaussianBlur(face, (5, 5), 0)  # type: ignore[return-value]
