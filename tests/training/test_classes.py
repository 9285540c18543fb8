import json
from pathlib import Path

import pytest

from edge.errors import DataError, UsageError
from edge.labels import EMOTIONS
from tests.training.faces import write_csv
from tests.training.test_picture_folders import write
from training.classes import choose_order
from training.datasets import Split, class_order, load_splits

BOTH = (Split.TRAINING, Split.PUBLIC)


def test_known_emotions_come_in_fer2013s_order_and_the_rest_by_name() -> None:
    assert choose_order(["zany", "sad", "bored", "angry"]).names == ("angry", "sad", "bored", "zany")
    assert choose_order(sorted(EMOTIONS)).names == EMOTIONS
    assert choose_order(["c", "b"]).names == ("b", "c")


def test_classes_as_given_may_be_a_part_in_any_order() -> None:
    order = choose_order(EMOTIONS, given=("Sad", "happy"))
    assert order.names == ("sad", "happy")
    assert str(order) == "classes, as given: sad, happy"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("happy", "joyful"), "names joyful, which the data has not; it has angry, disgust"),
        (("happy", "happy"), "expected two or more different names"),
        (("happy",), "expected two or more different names"),
    ],
)
def test_classes_that_cannot_be_are_one_clear_line(given: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose_order(EMOTIONS, given=given)


def folders(path: Path, *labels: str) -> Path:
    for label in labels:
        for part in ("train", "valid"):
            write(path / part / label / "1.png", 3)
    return path


def write_classes(folder: Path, content: object) -> None:
    (folder / "classes.json").write_text(json.dumps(content))


def test_the_order_that_was_written_down_with_the_data_holds(tmp_path: Path) -> None:
    data = folders(tmp_path, "sad", "happy")
    write_classes(data, {"v": 1, "classes": ["sad", "happy"], "side_px": 48, "seed": 0, "split": "80/10/10"})
    assert str(class_order(data)) == "classes, as classes.json says: sad, happy"
    assert load_splits(data, BOTH)[Split.PUBLIC].labels.tolist() == [1, 0]


@pytest.mark.parametrize(
    "content", [[], {"v": 1}, {"v": 2, "classes": ["a", "b"]}, {"v": 1, "classes": ["a", "a"]}, "x"]
)
def test_a_broken_classes_file_is_refused(tmp_path: Path, content: object) -> None:
    write_classes(folders(tmp_path, "sad", "happy"), content)
    with pytest.raises(DataError, match=r"classes.json is broken; expected \{"):
        class_order(tmp_path)


def test_a_label_that_the_classes_file_does_not_name_is_refused(tmp_path: Path) -> None:
    write_classes(folders(tmp_path, "sad", "happy", "angry"), {"v": 1, "classes": ["sad", "happy"]})
    with pytest.raises(DataError, match="has the label angry, which classes.json does not name"):
        load_splits(tmp_path, BOTH)


def test_contempt_is_a_class_where_it_is_kept_and_there_are_votes(tmp_path: Path) -> None:
    data = write_csv(tmp_path / "with", {"Training": 1, "PublicTest": 1})
    assert class_order(data).names == EMOTIONS
    assert class_order(data, contempt="keep").names == (*EMOTIONS, "contempt")
    with pytest.raises(UsageError, match="--contempt keep needs FER\\+'s votes"):
        class_order(write_csv(tmp_path / "without", {"Training": 1}, votes=False), contempt="keep")


def test_faces_of_other_classes_have_no_label_and_are_counted(tmp_path: Path) -> None:
    data = write_csv(tmp_path, {"Training": 2, "PublicTest": 1})
    training = load_splits(data, BOTH, classes=("neutral", "happy"))[Split.TRAINING]
    assert training.labels[:7].tolist() == [-1, -1, -1, 1, -1, -1, 0]
    assert training.left_out == {name: 2 for name in ("angry", "disgust", "fear", "sad", "surprise")}


def test_data_of_none_of_the_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no face is bored or awake; the data has the classes happy, sad"):
        load_splits(folders(tmp_path, "happy", "sad"), BOTH, classes=("bored", "awake"))
