from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.clip import write_clip
from edge.errors import MienError
from edge.faces.schedule import find_once


def frames_of(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (frame := capture.read()[1]) is not None:
        frames.append(frame)
    return frames


def test_the_clip_has_a_face_and_then_an_empty_room(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, seconds=1, empty_s=0.5, fps=10)
    frames = frames_of(path)
    assert len(frames) == 15 and frames[0].shape == (480, 640, 3)
    found = [bool(find_once(cv2.cvtColor(frames[index], cv2.COLOR_BGR2GRAY))) for index in (0, 9, 10, 14)]
    assert found == [True, True, False, False]


def test_a_clip_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    path = tmp_path / "no folder" / "clip.mp4"
    with pytest.raises(MienError, match=f"^the demo's clip could not be made: {path} cannot be written$"):
        write_clip(path, seconds=1)


def test_several_faces_stand_side_by_side_and_come_again_after_the_empty_room(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, seconds=0.2, empty_s=0.2, fps=10, faces=5, again_s=0.2)
    frames = frames_of(path)
    found = [len(find_once(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))) for frame in frames]
    assert len(frames) == 6 and found[2:4] == [0, 0]
    assert min(found[0], found[5]) >= 4
