"""The gate on a real face, disturbed as cameras, light and distance do."""

import cv2
import numpy as np
import pytest

from edge.config import QualityConfig
from edge.faces.quality import REASONS, QualityGate, look
from edge.records import Box, Face, Gray

SIDE_PX = 96


@pytest.fixture(scope="module")
def picture(astronaut: Gray) -> Gray:
    """The astronaut's face, 96 pixels wide."""
    return astronaut[66 : 66 + SIDE_PX, 177 : 177 + SIDE_PX].copy()


def in_frame(picture: Gray) -> tuple[Gray, Face]:
    """A frame with the face in its middle."""
    frame = np.full((480, 640), 110, np.uint8)
    height, width = picture.shape
    frame[40 : 40 + height, 200 : 200 + width] = picture
    return frame, Face(Box(200, 40, width, height), track=1)


def verdict(picture: Gray, visible: float = 1.0, **settings: float) -> str | None:
    frame, face = in_frame(picture)
    face = Face(face.box, face.track, visible=visible)
    return QualityGate(QualityConfig.model_validate(settings)).reject(frame, face)


def blurred(picture: Gray, share: float) -> Gray:
    """Out of focus by a share of the face's width."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), share * picture.shape[1]), np.uint8)


def moved(picture: Gray, share: float, is_down: bool = False) -> Gray:
    """Moving across, or down, by a share of its width while the shutter is open."""
    length = round(share * picture.shape[1])
    return np.asarray(cv2.blur(picture, (1, length) if is_down else (length, 1)), np.uint8)


def noisy(picture: Gray, levels: float) -> Gray:
    grain = np.random.default_rng(0).normal(0, levels, picture.shape)
    return np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)


def lit(picture: Gray, factor: float) -> Gray:
    return np.clip(np.rint(picture * factor), 0, 255).astype(np.uint8)


def scaled(picture: Gray, side_px: int) -> Gray:
    return np.asarray(cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)


@pytest.mark.parametrize("side_px", [32, 48, 70, 96])
def test_a_good_face_of_any_size_can_be_read(picture: Gray, side_px: int) -> None:
    assert verdict(scaled(picture, side_px)) is None


@pytest.mark.parametrize("side_px", [150, 200, 400])
def test_a_large_face_is_judged_as_a_small_one_is(picture: Gray, side_px: int) -> None:
    sharp = np.asarray(cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_CUBIC), np.uint8)
    assert verdict(sharp) is None
    assert verdict(blurred(sharp, 0.03)) == "blurred"


def test_a_face_that_is_small_is_named_so(picture: Gray) -> None:
    assert verdict(scaled(picture, 23)) == "small"
    assert verdict(scaled(picture, 40), min_face_px=41) == "small"
    assert verdict(scaled(picture, 20), min_face_px=0, min_sharpness=0) is None


def test_blur_is_named_from_the_strength_on_that_the_network_fails_at(picture: Gray) -> None:
    assert verdict(blurred(picture, 0.01)) is None
    assert verdict(blurred(picture, 0.04)) == "blurred"
    assert verdict(blurred(picture, 0.04), min_sharpness=0) is None


@pytest.mark.parametrize("is_down", [False, True], ids=["across", "down"])
def test_movement_is_blur_though_the_other_axis_is_sharp(picture: Gray, is_down: bool) -> None:
    assert verdict(moved(picture, 0.2, is_down)) == "blurred"


def test_noise_does_not_pass_for_sharpness(picture: Gray) -> None:
    assert verdict(noisy(blurred(picture, 0.04), 10)) == "blurred"


def test_noise_does_not_make_a_sharp_face_bad(picture: Gray) -> None:
    assert verdict(noisy(picture, 10)) is None


def test_little_contrast_does_not_pass_for_blur(picture: Gray) -> None:
    flat = np.clip(np.rint(128 + 0.3 * (picture.astype(float) - picture.mean())), 0, 255).astype(np.uint8)
    assert verdict(flat) is None
    assert look(flat).sharpness == pytest.approx(look(picture).sharpness, rel=0.1)


def test_light_is_named(picture: Gray) -> None:
    assert verdict(lit(picture, 0.12)) == "dark"
    assert verdict(lit(picture, 0.4)) is None
    assert verdict(lit(picture, 2.2)) == "bright"
    assert verdict(lit(picture, 1.2)) is None


def test_a_face_that_is_nearly_one_grey_is_dark_or_bright(picture: Gray) -> None:
    shade = (picture.astype(float) - picture.mean()) * 0.1
    assert verdict(np.rint(80 + shade).astype(np.uint8)) == "dark"
    assert verdict(np.rint(180 + shade).astype(np.uint8)) == "bright"


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_area_of_one_value_can_never_be_read(level: int) -> None:
    assert verdict(np.full((96, 96), level, np.uint8)) in ("dark", "bright")


def test_a_face_that_is_cut_is_named_so(picture: Gray) -> None:
    assert verdict(picture, visible=0.9) is None
    assert verdict(picture, visible=0.8) == "cut"
    assert verdict(picture, visible=0.8, max_cut=0.3) is None


def test_a_face_of_which_nothing_is_in_the_frame_is_cut(picture: Gray) -> None:
    frame, _ = in_frame(picture)
    assert QualityGate(QualityConfig()).reject(frame, Face(Box(640, 100, 0, 96), 1, visible=0.0)) == "cut"


def test_a_cut_face_is_not_taken_for_a_small_one(picture: Gray) -> None:
    assert verdict(scaled(picture, 24)[:, :22], visible=22 / 24, min_sharpness=0) is None


def test_no_pixel_is_changed(picture: Gray) -> None:
    frame, face = in_frame(noisy(picture, 3))
    before = frame.copy()
    frame.flags.writeable = False
    QualityGate(QualityConfig()).reject(frame, face)
    assert np.array_equal(frame, before)


def test_a_frame_of_which_the_rows_are_not_side_by_side_is_read_alike(picture: Gray) -> None:
    frame, face = in_frame(picture)
    wide = np.repeat(frame[:, :, np.newaxis], 2, axis=2)[:, :, 0]
    gate = QualityGate(QualityConfig())
    assert gate.reject(wide, face) == gate.reject(frame, face)
    assert look(wide[40:136, 200:296]) == look(frame[40:136, 200:296])


def test_reasons_are_those_that_health_counts() -> None:
    assert REASONS == ("small", "blurred", "dark", "bright", "cut")
