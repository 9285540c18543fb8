import numpy as np
import pytest

from edge.errors import DataError
from edge.labels import EMOTIONS
from training.datasets import Faces
from training.votes import class_votes, fitting_targets, plurality

#: neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF
ROWS = [
    [0, 6, 0, 0, 2, 0, 0, 2, 0, 0],  # happy, a little angry
    [5, 0, 0, 5, 0, 0, 0, 0, 0, 0],  # neutral and sad tie
    [1, 0, 0, 0, 0, 0, 0, 0, 9, 0],  # hardly anybody could tell
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 10],  # not a face
]
ANGRY, HAPPY, SAD, NEUTRAL = 0, 3, 4, 6


@pytest.fixture
def faces() -> Faces:
    labels = np.array([ANGRY, SAD, HAPPY, HAPPY], np.uint8)
    return Faces(np.zeros((4, 48, 48), np.uint8), labels, np.array(ROWS, np.uint8))


def test_votes_come_in_our_class_order_without_contempt(faces: Faces) -> None:
    assert class_votes(faces)[0].tolist() == [2, 0, 0, 6, 0, 0, 0]


def test_fer2013_fits_every_row_to_its_label(faces: Faces) -> None:
    rows, targets = fitting_targets(faces, "fer2013")
    assert rows.tolist() == [0, 1, 2, 3]
    assert targets.argmax(axis=1).tolist() == [ANGRY, SAD, HAPPY, HAPPY]
    assert targets.max() == 1


def test_ferplus_fits_to_shares_of_votes_and_leaves_out_what_nobody_could_name(faces: Faces) -> None:
    rows, targets = fitting_targets(faces, "ferplus")
    assert rows.tolist() == [0, 1]
    assert targets[0].tolist() == pytest.approx([0.25, 0, 0, 0.75, 0, 0, 0])
    assert targets[1, [SAD, NEUTRAL]].tolist() == [0.5, 0.5]


def test_majority_gives_all_to_the_class_of_most_votes(faces: Faces) -> None:
    _, targets = fitting_targets(faces, "ferplus", "majority")
    assert targets[0, HAPPY] == 1
    assert targets[1, [SAD, NEUTRAL]].tolist() == [0.5, 0.5]


def test_mix_is_half_label_half_votes_and_the_label_alone_without_votes(faces: Faces) -> None:
    rows, targets = fitting_targets(faces, "mix")
    assert rows.tolist() == [0, 1, 2, 3]
    assert targets[0, [ANGRY, HAPPY]].tolist() == pytest.approx([0.625, 0.375])
    assert targets[2:, HAPPY].tolist() == [1, 1]
    assert targets.sum(axis=1).tolist() == pytest.approx([1, 1, 1, 1])


@pytest.mark.parametrize("labels", ["ferplus", "mix"])
def test_data_without_votes_says_where_to_put_them(labels: str) -> None:
    faces = Faces(np.zeros((1, 48, 48), np.uint8), np.zeros(1, np.uint8))
    with pytest.raises(DataError, match="put FER\\+'s fer2013new.csv beside fer2013.csv"):
        fitting_targets(faces, labels)  # type: ignore[arg-type]


def test_plurality_is_all_that_tie_and_none_without_a_vote() -> None:
    votes = np.array([[0, 2, 2], [0, 0, 0], [1, 0, 3]], np.uint8)
    assert plurality(votes).tolist() == [[False, True, True], [False] * 3, [False, False, True]]


def test_contempt_has_votes_where_it_is_a_class(faces: Faces) -> None:
    kept = faces.relabel((*EMOTIONS, "contempt"))
    assert class_votes(kept)[0].tolist() == [2, 0, 0, 6, 0, 0, 0, 2]
    rows, targets = fitting_targets(kept, "ferplus")
    assert rows.tolist() == [0, 1]
    assert targets[0].tolist() == pytest.approx([0.2, 0, 0, 0.6, 0, 0, 0, 0.2])


def test_a_face_in_which_most_saw_a_class_that_is_none_here_is_left_out(faces: Faces) -> None:
    without_happy = faces.relabel(("angry", "sad", "neutral"))
    assert class_votes(without_happy)[0].tolist() == [0, 0, 0]  # two saw anger, but six saw joy
    assert class_votes(without_happy)[1].tolist() == [0, 5, 5]
    assert fitting_targets(without_happy, "ferplus")[0].tolist() == [1]
    assert class_votes(faces.relabel(("angry", "neutral")))[1].tolist() == [0, 5]  # a tie: half saw it


def test_labels_of_other_classes_are_left_out(faces: Faces) -> None:
    without_happy = faces.relabel(("sad", "angry"))
    rows, targets = fitting_targets(without_happy, "fer2013")
    assert rows.tolist() == [0, 1]
    assert targets.tolist() == [[0, 1], [1, 0]]
    assert fitting_targets(without_happy, "mix")[0].tolist() == [0, 1]


def test_raters_could_not_choose_any_class(faces: Faces) -> None:
    strange = Faces(faces.pixels, faces.labels, faces.votes, ("bored", *EMOTIONS[1:]))
    with pytest.raises(DataError, match="raters could not choose bored; use --labels fer2013"):
        class_votes(strange)
