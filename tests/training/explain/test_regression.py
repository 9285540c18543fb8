"""A regression that was kept is the same, and its contributions add up to its scores."""

import json
from pathlib import Path

import numpy as np
import pytest

from edge.errors import ModelError
from training.explain.regression import (
    Regression,
    contributions,
    is_regression,
    load_regression,
    probabilities,
    save_regression,
    scores,
    strongest,
)

UNITS = ("AU01", "AU04", "AU12", "AU26")
CLASSES = ("angry", "happy", "surprise")


@pytest.fixture
def model() -> Regression:
    random = np.random.default_rng(3)
    coefficients = random.normal(0, 1, (3, 4)).round(4)
    coefficients[1] = (-0.2, -0.9, 1.84, 0.1)
    return Regression(
        CLASSES, UNITS, np.full(4, 1.5), np.array([0.5, 1, 1.2, 0.8]), np.array([0.1, -0.3, 0.2]),
        coefficients, coefficients - 0.1, coefficients + 0.1, {"source": "OpenFace"},
    )  # fmt: skip


def test_contributions_add_up_to_the_difference_of_two_scores(model: Regression) -> None:
    faces = np.random.default_rng(1).uniform(0, 5, (20, 4))
    parts, logits = contributions(model, faces), scores(model, faces)
    assert parts.shape == (20, 3, 4)
    for first in range(3):
        for second in range(3):
            summed = (parts[:, first] - parts[:, second]).sum(axis=1)
            summed += model.intercept[first] - model.intercept[second]
            np.testing.assert_allclose(logits[:, first] - logits[:, second], summed, atol=1e-12)
    np.testing.assert_allclose(contributions(model, faces[0]), parts[0])
    odds = np.log(probabilities(model, faces)).astype(float)
    np.testing.assert_allclose(odds[:, 0] - odds[:, 1], logits[:, 0] - logits[:, 1], atol=1e-4)


def test_a_unit_at_its_mean_contributes_nothing(model: Regression) -> None:
    assert not contributions(model, model.mean).any()
    np.testing.assert_array_equal(scores(model, model.mean), model.intercept)


def test_a_face_that_was_not_found_has_no_probabilities(model: Regression) -> None:
    faces = np.array([[1, 1, 1, 1], [np.nan] * 4])
    found = probabilities(model, faces)
    assert found[0].sum() == pytest.approx(1)
    assert np.isnan(found[1]).all()


def test_the_strongest_units_stand_in_words(model: Regression) -> None:
    found = strongest(model)["happy"]
    assert [one["unit"] for one in found] == ["AU12", "AU04", "AU01"]
    assert found[0]["in_words"] == "lip corner puller (AU12) +1.8"
    assert found[1]["in_words"] == "brow lowerer (AU04) -0.9"


def test_what_was_saved_is_read_again(model: Regression, tmp_path: Path) -> None:
    path = tmp_path / "units.json"
    save_regression(path, model)
    found = load_regression(path)
    assert is_regression(path)
    assert (found.classes, found.units, found.record) == (CLASSES, UNITS, {"source": "OpenFace"})
    faces = np.random.default_rng(1).uniform(0, 5, (5, 4))
    np.testing.assert_allclose(scores(found, faces), scores(model, faces), atol=1e-4)
    assert found.low is not None and found.high is not None and (found.low < found.high).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "else"}, "is no regression on action units"),
        ({"v": 9}, "is of version 9; expected 1"),
        ({"classes": ["happy"]}, "classes is broken; expected 2 or more different names"),
        ({"units": ["AU01", "AU04", "AU12", "mouth"]}, "units names 'mouth'; expected numbers such as AU12"),
        ({"scale": [1, 1, 0, 1]}, "scale holds 0; expected above 0"),
        ({"coefficients": [[1, 2], [3, 4]]}, "coefficients is broken; expected 3 by 4 numbers"),
        ({"intercept": ["a", 1, 2]}, "intercept is broken; expected 3 numbers"),
        ({"low": 3}, "low is broken"),
    ],
)
def test_a_broken_file_is_one_clear_line(
    model: Regression, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    path = tmp_path / "broken.json"
    save_regression(path, model)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(ModelError, match=said) as caught:
        load_regression(path)
    assert "\n" not in str(caught.value)


def test_other_files_are_no_regression(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[1, 2]")
    (tmp_path / "b.json").write_text("{")
    assert not any(is_regression(tmp_path / name) for name in ("a.json", "b.json", "none.json"))
    with pytest.raises(ModelError, match=r"none.json cannot be read: No such file"):
        load_regression(tmp_path / "none.json")
    with pytest.raises(ModelError, match=r"b.json is no JSON"):
        load_regression(tmp_path / "b.json")
