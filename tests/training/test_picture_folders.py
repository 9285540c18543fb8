import logging
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import DataError
from tests.training.faces import draw_face
from training.datasets import Split, load_final_split, load_splits

BOTH = (Split.TRAINING, Split.PUBLIC)


def write(path: Path, label: int, seed: int = 0, side_px: int = 48) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), cv2.resize(draw_face(label, seed), (side_px, side_px)))


def test_kaggles_file_names_tell_the_official_split(tmp_path: Path) -> None:
    write(tmp_path / "train/happy/Training_1.png", 3)
    write(tmp_path / "test/happy/PublicTest_2.png", 3, 1)
    write(tmp_path / "test/sad/PrivateTest_3.png", 4, 2)
    public = load_splits(tmp_path, BOTH, side_px=48)[Split.PUBLIC]
    assert [public.classes[label] for label in public.labels] == ["happy"]
    assert (public.pixels[0] == draw_face(3, 1)).all()
    assert public.truth == "fer2013"
    private = load_final_split(tmp_path)[1]
    assert [private.classes[label] for label in private.labels] == ["sad"]


def test_plain_folders_are_splits(tmp_path: Path) -> None:
    for part, label in (("train", "angry"), ("valid", "neutral"), ("test", "fear")):
        write(tmp_path / part / label / "x.png", 0)
    faces = load_splits(tmp_path, BOTH)
    assert faces[Split.TRAINING].classes == ("angry", "fear", "neutral")
    assert faces[Split.TRAINING].labels.tolist() == [0]
    assert faces[Split.PUBLIC].labels.tolist() == [2]
    assert faces[Split.PUBLIC].truth == "labels"


def test_corrupt_pictures_are_named_counted_and_skipped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for index in range(3):
        write(tmp_path / f"train/happy/{index}.png", 3, index)
    write(tmp_path / "valid/happy/1.png", 3)
    (tmp_path / "train/happy/empty.jpg").write_bytes(b"")
    (tmp_path / "train/happy/text.jpg").write_text("no picture")
    with caplog.at_level(logging.WARNING, "training"):
        faces = load_splits(tmp_path, BOTH)
    assert len(faces[Split.TRAINING]) == 3
    assert "empty.jpg: the file is empty" in caplog.text
    assert "text.jpg: not a picture" in caplog.text
    assert "2 corrupt pictures skipped" in caplog.text


def test_pictures_of_private_test_are_not_opened(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "train/happy/Training_1.png", 3)
    write(tmp_path / "test/happy/PublicTest_1.png", 3)
    (tmp_path / "test/happy/PrivateTest_1.png").write_bytes(b"broken")
    load_splits(tmp_path, BOTH)
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


def test_pictures_of_several_sizes_are_brought_to_one(tmp_path: Path) -> None:
    write(tmp_path / "train/happy/1.png", 3, side_px=30)
    write(tmp_path / "train/happy/2.png", 3, side_px=200)
    write(tmp_path / "valid/happy/1.png", 3, side_px=96)
    for side_px in (64, 100):
        faces = load_splits(tmp_path, BOTH, side_px=side_px)
        assert [face.shape for face in faces[Split.TRAINING].pixels] == [(side_px, side_px)] * 2
        assert faces[Split.PUBLIC].pixels[0].dtype == np.uint8


def test_labels_may_be_anything(tmp_path: Path) -> None:
    for label in ("zany", "Happy", "awake"):
        write(tmp_path / f"train/{label}/1.png", 3)
        write(tmp_path / f"valid/{label}/1.png", 3)
    public = load_splits(tmp_path, BOTH)[Split.PUBLIC]
    assert public.classes == ("happy", "awake", "zany")
    assert sorted(public.labels.tolist()) == [0, 1, 2]


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train/happy").mkdir(parents=True)
    with pytest.raises(DataError, match="nor pictures in train/<label>"):
        load_splits(tmp_path, BOTH)
