import numpy as np
import pytest

from training.coverage import area, at, risk_coverage, told_from

CONFIDENCE = np.array([0.95, 0.9, 0.8, 0.6, 0.5, 0.3])
IS_RIGHT = np.array([True, True, True, True, False, False])


def test_the_curve_tells_what_each_threshold_leaves() -> None:
    found = risk_coverage(CONFIDENCE, IS_RIGHT)
    by_threshold = {row["confidence"]: row for row in found["curve"]}
    assert by_threshold[0.0] == {"confidence": 0.0, "coverage": 1.0, "accuracy": pytest.approx(4 / 6, abs=1e-4)}
    assert by_threshold[0.6]["accuracy"] == 1.0
    assert by_threshold[0.6]["coverage"] == pytest.approx(4 / 6, abs=1e-4)
    coverages = [row["coverage"] for row in found["curve"]]
    assert coverages == sorted(coverages, reverse=True)
    assert found["area"] == pytest.approx((0 + 0 + 0 + 0 + 1 / 5 + 2 / 6) / 6, abs=1e-4)


def test_a_classifier_whose_confidence_tells_right_from_wrong_has_the_smaller_area() -> None:
    assert area(CONFIDENCE, IS_RIGHT) < area(CONFIDENCE, IS_RIGHT[::-1])


def test_a_threshold_that_leaves_nothing_is_left_out() -> None:
    found = risk_coverage(np.array([0.41, 0.42]), np.array([True, False]))
    assert found["curve"][-1]["confidence"] == 0.4


def test_it_is_told_from_where_a_word_is_as_likely_right_as_wrong() -> None:
    assert told_from(CONFIDENCE, IS_RIGHT) == {"confidence": 0.6, "coverage": 0.6667, "accuracy": 1.0}


def test_with_scores_that_mean_what_they_say_that_is_at_a_half() -> None:
    random = np.random.default_rng(0)
    confidence = random.uniform(0.15, 1, 40_000)
    found = told_from(confidence, random.random(len(confidence)) < confidence)
    assert found["confidence"] == pytest.approx(0.5, abs=0.03)


def test_between_equal_confidences_there_is_no_threshold() -> None:
    confidence = np.array([0.7, 0.7, 0.7, 0.2])
    found = told_from(confidence, np.array([True, False, True, False]))
    assert found["confidence"] == 0.7 and found["coverage"] == 0.75
    assert at(confidence, np.ones(4, bool), 0.9) == {"coverage": 0.0, "accuracy": 0.0}


def test_where_all_is_right_everything_is_told() -> None:
    assert told_from(CONFIDENCE, np.ones(6, bool))["coverage"] == 1.0
