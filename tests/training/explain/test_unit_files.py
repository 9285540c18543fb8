"""Tables of action units are read right, whoever wrote them, and refused in one line where they cannot be."""

from pathlib import Path

import numpy as np
import pytest

from edge.errors import DataError
from tests.training.explain.openface_files import (
    UNITS,
    intensities,
    write_details,
    write_picture,
    write_sequence,
)
from training.explain.unit_files import read_units, write_units
from training.explain.unit_table import UnitTable

VERSIONS = ("2.0", "2.1", "2.2")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_film_of_one_face_with_failed_frames(tmp_path: Path, version: str) -> None:
    path = tmp_path / "film.csv"
    write_sequence(path, version, [(1, 0, 1), (2, 0, 0), (3, 0, 1), (4, 0, 0)])
    table = read_units(path)
    assert table.files == ("film:1", "film:2", "film:3", "film:4")
    assert table.is_found.tolist() == [True, False, True, False]
    assert table.failed == 2
    assert (table.units, table.source) == (UNITS, "OpenFace")
    np.testing.assert_allclose(table.intensities[2], intensities(300), atol=1e-6)
    assert np.isnan(table.intensities[1]).all()
    assert table.confidence.tolist() == pytest.approx([0.98, 0.03, 0.98, 0.03])
    assert table.landmarks is not None and table.landmarks.shape == (4, 68, 2)
    assert table.landmarks[0, 7].tolist() == [107, 207]
    assert np.isnan(table.landmarks[1]).all()
    assert table.labels is None and table.groups is None


