"""What counts as a change of the room, in pictures with the noise of a sensor."""

import cv2
import numpy as np
import pytest

from edge.faces.changes import Changes
from edge.records import Box, Gray


def room_picture() -> Gray:
    random = np.random.default_rng(5)
    picture = np.full((480, 640), 120, np.uint8)
    for _ in range(12):
        x, y, width, height = random.integers(0, [600, 440, 200, 200])
        picture[y : y + height, x : x + width] = random.integers(40, 200)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8)


def photographed(picture: Gray, seed: int, noise: float = 4.0, gain: float = 1.0, offset: float = 0.0) -> Gray:
    levels = picture * gain + offset + np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(levels, 0, 255).astype(np.uint8)


@pytest.fixture
def changes() -> Changes:
    watching = Changes()
    assert watching.look(photographed(room_picture(), 0), []) == Box(0, 0, 640, 480), "all is new at first"
    watching.keep()
    return watching


@pytest.mark.parametrize("noise", [0, 4, 10, 20])
def test_the_sensors_noise_is_no_change(noise: float) -> None:
    watching = Changes()
    watching.look(photographed(room_picture(), 0, noise), [])
    watching.keep()
    for seed in range(1, 20):
        assert watching.look(photographed(room_picture(), seed, noise), []) is None


def test_light_that_slowly_changes_or_flickers_is_no_change(changes: Changes) -> None:
    for seed in range(1, 30):
        dimmer = photographed(room_picture(), seed, offset=-seed)
        assert changes.look(dimmer, []) is None
    for seed in range(30, 50):
        flickers = photographed(room_picture(), seed, gain=1 + 0.04 * (-1) ** seed)
        assert changes.look(flickers, []) is None


def test_a_face_that_comes_is_a_change_where_it_is(changes: Changes, astronaut: Gray) -> None:
    picture = room_picture()
    picture[300:360, 400:460] = cv2.resize(astronaut[66:162, 177:273], (60, 60))
    found = changes.look(photographed(picture, 1), [])
    assert found is not None
    face = Box(400, 300, 60, 60)
    assert found.overlap(face) == pytest.approx(face.area_px / found.area_px), "all of it is within"
    assert found.area_px < 640 * 480 / 8
    assert changes.look(photographed(picture, 2), [Box(380, 280, 100, 100)]) is None, "it is known"


def test_a_change_that_was_searched_is_none_any_more(changes: Changes) -> None:
    picture = room_picture()
    picture[100:200, 100:200] = np.arange(100, dtype=np.uint8) * 2
    assert changes.look(photographed(picture, 1), []) is not None
    changes.keep()
    assert changes.look(photographed(picture, 2), []) is None


def test_a_frame_of_another_size_is_all_new(changes: Changes) -> None:
    assert changes.look(np.zeros((100, 100), np.uint8), []) == Box(0, 0, 100, 100)
    changes.keep()
    assert changes.look(np.zeros((1, 3), np.uint8), []) == Box(0, 0, 3, 1)
