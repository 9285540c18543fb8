"""Which face of a picture has which action units."""

from pathlib import Path

import numpy as np
import pytest

from edge.errors import DataError
from edge.records import Gray
from tests.training.explain.people import SMILE, landmarks, table
from training.explain.pictured import faces_of, rows_of_picture

NO_ROWS = np.empty(0, np.intp)


def test_a_picture_is_found_by_path_then_name_then_stem(tmp_path: Path) -> None:
    found = table([("b/x.png", SMILE), (str(tmp_path / "x.png"), SMILE), ("y", SMILE)])
    assert rows_of_picture(found, tmp_path / "x.png").tolist() == [1]
    assert rows_of_picture(found.take([0]), tmp_path / "x.png").tolist() == [0]
    assert rows_of_picture(found, tmp_path / "y.jpg").tolist() == [2]
    assert rows_of_picture(found, tmp_path / "z.jpg").tolist() == []


def test_two_pictures_of_one_name_are_not_guessed(tmp_path: Path) -> None:
    found = table([("a/x.png", SMILE), ("b/x.png", SMILE)])
    with pytest.raises(DataError, match=r"may be a/x\.png or b/x\.png"):
        rows_of_picture(found, tmp_path / "x.png")


def test_rows_belong_to_the_face_that_holds_their_landmarks(astronaut: Gray) -> None:
    there, elsewhere = landmarks(180, 72, 90), landmarks(20, 300, 60)
    found = table([("a.png", SMILE), ("a.png", SMILE)], {0: elsewhere, 1: there})
    faces = faces_of(astronaut, found, np.arange(2), True)
    assert [face.row for face in faces] == [1, 0]  # the finder's first; of the other the landmarks tell
    x, y, width, height = faces[1].box.as_list()
    assert x < 30 and y < 315 and x + width > 70 and y + height > 350


def test_without_landmarks_one_row_is_the_largest_face(astronaut: Gray) -> None:
    found = table([("a.png", SMILE), ("a.png", SMILE)])
    assert [face.row for face in faces_of(astronaut, found, np.array([0]), True)] == [0]
    with pytest.raises(DataError, match="no landmarks to tell which is which"):
        faces_of(astronaut, found, np.arange(2), True)


def test_a_face_without_measured_units_is_still_a_face(astronaut: Gray) -> None:
    found = table([("a.png", None)])
    assert [face.row for face in faces_of(astronaut, found, np.array([0]), True)] == [None]
    assert [face.row for face in faces_of(astronaut, None, NO_ROWS, True)] == [None]
    (whole,) = faces_of(astronaut, None, NO_ROWS, False)
    assert whole.box.as_list() == [0, 0, 512, 512]