@pytest.mark.parametrize("version", ("2.1", "2.2"))
def test_a_film_of_several_faces(tmp_path: Path, version: str) -> None:
    path = tmp_path / "film.csv"
    write_sequence(path, version, [(1, 0, 1), (1, 3, 1), (2, 0, 1), (2, 3, 0)])
    table = read_units(path)
    assert table.files == ("film:1", "film:1", "film:2", "film:2")
    assert table.faces.tolist() == [0, 3, 0, 3]
    assert table.failed == 1
    np.testing.assert_allclose(table.intensities[1], intensities(103), atol=1e-6)
    assert table.rows_of("film:1").tolist() == [0, 1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_picture_of_several_faces(tmp_path: Path, version: str) -> None:
    path = tmp_path / "friends.csv"
    write_picture(path, version, [0.975, 0.0, 0.85], picture="friends.jpg")
    table = read_units(path)
    assert table.files == ("friends.jpg",) * 3
    assert table.faces.tolist() == [0, 1, 2]
    assert table.is_found.tolist() == [True, False, True]
    assert read_units(path, min_confidence=0.9).is_found.tolist() == [True, False, False]


def test_a_folder_of_pictures_counts_those_without_a_face(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.csv", "2.2", [0.9], picture="a.jpg")
    write_picture(tmp_path / "b.csv", "2.2", [], picture="b.jpg")  # the first line alone
    write_details(tmp_path / "c.csv", "c.jpg")  # no table at all
    table = read_units(tmp_path)
    assert table.files == ("a.jpg", "b.jpg", "c.jpg")
    assert table.is_found.tolist() == [True, False, False]


def merged(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


FORMS = {
    "plain": ("AU01_r,AU12_r,emotion\n0.5,3,3\n1.25,0,0\n", "utf-8"),
    "blanks and CRLF": (" AU01_r, AU12_r, emotion\r\n 0.5, 3.00, 3\r\n 1.25, 0.00, 0\r\n", "utf-8"),
    "byte order mark": ("AU01_r,AU12_r,emotion\n0.5,3,3\n1.25,0,0\n", "utf-8-sig"),
    "UTF-16": ("AU01_r\tAU12_r\temotion\n0.5\t3\t3\n1.25\t0\t0\n", "utf-16"),
    "semicolons and commas": ("AU01_r;AU12_r;emotion\n0,5;3;3\n1,25;0;0\n", "utf-8"),
    "Excel says so": ("sep=;\nAU01_r;AU12_r;emotion\n0.5;3;3\n1.25;0;0\n", "utf-8"),
    "tabs": ("AU01_r\tAU12_r\temotion\n0.5\t3\t3\n1.25\t0\t0\n", "utf-8"),
    "quotes": ('"AU01_r","AU12_r","emotion"\n"0.5","3","3"\n"1.25","0","0"\n', "utf-8"),
    "other case and order": ("Emotion,au12_R,Au1_r\n3,3,0.5\n0,0,1.25\n", "utf-8"),
    "a pandas index": (",AU01_r,AU12_r,emotion\n0,0.5,3,3.0\n1,1.25,0,0.0\n", "utf-8"),
    "the same column twice": ("AU01_r,AU12_r,emotion,AU01_r\n0.5,3,3,0.5\n1.25,0,0,1.25\n", "utf-8"),
    "one table after another": ("AU01_r,AU12_r,emotion\n0.5,3,3\nAU01_r,AU12_r,emotion\n1.25,0,0\n", "utf-8"),
    "old line ends": ("AU01_r,AU12_r,emotion\r0.5,3,3\r1.25,0,0\r", "utf-8"),
    "a separator at the end": ("AU01_r,AU12_r,emotion,\n0.5,3,3,\n1.25,0,0,\n\n", "utf-8"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_table_that_was_put_together_by_hand(tmp_path: Path, form: str) -> None:
    text, encoding = FORMS[form]
    table = read_units(merged(tmp_path / "all.csv", text, encoding))
    assert table.units == ("AU01", "AU12")
    np.testing.assert_allclose(table.intensities, [[0.5, 3], [1.25, 0]])
    assert table.labels == ("3", "0")
    assert table.is_found.all() and np.isnan(table.confidence).all()
    assert table.landmarks is None


def test_a_merged_table_with_files_persons_and_gaps(tmp_path: Path) -> None:
    text = (
        "filename,subject,success,AU01_r,AU12_r,AU28_c,Emotion\n"
        "a.jpg,p1,1,0.5,,1,Happy\nb.jpg,p1,1.0,nan,NA,0,sad\nc.jpg,p2,True,-nan(ind),2,0,tired\n"
        "d.jpg,p2,0,1,1,0,sad\n"
    )
    table = read_units(merged(tmp_path / "all.csv", text))
    assert table.files == ("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    assert table.labels == ("happy", "sad", "tired", "sad")
    assert table.groups == ("p1", "p1", "p2", "p2")
    assert table.is_found.tolist() == [True, False, True, False]
    np.testing.assert_array_equal(np.isnan(table.intensities[[0, 2]]), [[False, True], [True, False]])


def test_columns_without_the_ending_are_taken_for_intensities_and_it_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "training"):
        table = read_units(merged(tmp_path / "all.csv", "input,AU1,AU12\na.png,1,2\n"))
    assert (table.units, table.files) == (("AU01", "AU12"), ("a.png",))
    assert "taken for intensities" in caplog.text


def test_a_last_line_that_breaks_off_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "film.csv"
    write_sequence(path, "2.2", [(1, 0, 1), (2, 0, 1), (3, 0, 1)])
    path.write_text(path.read_text()[:-300])
    table = read_units(path)
    assert table.files == ("film:1", "film:2")
    assert "the last line breaks off" in caplog.text


BROKEN = {
    "empty": ("", "is empty; expected a CSV table"),
    "no units": ("file,label\na,b\n", "has no column of an action unit; it has file, label"),
    "only presence": ("AU01_c,AU12_c\n1,0\n", "has only AU01_c and the like"),
    "a word": ("AU01_r,AU12_r\n1,2\nx,2\n", "line 3: AU01_r is 'x'; expected a number"),
    "too much": ("AU01_r,AU12_r\n1,2\n1,7.5\n", "line 3: AU12_r is 7.5; expected an intensity of 0 to 5"),
    "below nothing": ("AU01_r,AU12_r\n-1.5,2\n", "line 2: AU01_r is -1.5; expected an intensity of 0 to 5"),
    "without end": ("AU01_r,AU12_r\n1,inf\n", "line 2: AU12_r is inf"),
    "a cell missing": ("AU01_r,AU12_r\n1\n1,2\n", "line 2: 1 cells where the first line names 2 columns"),
    "a cell more": ("AU01_r,AU12_r\n1,2,3\n", "line 2: 3 cells where the first line names 2 columns"),
    "twice": ("AU01_r,AU12_r,AU01_r\n1,2,3\n", "has AU01_r in the columns 1 and 3, with different values"),
    "success": ("success,AU01_r\nmaybe,1\n", "line 2: success is 'maybe'; expected 1 or 0"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, kind: str) -> None:
    text, said = BROKEN[kind]
    with pytest.raises(DataError) as caught:
        read_units(merged(tmp_path / "all.csv", text))
    assert said in str(caught.value)
    assert "all.csv" in str(caught.value) and "\n" not in str(caught.value)


def test_what_is_no_table_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv cannot be read: No such file"):
        read_units(tmp_path / "none.csv")
    with pytest.raises(DataError, match=r"holds no \.csv file"):
        read_units(tmp_path)
    (tmp_path / "a.csv").write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match="is no text"):
        read_units(tmp_path / "a.csv")
    (tmp_path / "a.csv").write_text("AU01_r\n1\n")
    (tmp_path / "b.csv").write_text("AU02_r\n1\n")
    with pytest.raises(DataError, match="differ in AU01, AU02; expected the same units in all"):
        read_units(tmp_path)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    found = np.array([True, False, True])
    values = random.uniform(0, 5, (3, 2)).astype(np.float32)
    points = random.uniform(0, 48, (3, 68, 2)).astype(np.float32)
    values[1], points[1] = np.nan, np.nan
    table = UnitTable(
        ("a, b.png", "c.png", "c.png"), np.array([0, 0, 1]), found, np.array([0.5, np.nan, 1], np.float32),
        ("AU04", "AU12"), values, points, ("happy", "", "sad"), ("p", "q", "q"), "mediapipe 0.10.21",
    )  # fmt: skip
    write_units(tmp_path / "units.csv", table)
    again = read_units(tmp_path / "units.csv")
    assert (again.files, again.units, again.labels) == (table.files, table.units, table.labels)
    assert (again.groups, again.source) == (table.groups, table.source)
    np.testing.assert_array_equal(again.faces, table.faces)
    np.testing.assert_array_equal(again.is_found, found)
    np.testing.assert_allclose(again.intensities, values, atol=6e-4)
    np.testing.assert_allclose(again.landmarks, points, atol=6e-3)
    np.testing.assert_allclose(again.confidence, table.confidence)
    chosen = again.take(again.is_found)
    assert chosen.files == ("a, b.png", "c.png") and chosen.labels == ("happy", "sad")
    np.testing.assert_allclose(chosen.intensities_of(["AU12", "AU99"])[:, 0], values[[0, 2], 1], atol=6e-4)
    assert np.isnan(chosen.intensities_of(["AU99"])).all()
