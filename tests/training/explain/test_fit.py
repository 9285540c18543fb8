"""`mien-train explain fit` finds which unit speaks for which class, and measures on rows it never saw."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.errors import DataError, UsageError
from tests.conftest import require
from tests.training.explain.unit_tables import CLASSES, UNITS, drawn_table, written

require("training")
from sklearn.linear_model import LogisticRegression  # noqa: E402 - only after the skip

from training.cli import main  # noqa: E402 - only after the skip
from training.explain.fitting import Choices, Rows, fit  # noqa: E402
from training.explain.labelling import names_of, with_labels  # noqa: E402
from training.explain.measured_fit import Chosen, measured_fit  # noqa: E402
from training.explain.regression import load_regression, probabilities, strongest  # noqa: E402
from training.splits import Faces  # noqa: E402


def rows_of(table: Any, groups: bool = False) -> Rows:
    labels = np.array([CLASSES.index(name) for name in table.labels], np.intp)
    numbers = np.unique(table.groups, return_inverse=True)[1] if groups else None
    return Rows(table.intensities.astype(np.float64), labels, numbers)


def silent(_: int) -> None: ...


def test_the_units_that_make_a_class_speak_for_it_and_their_intervals_leave_out_zero() -> None:
    model = fit(rows_of(drawn_table()), CLASSES, UNITS, Choices(resamples=20), silent)
    assert [units[0]["unit"] for units in strongest(model, 1).values()][:2] == ["AU04", "AU12"]
    assert {one["unit"] for one in strongest(model, 2)["surprise"]} == {"AU01", "AU26"}
    happy, smile = CLASSES.index("happy"), UNITS.index("AU12")
    assert model.low is not None and model.high is not None
    assert 0 < model.low[happy, smile] < model.coefficients[happy, smile] < model.high[happy, smile]
    np.testing.assert_allclose(model.coefficients.sum(axis=0), 0, atol=1e-9)


def test_it_gives_the_probabilities_of_the_library_that_fitted_it() -> None:
    rows = rows_of(drawn_table(30))
    for classes in (4, 2):
        some = rows.labels < classes
        part = Rows(rows.intensities[some], rows.labels[some])
        model = fit(part, CLASSES[:classes], UNITS, Choices(resamples=0), silent)
        strength = model.record["regularization"]["C"]
        standardized = (part.intensities - part.intensities.mean(axis=0)) / part.intensities.std(axis=0)
        theirs = LogisticRegression(C=strength, max_iter=2000).fit(standardized, part.labels)
        np.testing.assert_allclose(
            probabilities(model, part.intensities), theirs.predict_proba(standardized), atol=1e-5
        )


def test_little_data_with_much_noise_is_regularized_more() -> None:
    clear = fit(rows_of(drawn_table(200, noise=0.8)), CLASSES, UNITS, Choices(resamples=0), silent)
    noisy = fit(rows_of(drawn_table(8, noise=6.0)), CLASSES, UNITS, Choices(resamples=0), silent)
    assert noisy.record["regularization"]["C"] < clear.record["regularization"]["C"]


def test_rows_of_one_person_are_never_on_both_sides() -> None:
    """Each person's faces are alike and labelled at random: only a fit that has seen the person can tell."""
    random = np.random.default_rng(0)
    people, faces_each, count = 24, 6, 40
    faces = np.repeat(random.uniform(0, 5, (people, count)), faces_each, axis=0)
    labels = np.repeat(np.arange(people) % 2, faces_each)
    units = tuple(f"AU{number:02d}" for number in range(1, count + 1))
    groups = np.repeat(np.arange(people), faces_each)
    losses = [
        fit(Rows(faces, labels, some), CLASSES[:2], units, Choices(resamples=3), silent)
        .record["regularization"]["log_loss"]
        for some in (groups, None)
    ]  # fmt: skip
    assert losses[0] > 0.6 and losses[1] < 0.4


def test_groups_are_held_back_as_a_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "units.csv", drawn_table(40, people=10))
    model = measured_fit([path], Chosen(), Choices(resamples=0), share=0.3)
    assert model.record["fitted_on"]["used"]["faces"] == 7 * 16
    assert model.record["held_out"]["faces"] == 3 * 16


