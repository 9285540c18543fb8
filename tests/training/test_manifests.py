import logging
from pathlib import Path

import pytest

from edge.errors import DataError
from tests.training.test_picture_folders import write
from training.datasets import Split, load_final_split, load_splits

BOTH = (Split.TRAINING, Split.PUBLIC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index in range(4):
        write(tmp_path / f"pictures/{index}.png", index)
    return tmp_path


def manifest(folder: Path, *lines: str, header: str = "file,label,split") -> Path:
    path = folder / "list.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def test_a_manifest_names_pictures_labels_and_splits(folder: Path) -> None:
    path = manifest(
        folder,
        "why,train,pictures/0.png,awake",
        ",valid,pictures/1.png,bored",
        ",test,pictures/2.png,bored",
        header="note,split,file,label",
    )
    faces = load_splits(path, BOTH)
    assert faces[Split.TRAINING].classes == ("awake", "bored")
    assert faces[Split.TRAINING].labels.tolist() == [0]
    assert faces[Split.PUBLIC].labels.tolist() == [1]
    assert load_final_split(path)[1].labels.tolist() == [1]


def test_lines_of_pictures_that_came_to_nothing_are_left_out_and_counted(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = manifest(folder, "pictures/0.png,a,train", "pictures/1.png,b,Validation", ",c,", "x.png,c,")
    with caplog.at_level(logging.INFO, "training"):
        assert load_splits(path, BOTH)[Split.TRAINING].classes == ("a", "b")
    assert "2 lines without a file or a split left out" in caplog.text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pictures/9.png,a,train", "line 3: .*pictures/9.png is not there; paths start at the manifest"),
        ("pictures/1.png,,train", "line 3: label is empty"),
        ("pictures/1.png,a,later", "line 3: split is 'later'; expected train, valid or test"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(folder: Path, line: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_splits(manifest(folder, "pictures/0.png,a,train", line), BOTH)


def test_a_manifest_without_pictures_is_refused(folder: Path) -> None:
    with pytest.raises(DataError, match="names no picture with a split"):
        load_splits(manifest(folder), BOTH)
