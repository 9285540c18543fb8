import cv2
import numpy as np
import pytest

from edge.annotate import annotate
from edge.labels import LANGUAGES
from edge.records import Box

GREY = 90


@pytest.fixture
def bgr() -> np.ndarray:
    return np.full((300, 400, 3), GREY, np.uint8)


def drawn(picture: np.ndarray) -> Box:
    """The smallest box around everything that was drawn."""
    return Box(*cv2.boundingRect((picture != GREY).any(axis=2).astype(np.uint8)))


def test_a_box_and_a_label_above_it_are_drawn(bgr: np.ndarray) -> None:
    box = Box(100, 120, 90, 80)
    picture = annotate(bgr, [(box, "happy", 0.9)], "en")
    edges = [picture[120, 145], picture[200, 145], picture[160, 100], picture[160, 190]]
    assert all((edge != GREY).any() for edge in edges)
    assert (picture[125:195, 105:185] == GREY).all(), "the face itself stays free"
    assert (picture[106:118, 100:150] != GREY).any(), "the label stands above"


def test_the_source_stays_as_it_was(bgr: np.ndarray) -> None:
    annotate(bgr, [(Box(100, 100, 90, 90), "happy", 0.9)], "en")
    assert (bgr == GREY).all()


def test_without_faces_the_picture_is_a_copy(bgr: np.ndarray) -> None:
    picture = annotate(bgr, [], "en")
    np.testing.assert_array_equal(picture, bgr)
    assert picture is not bgr


@pytest.mark.parametrize("corner", [(0, 0), (310, 0), (0, 210), (310, 210), (390, 5)])
def test_the_label_of_a_face_at_the_border_stays_within_the_picture(
    corner: tuple[int, int], bgr: np.ndarray
) -> None:
    """As much of the label is seen as in the middle, where nothing is cut off."""
    plate = (60, 200, 60)
    middle = annotate(bgr, [(Box(150, 100, 90, 90), "surprise", 1.0)], "en")
    border = annotate(bgr, [(Box(*corner, 90, 90), "surprise", 1.0)], "en")
    widths = [max((row == plate).all(axis=1).sum() for row in picture[:, :]) for picture in (middle, border)]
    assert widths[1] >= widths[0] * 0.9


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 400, 3), (400, 5, 3)])
def test_a_picture_smaller_than_the_label_can_be_annotated(shape: tuple[int, int, int]) -> None:
    picture = annotate(np.full(shape, GREY, np.uint8), [(Box(0, 0, shape[1], shape[0]), "happy", 1)], "en")
    assert picture.shape == shape
    assert drawn(picture).area_px > 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_label_is_drawn_in_every_language_with_or_without_a_font(lang: str, bgr: np.ndarray) -> None:
    picture = annotate(bgr, [(Box(150, 150, 90, 90), "happy", 0.5)], lang)
    assert drawn(picture).y < 149


def test_every_face_is_drawn(bgr: np.ndarray) -> None:
    faces = [(Box(20, 150, 60, 60), "happy", 0.5), (Box(300, 150, 60, 60), "sad", 0.5)]
    picture = annotate(bgr, faces, "en")
    assert (picture[180, 20] != GREY).any() and (picture[180, 300] != GREY).any()
