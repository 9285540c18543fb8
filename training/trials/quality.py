"""What disturbances cost the network, and how many of the disturbed faces the quality gate refuses."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.emotion.classifier import Classifier
from edge.faces.quality import QualityGate
from edge.records import Box, Face, Gray
from training.trials.clear_faces import ClearFaces

#: Side of a face in the frame; the data's own faces are half as large.
FACE_PX = 96

#: Noise that every disturbed face has, and that of a bad sensor; standard deviation, levels of 255.
_NOISE, _MUCH_NOISE = 2.0, 8.0

#: A camera's curve, for light that is more or less.
_GAMMA = 2.2

#: Makes of a face what the gate and the network get: the picture, and how much of the face it shows.
Disturb = Callable[[Gray, Generator], tuple[Gray, float]]


@dataclass(frozen=True, slots=True)
class Row:
    """What one disturbance of one strength did.

    Attributes:
        accuracy: of the network on all the faces.
        refused: share of the faces that the gate refuses.
        reasons: that share by reason.
        accuracy_kept: of the network on the others; None where there is none.
    """

    disturbance: str
    strength: str
    accuracy: float
    refused: float
    reasons: Mapping[str, float]
    accuracy_kept: float | None


def disturbances() -> Iterator[tuple[str, str, Disturb]]:
    """Name, strength, and what does it."""
    yield "none", "", _untouched
    for percent in (1, 1.5, 2, 2.5, 3, 4, 5):
        yield "out of focus, sigma in % of the face", f"{percent:g}", _blur(percent / 100, _NOISE)
    for percent in (0, 2, 3, 5):
        yield "the same with noise of 8 levels", f"{percent:g}", _blur(percent / 100, _MUCH_NOISE)
    for is_down, name in ((False, "across"), (True, "down")):
        for percent in (6, 10, 15, 20):
            yield f"moved {name}, % of the face", f"{percent}", _move(percent / 100, is_down)
    for side_px in (64, 40, 32, 28, 24, 20, 16):
        yield "side, pixels", f"{side_px}", _shrink(side_px)
    for factor in (4, 8, 16, 32, 64):
        yield "light, divided by", f"{factor}", _light(1 / factor)
    for factor in (2, 3, 4, 6, 8):
        yield "light, times", f"{factor}", _light(factor)
    for factor in (0.5, 0.3, 0.2, 0.1):
        yield "contrast, times", f"{factor:g}", _flatten(factor)
    for percent in (5, 10, 15, 20, 25, 30):
        yield "cut at a side or below, %", f"{percent}", _cut(percent / 100)


def measure(
    faces: ClearFaces, classifier: Classifier, gate: QualityGate, seed: int, report: Callable[[int], None]
) -> list[Row]:
    """Disturb every face in every way.

    Args:
        faces: of which the class is known.
        classifier: the device's.
        gate: the device's.
        seed: of noise and of where faces are cut.
        report: told how many rows are done.
    """
    rows: list[Row] = []
    for name, strength, disturb in disturbances():
        random = np.random.default_rng(seed)
        seen = [disturb(_enlarged(face), random) for face in faces.pixels]
        reasons = [gate.reject(picture, _face_in(picture, visible)) for picture, visible in seen]
        best = np.array([classifier.probabilities(picture).argmax() for picture, _ in seen])
        rows.append(_row(name, strength, best == faces.truth, reasons))
        report(len(rows))
    return rows


def _row(name: str, strength: str, is_right: NDArray[np.bool_], reasons: list[str | None]) -> Row:
    counts = Counter(reason for reason in reasons if reason)
    is_kept = np.array([reason is None for reason in reasons])
    return Row(
        disturbance=name,
        strength=strength,
        accuracy=round(float(is_right.mean()), 4),
        refused=round(1 - float(is_kept.mean()), 4),
        reasons={reason: round(count / len(reasons), 4) for reason, count in counts.most_common()},
        accuracy_kept=round(float(is_right[is_kept].mean()), 4) if is_kept.any() else None,
    )


def _enlarged(face: Gray) -> Gray:
    return np.asarray(cv2.resize(face, (FACE_PX, FACE_PX), interpolation=cv2.INTER_CUBIC), np.uint8)


def _face_in(picture: Gray, visible: float) -> Face:
    height, width = picture.shape
    return Face(Box(0, 0, width, height), track=1, visible=visible)


def _untouched(face: Gray, _: Generator) -> tuple[Gray, float]:
    return face, 1.0


def _blur(share: float, noise: float) -> Disturb:
    def disturb(face: Gray, random: Generator) -> tuple[Gray, float]:
        soft = cv2.GaussianBlur(face, (0, 0), share * FACE_PX) if share else face
        return _sensed(soft, noise, random), 1.0

    return disturb


def _move(share: float, is_down: bool) -> Disturb:
    length = round(share * FACE_PX)
    size = (1, length) if is_down else (length, 1)
    return lambda face, random: (_sensed(cv2.blur(face, size), _NOISE, random), 1.0)


def _shrink(side_px: int) -> Disturb:
    def disturb(face: Gray, random: Generator) -> tuple[Gray, float]:
        small = cv2.resize(face, (side_px, side_px), interpolation=cv2.INTER_AREA)
        return _sensed(small, _NOISE, random), 1.0

    return disturb


def _light(factor: float) -> Disturb:
    def disturb(face: Gray, random: Generator) -> tuple[Gray, float]:
        lit = 255 * np.minimum(1, (face / 255) ** _GAMMA * factor) ** (1 / _GAMMA)
        return _sensed(lit, _NOISE, random), 1.0

    return disturb


def _flatten(factor: float) -> Disturb:
    return lambda face, random: (_sensed(128 + (face - face.mean()) * factor, _NOISE, random), 1.0)


def _cut(share: float) -> Disturb:
    cut_px = round(share * FACE_PX)

    def disturb(face: Gray, random: Generator) -> tuple[Gray, float]:
        sides = (face[:, cut_px:], face[:, :-cut_px], face[:-cut_px])
        return _sensed(sides[random.integers(len(sides))], _NOISE, random), 1 - cut_px / FACE_PX

    return disturb


def _sensed(picture: cv2.typing.MatLike, noise: float, random: Generator) -> Gray:
    grain = random.standard_normal(picture.shape, np.float32) * noise
    return np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)