def test_the_command_keeps_the_regression_and_tells_units_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = written(tmp_path / "units.csv", drawn_table(missing=8))
    test = written(tmp_path / "test.csv", drawn_table(20, seed=1, missing=4))
    out = tmp_path / "units.json"
    words = [
        "explain",
        "fit",
        "--units",
        str(units),
        "--test",
        str(test),
        "--resamples",
        "10",
        "--out",
        str(out),
    ]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "brow lowerer (AU04) +" in shown and "lip corner puller (AU12) +" in shown
    assert "fitted on 168 pictures with a label; a face found in 95.2%" in shown
    assert "tested on 84 pictures with a label; a face found in 95.2%" in shown
    model = load_regression(out)
    held = model.record["held_out"]
    assert (held["faces"], held["without_face"], held["metrics"]["faces"]) == (84, 4, 80)
    assert held["metrics"]["accuracy"] > 0.8
    assert set(held["metrics"]["per_class"]) == set(CLASSES)
    assert main(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert main([*words, "--force", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["strongest"]["angry"][0]["unit"] == "AU04"


def test_labels_come_from_a_file_by_whatever_name_a_picture_has(tmp_path: Path) -> None:
    table = replace(drawn_table(1), labels=None, files=("a/1.png", "2", "film:3", "film:4"))
    path = tmp_path / "labels.csv"
    path.write_text("filename;emotion;person\nx/1.png;Happy;p\n2.jpg;angry;q\nfilm;surprise;q\n")
    found = with_labels(table, path)
    assert found.labels == ("happy", "angry", "surprise", "surprise")
    assert found.groups == ("p", "q", "q", "q")
    path.write_text("file,label\na/1.png,angry\nb/1.png,happy\n")
    assert with_labels(table, path).labels == ("angry", "", "", "")


def test_of_several_faces_in_a_picture_the_surest_has_its_label(tmp_path: Path) -> None:
    table = replace(
        drawn_table(1), labels=None, files=("a", "a", "b", "c"),
        confidence=np.array([0.4, 0.9, 0.7, 0.2], np.float32),
    )  # fmt: skip
    path = tmp_path / "labels.csv"
    path.write_text("file,label\na,angry\nb,happy\nc,happy\n")
    assert with_labels(table, path).labels == ("", "angry", "happy", "happy")


def test_raters_must_agree_where_that_is_asked_for() -> None:
    votes = np.zeros((5, 10), np.uint8)
    votes[0, 1], votes[0, 0] = 9, 1  # happy
    votes[1, 4], votes[1, 3] = 6, 4  # angry
    votes[2, 4], votes[2, 1] = 5, 5  # a tie
    votes[3, 6], votes[3, 4] = 8, 2  # fear, which is no class here
    votes[4, 8] = 10  # nothing to name
    faces = Faces(np.zeros((5, 2, 2), np.uint8), np.zeros(5, int), votes, classes=("angry", "happy"))
    assert names_of(faces) == ["happy", "angry", "", "", ""]
    assert names_of(faces, 8) == ["happy", "", "", "", ""]
    with pytest.raises(UsageError, match="--min-votes needs votes"):
        names_of(replace(faces, votes=None), 8)


def test_rows_of_a_data_set_have_its_labels(small_fer: Path, tmp_path: Path) -> None:
    table = drawn_table(1)
    table = replace(table, labels=None, files=("Training/0", "Training/1", "PublicTest/2", "PublicTest/6"))
    assert with_labels(table, small_fer, min_votes=8).labels == ("angry", "disgust", "fear", "neutral")
    assert with_labels(table, small_fer, ("angry", "neutral")).labels == ("angry", "", "", "neutral")
    with pytest.raises(DataError, match="only `mien-train evaluate --final` opens it"):
        with_labels(replace(table, files=("PrivateTest/0", *table.files[1:])), small_fer)
    with pytest.raises(DataError, match=r"has 28 rows of PublicTest; the units are of PublicTest/28"):
        with_labels(replace(table, files=("PublicTest/28", *table.files[1:])), small_fer)
    with pytest.raises(DataError, match=r"'0001.png' is no row of a data set"):
        with_labels(replace(table, files=("Training/0", "0001.png", "b", "c")), small_fer)


@pytest.mark.parametrize(
    ("table", "words", "said"),
    [
        (drawn_table(1), (), "too few to hold 20% back"),
        (drawn_table(1), ("--held-out", "0"), "1 row of angry to fit to; expected two or more"),
        (drawn_table(4, people=1), ("--held-out", "0"), "1 group of angry to fit to"),
        (drawn_table(4, classes=("angry",)), (), "the label angry alone; expected two or more"),
        (replace(drawn_table(4), labels=None), (), "has no column of labels; give them as --labels"),
        (drawn_table(4), ("--classes", "angry,bored"), "--classes names bored"),
        (drawn_table(4), ("--min-votes", "8"), "give the data set as --labels"),
    ],
)
def test_what_cannot_be_fitted_is_one_line(
    table: Any, words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = written(tmp_path / "units.csv", table)
    out = tmp_path / "out.json"
    assert main(["explain", "fit", "--units", str(units), *words, "--out", str(out)]) != 0
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not out.exists()


def test_a_unit_that_never_changes_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = drawn_table(20)
    table.intensities[:, 0] = 1.5
    path = written(tmp_path / "units.csv", table)
    with caplog.at_level("WARNING"):
        model = measured_fit([path], Chosen(), Choices(resamples=0))
    assert model.units == UNITS[1:]
    assert "the same in all faces: AU01" in caplog.text


def test_numbers_get_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As in a table merged by hand: units, and a number for the emotion."""
    drawn = drawn_table()
    table = replace(drawn, labels=tuple(str(CLASSES.index(name) + 1) for name in drawn.labels or ()))
    units, out = written(tmp_path / "units.csv", table), tmp_path / "out.json"
    words = ["explain", "fit", "--units", str(units), "--resamples", "0", "--out", str(out), "--force"]
    assert main(words) == 0
    assert load_regression(out).classes == ("1", "2", "3", "4")
    assert main([*words, "--label-names", "1=Angry,2=happy,3=neutral,4=surprise"]) == 0
    assert set(load_regression(out).classes) == set(CLASSES)
    capsys.readouterr()
    assert main([*words, "--label-names", "none,angry,happy,neutral"]) == 1
    assert "the label 4 has no name in --label-names; 0 (none), 1 (angry)" in capsys.readouterr().err


def test_a_manifest_is_the_data_set_whose_rows_were_measured(tmp_path: Path) -> None:
    manifest = tmp_path / "faces.csv"
    for row, name in enumerate(("happy", "sad")):
        cv2.imwrite(str(tmp_path / f"{row}.png"), np.full((48, 48), 40 * row, np.uint8))
        with manifest.open("a") as file:
            file.write(("file,label,split\n" if not row else "") + f"{row}.png,{name},valid\n")
    rows = replace(drawn_table(1).take(np.array([0, 1])), labels=None, files=("PublicTest/0", "PublicTest/1"))
    assert with_labels(rows, manifest).labels == ("happy", "sad")
    named = replace(rows, files=("1.png", "0.png"))
    assert with_labels(named, manifest).labels == ("sad", "happy")
