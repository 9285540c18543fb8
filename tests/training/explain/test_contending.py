"""A regression on action units takes part in a comparison, on the same pictures as the others."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DataError, UsageError
from edge.labels import EMOTIONS
from tests.conftest import require
from tests.training.explain.unit_tables import UNITS, written

require("training")
from training.cli import main  # noqa: E402 - only after the skip
from training.explain.contending import open_regression  # noqa: E402
from training.explain.regression import Regression, save_regression  # noqa: E402
from training.explain.unit_table import UnitTable  # noqa: E402

#: Of the small FER2013: 4 rows of each of 7 classes.
_ROWS = 28


@pytest.fixture
def units() -> UnitTable:
    """PublicTest's, each class with units of its own; no face in the last row."""
    patterns = np.random.default_rng(0).uniform(0, 5, (7, len(UNITS))).astype(np.float32)
    intensities = patterns[np.arange(_ROWS) % 7]
    intensities[-1] = np.nan
    is_found = np.arange(_ROWS) < _ROWS - 1
    return UnitTable(
        tuple(f"PublicTest/{row}" for row in range(_ROWS)), np.zeros(_ROWS, np.intp), is_found,
        is_found.astype(np.float32), UNITS, intensities, source="drawn",
    )  # fmt: skip


def regression(path: Path, units: UnitTable, classes: tuple[str, ...] = EMOTIONS, sign: int = 1) -> Path:
    """One that is always right, or with another sign hardly ever: it looks for the nearest pattern."""
    patterns = units.intensities[[EMOTIONS.index(name) for name in classes]].astype(float)
    coefficients = 2 * patterns
    model = Regression(
        classes, UNITS, np.zeros(4), np.ones(4), -sign * (patterns**2).sum(axis=1), sign * coefficients,
        record={"source": "drawn"},
    )  # fmt: skip
    save_regression(path, model)
    return path


def test_regressions_are_compared_on_the_pictures_with_a_face(
    units: UnitTable, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = regression(tmp_path / "good.json", units)
    poor = regression(tmp_path / "poor.json", units, EMOTIONS[:5], sign=-1)
    table = written(tmp_path / "units.csv", units)
    words = ["compare", str(good), str(poor), "--units", str(table), "--data", str(small_fer), "--json"]
    assert main([*words, "--repeats", "0", "--resamples", "10"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["classes"] == list(EMOTIONS[:5])
    assert (found["unanswered"], found["faces"]) == (1, 20)  # a picture of another class has no face
    by_label = {row["label"]: row["metrics"][found["against"]]["accuracy"] for row in found["contenders"]}
    assert by_label[str(good)] == 1 > by_label[str(poor)]
    assert found["contenders"][0]["parameters"] == 7 * 4 + 7


def test_of_several_faces_the_surest_answers_and_what_was_not_measured_is_counted(
    units: UnitTable, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = regression(tmp_path / "good.json", units)
    two = replace(
        units.take(np.array([0, 1])), files=("PublicTest/2", "PublicTest/2"),
        confidence=np.array([0.4, 0.9], np.float32),
    )  # fmt: skip
    contender = open_regression(str(path), [written(tmp_path / "units.csv", two)])
    scores = contender.predict(np.zeros((4, 48, 48), np.uint8))
    assert np.isnan(scores).any(axis=1).tolist() == [True, True, False, True]
    assert scores[2].argmax() == 1
    assert "3 of 4 pictures are not in --units" in caplog.text


def test_units_of_other_pictures_are_one_clear_line(units: UnitTable, tmp_path: Path) -> None:
    path = str(regression(tmp_path / "good.json", units))
    with pytest.raises(UsageError, match="give those of these pictures by --units"):
        open_regression(path, None)
    others = replace(units, files=tuple(f"{row}.png" for row in range(_ROWS)))
    with pytest.raises(DataError, match=r"is of 0.png and the like; expected rows such as PublicTest/0"):
        open_regression(path, [written(tmp_path / "others.csv", others)])
    fewer = replace(units, units=UNITS[:3], intensities=units.intensities[:, :3])
    with pytest.raises(DataError, match="has no AU26, which"):
        open_regression(path, [written(tmp_path / "fewer.csv", fewer)])
    contender = open_regression(path, [written(tmp_path / "units.csv", units)])
    with pytest.raises(DataError, match="is of PublicTest/27, and the data has 5 rows"):
        contender.predict(np.zeros((5, 48, 48), np.uint8))


def test_units_without_a_regression_are_refused(
    units: UnitTable, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = written(tmp_path / "units.csv", units)
    assert main(["compare", "mini_xception", "--units", str(table), "--data", str(small_fer)]) == 2
    assert "none of the models is one" in capsys.readouterr().err
