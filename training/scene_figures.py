"""What finding costs and loses, measured on made scenes: which cascade, and which crop margin, is best."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config import DetectConfig
from edge.emotion.bundle import Bundle
from edge.emotion.classifier import Classifier
from edge.faces.detector import HaarDetector, find_in_window
from edge.faces.schedule import FaceFinder
from edge.faces.scoring import levels_apart, shrunk_face
from edge.preprocessing import crop_face
from edge.records import Box, Frame
from training.metrics import Probabilities, main_truth, truths
from training.scenes import HEIGHT_PX, WIDTH_PX, Scene, make_scenes
from training.splits import Faces

#: From this overlap (IoU) a box is the pasted face: Haar's boxes are smaller than the crop.
_SAME_FACE = 0.3

MARGINS = tuple(round(0.05 * step, 2) for step in range(-3, 7))
_SMALLEST_PX = 48
_CASCADES = ("default", "alt", "alt2")
_SCALES = (1.1, 1.2, 1.3)

#: Told how many are done.
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class FinderRow:
    """One way to search the whole frame for faces of 48 pixels and more.

    Attributes:
        side_px: how small the picture makes the smallest face.
        cpu_ms: a frame, on this machine, one thread.
        found: share of the scenes in which the face is found.
        false: boxes a scene that are no face.
    """

    cascade: str
    scale_factor: float
    min_neighbors: int
    side_px: int
    cpu_ms: float
    found: float
    false: float


@dataclass(frozen=True, slots=True)
class MarginRow:
    """What one crop margin gives on the faces that were found."""

    margin: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class MarginFigures:
    """What finding, cropping and classifying loses.

    Attributes:
        found: share of the scenes in which the device's finder finds the face.
        original: accuracy on the data's own crops of the faces found.
        truth: what accuracy is measured against.
    """

    scenes: int
    found: float
    truth: str
    original: float
    margins: Sequence[MarginRow]


@dataclass(frozen=True, slots=True)
class ReuseRow:
    """What the network says anew of faces that differ by so many levels from when it was asked.

    Attributes:
        levels: from so many, to those of the next row.
        pairs: how many there were.
        score_change: by how much the score that changes most does: median and 95th percentile.
        relabelled: share of which another class is named.
    """

    levels: int
    pairs: int
    score_change: tuple[float, float]
    relabelled: float


REUSE_LEVELS = (0, 2, 4, 6, 8, 12, 16, 24)


def choose_rows(faces: Faces, count: int, seed: int = 0) -> NDArray[np.intp]:
    """Some faces, in their order; all where there are no more."""
    count = min(count, len(faces))
    return np.sort(np.random.default_rng(seed).choice(len(faces), count, replace=False)).astype(np.intp)


def measure_finders(faces: Faces, count: int, progress: Progress) -> list[FinderRow]:
    """Every cascade that OpenCV ships for frontal faces, at several scales and sizes of the picture."""
    cv2.setNumThreads(1)
    scenes = list(make_scenes(faces.pixels, choose_rows(faces, count)))
    rows = []
    for cascade in _CASCADES:
        for scale_factor in _SCALES:
            for neighbors in (2, 3, 5):
                detector = HaarDetector(
                    scale_factor, neighbors, cascade=f"haarcascade_frontalface_{cascade}.xml"
                )
                for side_px in (detector.side_px, round(1.25 * detector.side_px)):
                    figures = _measure_finder(detector, side_px, scenes)
                    rows.append(FinderRow(cascade, scale_factor, neighbors, side_px, *figures))
                    progress(len(rows))
    return rows


FINDER_ROWS = len(_CASCADES) * len(_SCALES) * 6


def measure_margins(
    faces: Faces, bundle: Bundle, count: int, progress: Progress, margins: Sequence[float] = MARGINS
) -> MarginFigures:
    """Find each pasted face as the device does, crop it with each margin, classify it."""
    cv2.setNumThreads(1)
    classifier = Classifier.open(bundle)
    found: list[int] = []
    by_margin: dict[float, list[NDArray[np.float32]]] = {margin: [] for margin in margins}
    rows = choose_rows(faces, count)
    for done, scene in enumerate(make_scenes(faces.pixels, rows), 1):
        if (box := find_face(scene)) is not None:
            found.append(scene.row)
            for margin, said in by_margin.items():
                said.append(classifier.probabilities(crop_face(scene.gray, box, margin)))
        progress(done)
    those = faces.take(np.array(found, np.intp))
    original = np.stack([classifier.probabilities(face) for face in those.pixels])
    truth = main_truth(truths(original, those))
    return MarginFigures(
        len(rows),
        len(found) / len(rows),
        truth,
        _accuracy(original, those, truth),
        [MarginRow(margin, _accuracy(np.stack(said), those, truth)) for margin, said in by_margin.items()],
    )


def measure_reuse(faces: Faces, bundle: Bundle, count: int, progress: Progress) -> list[ReuseRow]:
    """Look at each scene again with other noise and light, and now and then a face moved by a pixel or two."""
    classifier, random = Classifier.open(bundle), np.random.default_rng(0)
    levels, changes, relabelled = [], [], []
    for done, scene in enumerate(make_scenes(faces.pixels, choose_rows(faces, count)), 1):
        first = classifier.probabilities(crop_face(scene.gray, scene.face))
        small = shrunk_face(scene.gray, scene.face)
        for _ in range(6):
            by_px = random.integers(-2, 3, 2) * (random.random() < 0.3)
            moved = np.roll(scene.gray, tuple(by_px.tolist()), axis=(0, 1))
            noise = random.normal(random.normal(0, 2), random.uniform(0, 8), moved.shape)
            again = np.clip(moved + noise, 0, 255).astype(np.uint8)
            said = classifier.probabilities(crop_face(again, scene.face))
            levels.append(levels_apart(shrunk_face(again, scene.face), small))
            changes.append(float(np.abs(said - first).max()))
            relabelled.append(bool(said.argmax() != first.argmax()))
        progress(done)
    return _reuse_rows(np.array(levels), np.array(changes), np.array(relabelled))


def _reuse_rows(
    levels: NDArray[np.float64], changes: NDArray[np.float64], relabelled: NDArray[np.bool_]
) -> list[ReuseRow]:
    place = np.digitize(levels, REUSE_LEVELS) - 1
    return [
        ReuseRow(
            low,
            int(here.sum()),
            (float(np.median(changes[here])), float(np.percentile(changes[here], 95))),
            float(relabelled[here].mean()),
        )
        for index, low in enumerate(REUSE_LEVELS)
        if (here := place == index).any()
    ]


def find_face(scene: Scene) -> Box | None:
    """Where the device's finder sees the pasted face in one still frame; None where it does not."""
    faces = FaceFinder(DetectConfig()).find(Frame(scene.gray, 0.0, 0.0, 0))
    best = max((face.box for face in faces), key=scene.face.overlap, default=None)
    return best if best is not None and best.overlap(scene.face) >= _SAME_FACE else None


def _measure_finder(
    detector: HaarDetector, side_px: int, scenes: Sequence[Scene]
) -> tuple[float, float, float]:
    """CPU milliseconds, share found, false boxes a scene."""
    spent_s, found, false = 0.0, 0, 0
    for scene in scenes:
        begun_s = time.thread_time()
        frame = Box(0, 0, WIDTH_PX, HEIGHT_PX)
        boxes = find_in_window(detector, scene.gray, frame, side_px / _SMALLEST_PX, _SMALLEST_PX)
        spent_s += time.thread_time() - begun_s
        hits = sum(box.overlap(scene.face) >= _SAME_FACE for box in boxes)
        found += hits > 0
        false += len(boxes) - hits
    return 1000 * spent_s / len(scenes), found / len(scenes), false / len(scenes)


def _accuracy(probabilities: Probabilities, faces: Faces, truth: str) -> float:
    rows, right = truths(probabilities, faces)[truth]
    return float((probabilities[rows].argmax(axis=1) == right).mean())
