"""What is said of groups of faces, and what is named as unmeasured."""

import numpy as np
import pytest

from edge.labels import EMOTIONS
from training.groups import UNMEASURED, measure_groups
from training.splits import Faces
from training.votes import COLUMNS


def faces_of(pixels: np.ndarray, votes: np.ndarray | None = None) -> Faces:
    return Faces(pixels.astype(np.uint8), np.full(len(pixels), EMOTIONS.index("happy")), votes)


def scores_right(is_right: np.ndarray) -> np.ndarray:
    scores = np.zeros((len(is_right), len(EMOTIONS)), np.float32)
    scores[np.arange(len(is_right)), np.where(is_right, EMOTIONS.index("happy"), 0)] = 1
    return scores


def test_a_network_that_fails_in_the_dark_is_found_out() -> None:
    levels = np.linspace(20, 230, 400)
    grain = np.random.default_rng(1).normal(0, 5, (400, 48, 48))
    pixels = np.clip(levels[:, None, None] + grain, 0, 255)
    found = measure_groups(scores_right(levels > np.quantile(levels, 0.25)), faces_of(pixels), "PublicTest")
    light = found["by"]["light"]
    assert [row["accuracy"] for row in light] == pytest.approx([0, 1, 1, 1], abs=0.03)
    assert [row["faces"] for row in light] == [100] * 4
    assert light[0]["group"].startswith("darkest quarter: mean grey level below 7")
    assert light[0]["low"] <= light[0]["accuracy"] <= light[0]["high"] < light[3]["low"]
    assert "agreement" not in found["by"], "no votes"


def test_sharpness_and_contrast_are_told_apart_from_light() -> None:
    random = np.random.default_rng(2)
    strength = np.linspace(1, 40, 400)
    pixels = np.clip(128 + strength[:, None, None] * random.choice([-1, 1], (400, 48, 48)), 0, 255)
    found = measure_groups(scores_right(strength < 20), faces_of(pixels), "PublicTest")
    for kind in ("contrast", "sharpness"):
        accuracies = [row["accuracy"] for row in found["by"][kind]]
        assert accuracies[0] == 1 and accuracies[3] == 0
    assert all(0.1 < row["accuracy"] < 0.9 for row in found["by"]["light"])


def test_by_how_many_raters_agree() -> None:
    votes = np.zeros((300, len(COLUMNS)), np.uint8)
    clear = np.arange(300) < 150
    votes[:, COLUMNS.index("happiness")] = np.where(clear, 10, 6)
    votes[:, COLUMNS.index("sadness")] = np.where(clear, 0, 4)
    pixels = np.random.default_rng(3).integers(0, 256, (300, 48, 48))
    found = measure_groups(scores_right(clear), faces_of(pixels, votes), "PublicTest")
    assert found["against"] == "raters"
    rows = [(row["group"], row["faces"], row["accuracy"]) for row in found["by"]["agreement"]]
    assert rows == [("6 or 7", 150, 0), ("all 10", 150, 1)]


def test_of_few_faces_nothing_is_said_and_what_is_unknown_is_named() -> None:
    pixels = np.random.default_rng(4).integers(0, 256, (40, 48, 48))
    found = measure_groups(scores_right(np.ones(40, bool)), faces_of(pixels), "PublicTest")
    assert found["by"] == {}
    assert found["unmeasured"] == list(UNMEASURED)
    assert "skin" in " ".join(UNMEASURED) and "age" in UNMEASURED
