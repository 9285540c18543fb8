"""Made scenes and what is measured on them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.emotion.bundle import load_bundle
from edge.labels import EMOTIONS
from edge.records import Gray
from tests.conftest import require

require("training")
from training.scene_figures import (  # noqa: E402 - only after the skip
    find_face,
    measure_finders,
    measure_margins,
    measure_reuse,
)
from training.scenes import make_scenes  # noqa: E402
from training.splits import Faces  # noqa: E402


@pytest.fixture(scope="module")
def astronauts(astronaut: Gray) -> Faces:
    """The astronaut's face, cropped as tightly as FER2013's, six times."""
    face = cv2.resize(astronaut[62:166, 173:277], (48, 48), interpolation=cv2.INTER_AREA)
    happy = EMOTIONS.index("happy")
    return Faces(np.stack([face] * 6), np.full(6, happy, np.int8), None, tuple(EMOTIONS))


def ignore(done: int) -> None:
    pass


def test_scenes_are_the_same_for_the_same_seed_and_hold_the_face_where_they_say(astronauts: Faces) -> None:
    rows = np.arange(6)
    scenes, again = (list(make_scenes(astronauts.pixels, rows)) for _ in range(2))
    assert all(np.array_equal(one.gray, other.gray) for one, other in zip(scenes, again, strict=True))
    for scene in scenes:
        assert scene.gray.shape == (480, 640) and scene.face == scene.face.clip(480, 640)
        part = scene.gray[scene.face.y :, scene.face.x :][: scene.face.height, : scene.face.width]
        small = cv2.resize(part, (48, 48), interpolation=cv2.INTER_AREA)
        inner = np.s_[6:-6, 6:-6]
        assert np.corrcoef(small[inner].ravel(), astronauts.pixels[scene.row][inner].ravel())[0, 1] > 0.95


def test_the_devices_finder_finds_most_pasted_faces(astronauts: Faces) -> None:
    found = [find_face(scene) for scene in make_scenes(astronauts.pixels, np.arange(6))]
    assert sum(box is not None for box in found) >= 4


def test_what_finding_and_cropping_loses_is_told_by_margin(astronauts: Faces, bundle_path: Path) -> None:
    figures = measure_margins(astronauts, load_bundle(bundle_path), 6, ignore, margins=(0.0, 0.1))
    assert figures.scenes == 6 and figures.found >= 4 / 6
    assert [row.margin for row in figures.margins] == [0.0, 0.1]
    assert figures.original == 1.0 and figures.margins[0].accuracy >= 0.5


def test_every_cascade_is_measured(astronauts: Faces) -> None:
    rows = measure_finders(astronauts, 1, ignore)
    assert {row.cascade for row in rows} == {"default", "alt", "alt2"}
    assert all(row.cpu_ms > 0 and 0 <= row.found <= 1 for row in rows)


def test_faces_that_differ_little_are_counted_by_how_little(astronauts: Faces, bundle_path: Path) -> None:
    rows = measure_reuse(astronauts, load_bundle(bundle_path), 6, ignore)
    assert sum(row.pairs for row in rows) == 36
    assert all(row.score_change[0] <= row.score_change[1] for row in rows)


@pytest.fixture(scope="module")
def bundle_path() -> Path:
    return load_bundle("mini_xception").folder
