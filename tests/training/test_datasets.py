from pathlib import Path

import numpy as np
import pytest

from edge.errors import DataError
from tests.training.faces import COLUMNS, csv_line, draw_face, votes_for, write_csv, write_lines
from training.datasets import Split, load_final_split, load_splits

BOTH = (Split.TRAINING, Split.PUBLIC)


def test_csv_gives_the_faces_of_each_split_with_their_votes(tmp_path: Path) -> None:
    faces = load_splits(write_csv(tmp_path, {"Training": 3, "PublicTest": 2, "PrivateTest": 1}), BOTH)
    training, public = faces[Split.TRAINING], faces[Split.PUBLIC]
    assert (len(training), len(public)) == (21, 14)
    assert training.labels[:8].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert (training.pixels[3] == draw_face(3, 0)).all()
    assert (public.pixels[9] == draw_face(2, 10_001)).all()
    assert public.votes is not None
    assert public.votes[9].tolist() == votes_for(2)


def test_csv_may_be_named_itself_and_have_its_columns_in_another_order(tmp_path: Path) -> None:
    fields = [csv_line(label, 0, usage).split(",") for label in (5, 2) for usage in BOTH]
    path = write_lines(tmp_path, [",".join((u, p, e)) for e, p, u in fields], header="Usage,pixels,emotion")
    faces = load_splits(path, BOTH)
    assert faces[Split.PUBLIC].labels.tolist() == [5, 2]
    assert faces[Split.PUBLIC].votes is None


def test_private_test_is_closed_and_its_rows_are_not_even_decoded(tmp_path: Path) -> None:
    lines = [csv_line(0, 0, "Training"), "9,not pixels,PrivateTest", csv_line(1, 0, "PublicTest")]
    path = write_lines(tmp_path, lines)
    assert set(load_splits(path, BOTH)) == set(BOTH)
    with pytest.raises(DataError, match="PrivateTest is not for fitting"):
        load_splits(path, (Split.PRIVATE,))
    with pytest.raises(DataError, match="line 3: emotion is '9'"):
        load_final_split(path)


def test_the_final_look_gives_training_and_private_test(tmp_path: Path) -> None:
    training, private = load_final_split(write_csv(tmp_path, {"Training": 2, "PrivateTest": 1}))
    assert (len(training), len(private)) == (14, 7)


GOOD = csv_line(0, 0, "Training")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0,1 2 3,Training", "line 3: 3 pixels; expected 2304"),
        (GOOD.replace("0,", "7,", 1), "line 3: emotion is '7'; expected 0 to 6"),
        (GOOD.replace("0,", "-1,", 1), "line 3: emotion is '-1'; expected 0 to 6"),
        (GOOD.replace(" ", " x ", 1), "line 3: a pixel is not a whole number"),
        (f"0,256 {GOOD.split(' ', 1)[1]}", "line 3: a pixel is 256; expected 0 to 255"),
        (f"0,-1 {GOOD.split(' ', 1)[1]}", "line 3: a pixel is -1; expected 0 to 255"),
        (GOOD[:400], "line 3: 2 fields; expected emotion,pixels,Usage"),
        (GOOD[:-4], "line 3: Usage is 'Trai'; expected Training, PublicTest, PrivateTest"),
        ("", "line 3: 1 fields"),
    ],
)
def test_a_broken_line_is_named_with_its_number(tmp_path: Path, line: str, message: str) -> None:
    path = write_lines(tmp_path, [GOOD, line, csv_line(0, 0, "PublicTest")])
    with pytest.raises(DataError, match=message) as caught:
        load_splits(path, BOTH)
    assert "\n" not in str(caught.value)


def test_a_file_of_other_columns_or_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no column Usage; its first line is 'emotion,pixels'"):
        load_splits(write_lines(tmp_path, [GOOD], header="emotion,pixels"), BOTH)
    with pytest.raises(DataError, match="holds no row"):
        load_splits(write_lines(tmp_path, []), BOTH)
    (tmp_path / "fer2013.csv").write_bytes(b"")
    with pytest.raises(DataError, match="has no column emotion, pixels, Usage"):
        load_splits(tmp_path, BOTH)


def test_data_that_is_missing_or_lacks_a_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        load_splits(tmp_path / "nowhere", BOTH)
    with pytest.raises(DataError, match="holds neither fer2013.csv nor"):
        load_splits(tmp_path, BOTH)
    with pytest.raises(DataError, match="holds no face of PublicTest"):
        load_splits(write_lines(tmp_path, [GOOD]), BOTH)


def test_votes_of_another_file_are_refused(tmp_path: Path) -> None:
    folder = write_csv(tmp_path, {"Training": 1, "PublicTest": 1})
    votes = (folder / "fer2013new.csv").read_text().splitlines()
    swapped = [*votes[:7], votes[8], votes[7], *votes[9:]]
    for lines, message in (
        (votes[:-1], "has 13 rows where the faces have 14"),
        (swapped, "line 8: Usage is 'PublicTest' where the faces say Training"),
        ([votes[0], "Training,x,1,2"], "line 2: surprise is ''; expected a number of votes"),
        ([votes[0].replace(",NF", ""), *votes[1:]], "has no column NF"),
    ):
        (folder / "fer2013new.csv").write_text("\n".join(lines) + "\n")
        with pytest.raises(DataError, match=message):
            load_splits(folder, BOTH)


def test_the_votes_columns_are_found_by_name(tmp_path: Path) -> None:
    write_lines(tmp_path, [csv_line(3, 0, "Training"), csv_line(0, 0, "PublicTest")])
    names = COLUMNS.split(",")
    turned = ",".join(reversed(names))
    rows = ["Training,a,0,0,0,0,0,0,0,0,9,1", "PublicTest,b,10,0,0,0,0,0,0,0,0,0"]
    (tmp_path / "fer2013new.csv").write_text(f"Usage,Image name,{turned}\n" + "\n".join(rows) + "\n")
    votes = load_splits(tmp_path, BOTH)[Split.TRAINING].votes
    assert votes is not None
    assert votes[0].tolist() == [1, 9, 0, 0, 0, 0, 0, 0, 0, 0]
    assert votes.dtype == np.uint8
