"""Made recordings of people whose expression is known at every moment, scored by the device's own classifier.

A recording shows one face after another, each held for some seconds and drawn anew for every frame: the box
jitters as a Haar box does, the head sways, the light wanders, the sensor is noisy, and now and then a quick
movement blurs the face. From face to face it cuts or fades.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from edge.emotion.classifier import Classifier
from edge.records import Gray

#: Frames a second; lower rates take every second, third, … of the same frames.
FPS = 30


@dataclass(frozen=True, slots=True)
class Staging:
    """What a recording is like. Standard deviations unless said otherwise; shares are of the face's side.

    The jitter of the box is what the frontal cascade did around a face of which the place was known
    (edge.clip, 300 frames with noise of 3 levels): each way 0.016 of the side and 0.036 in size, fresh in every
    frame, and the size as much again, slowly.

    Attributes:
        held_s: each face is shown for a time between these.
        faces: in one recording.
        fade_s: how long a fade takes; every second change, on average, is one, the others are cuts.
        face_px: side of the face in the frame.
        jitter_shift, jitter_scale: of the box, fresh in every frame.
        sway_shift, sway_scale, sway_deg: of the head against the box, wandering.
        light: of the exposure's logarithm, wandering.
        wander_s: time constant of what wanders.
        noise: of the sensor, between these, levels of 255; one value for each recording.
        quick_every_s: mean time between two quick movements.
        quick_s: how long one takes.
        quick_blur: how far the face moves within a frame then.
    """

    held_s: tuple[float, float] = (4.0, 8.0)
    faces: int = 6
    fade_s: float = 0.4
    face_px: int = 96
    jitter_shift: float = 0.016
    jitter_scale: float = 0.036
    sway_shift: float = 0.02
    sway_scale: float = 0.036
    sway_deg: float = 5.0
    light: float = 0.15
    wander_s: float = 1.0
    noise: tuple[float, float] = (2.0, 8.0)
    quick_every_s: float = 2.0
    quick_s: float = 0.1
    quick_blur: float = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """What the classifier said of every frame, and what was shown.

    Attributes:
        time_s: (n,).
        scores: (n, classes), adding up to 1.
        truth: (n,), the class that is shown; from the first frame of a fade on it is the new one.
        shown: (n,), which of the recording's faces.
    """

    time_s: NDArray[np.float64]
    scores: NDArray[np.float32]
    truth: NDArray[np.intp]
    shown: NDArray[np.intp]

    def at(self, fps: int) -> "Recording":
        """The same recording by a slower camera; `fps` divides FPS."""
        step = FPS // fps
        return Recording(self.time_s[::step], self.scores[::step], self.truth[::step], self.shown[::step])


def record(
    pixels: Sequence[Gray],
    truth: NDArray[np.intp],
    classifier: Classifier,
    seed: int,
    report: Callable[[int], None],
    staging: Staging | None = None,
) -> list[Recording]:
    """Show every face once, in an order by chance.

    Args:
        pixels: the faces, square, 0..255.
        truth: the class of each.
        classifier: the device's.
        seed: of everything that is left to chance.
        report: told how many faces were shown, after each recording.
    """
    staging = staging or Staging()
    random = np.random.default_rng(seed)
    order = random.permutation(len(truth))
    recordings: list[Recording] = []
    for begin in range(0, len(order) - staging.faces + 1, staging.faces):
        rows = order[begin : begin + staging.faces]
        faces = [_enlarged(pixels[row], staging.face_px) for row in rows]
        shown, share = _script(len(rows), staging, random)
        frames = _draw(faces, shown, share, staging, random)
        scores = np.stack([classifier.probabilities(frame) for frame in frames])
        times_s = np.arange(len(shown)) / FPS
        recordings.append(Recording(times_s, scores, truth[rows][shown], shown))
        report(begin + len(rows))
    return recordings


def _script(count: int, staging: Staging, random: Generator) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Which face each frame shows, (n,), and how much of it: below 1 the rest is the face before."""
    shown, share = [], []
    for face in range(count):
        frames = round(random.uniform(*staging.held_s) * FPS)
        fade = round(staging.fade_s * FPS) if face and random.random() < 0.5 else 1
        shown.append(np.full(frames, face))
        share.append(np.minimum(1.0, np.arange(1, frames + 1) / fade))
    return np.concatenate(shown), np.concatenate(share)


def _draw(
    faces: Sequence[Gray],
    shown: NDArray[np.intp],
    share: NDArray[np.float64],
    staging: Staging,
    random: Generator,
) -> Iterator[Gray]:
    count, side = len(shown), staging.face_px
    across, down, size, tilt, light = (_wander(count, staging.wander_s, random) for _ in range(5))
    jitter = random.standard_normal((count, 3)) * [
        staging.jitter_shift,
        staging.jitter_shift,
        staging.jitter_scale,
    ]
    noise_level = random.uniform(*staging.noise)
    grain = random.standard_normal((2 * side, 2 * side)).astype(np.float32) * noise_level
    quick = _quick_movements(count, staging, random)
    for index in range(count):
        picture = faces[shown[index]]
        if share[index] < 1:
            before = faces[shown[index] - 1]
            picture = cv2.addWeighted(picture, share[index], before, 1 - share[index], 0)
        scale = np.exp(staging.sway_scale * size[index] + jitter[index, 2])
        matrix = cv2.getRotationMatrix2D((side / 2, side / 2), staging.sway_deg * tilt[index], scale)
        matrix[:, 2] += side * (staging.sway_shift * np.array([across[index], down[index]]) + jitter[index, :2])
        picture = cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
        if quick[index]:
            picture = cv2.blur(picture, (round(staging.quick_blur * side), 1))
        x, y = random.integers(0, side, 2)
        lit = picture * np.float32(np.exp(staging.light * light[index])) + grain[y : y + side, x : x + side]
        yield np.clip(np.rint(lit), 0, 255).astype(np.uint8)


def _enlarged(face: Gray, side_px: int) -> Gray:
    return cv2.resize(face, (side_px, side_px), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _wander(count: int, time_constant_s: float, random: Generator) -> NDArray[np.float64]:
    """A value that drifts about 0 with a standard deviation of 1 (Ornstein and Uhlenbeck's process), (n,)."""
    keep = np.exp(-1 / (FPS * time_constant_s))
    steps = random.standard_normal(count) * np.sqrt(1 - keep**2)
    value, values = random.standard_normal(), []
    for step in steps:
        value = keep * value + step
        values.append(value)
    return np.array(values)


def _quick_movements(count: int, staging: Staging, random: Generator) -> NDArray[np.bool_]:
    begins = random.random(count) < 1 / (FPS * staging.quick_every_s)
    length = round(FPS * staging.quick_s)
    return np.convolve(begins, np.ones(length, int))[:count] > 0
