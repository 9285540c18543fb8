"""Being uncertain: how often a classifier is right if it may keep silent where it is less sure.

A threshold on the confidence parts faces into those that are told and those that are not. The curve of coverage
and risk shows all thresholds (El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017, arXiv:1705.08500).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: What a face costs of which nothing is told, where a wrong word costs 1 (Chow 1970): so a word is told where
#: it is as likely to be right as wrong.
COST_OF_SILENCE = 0.5

_THRESHOLDS = np.arange(20) / 20

Confidences = NDArray[np.float64]


def risk_coverage(confidence: Confidences, is_right: NDArray[np.bool_]) -> Mapping[str, Any]:
    """The curve, for a report.

    Args:
        confidence: of each face, 0..1.
        is_right: whether what would be told of it is right.

    Returns:
        "area": under the curve of risk over coverage, 0 is best; "curve": at each "confidence" from which on
        something is told, the share of faces that are ("coverage"), and of those the share that is right
        ("accuracy"); thresholds that leave nothing to tell are left out.
    """
    return {
        "area": _rounded(area(confidence, is_right)),
        "curve": [
            {"confidence": _rounded(threshold), **found}
            for threshold in _THRESHOLDS
            if (found := at(confidence, is_right, threshold))["coverage"]
        ],
    }


def told_from(confidence: Confidences, is_right: NDArray[np.bool_]) -> Mapping[str, float]:
    """The confidence from which on to tell, so that silence and wrong words together cost least.

    Of equally good ones it is the lowest: that tells most.
    """
    order = np.argsort(-confidence, kind="stable")
    sorted_confidence = confidence[order]
    # cost of telling the first k, for k = 0 to n
    wrong = np.concatenate([[0], np.cumsum(~is_right[order])])
    silent = len(order) - np.arange(len(order) + 1)
    cost = wrong + COST_OF_SILENCE * silent
    # between equal confidences there is no threshold
    ends = np.append(np.flatnonzero(np.diff(sorted_confidence)) + 1, len(order))
    told = int(ends[::-1][np.argmin(cost[ends[::-1]])])
    threshold = float(np.floor(sorted_confidence[told - 1] * 1000) / 1000)
    return {"confidence": _rounded(threshold), **at(confidence, is_right, threshold)}


def at(confidence: Confidences, is_right: NDArray[np.bool_], threshold: float) -> dict[str, float]:
    """What is told from a confidence on: which share of the faces, and how much of it is right."""
    told = confidence >= threshold
    right = is_right[told].mean() if told.any() else 0.0
    return {"coverage": _rounded(told.mean()), "accuracy": _rounded(right)}


def area(confidence: Confidences, is_right: NDArray[np.bool_]) -> float:
    """Mean risk over all coverages: of the surest face, the two surest, and so on."""
    order = np.argsort(-confidence, kind="stable")
    risk = np.cumsum(~is_right[order]) / np.arange(1, len(order) + 1)
    return float(risk.mean())


def _rounded(share: float) -> float:
    return round(float(share), 4)
