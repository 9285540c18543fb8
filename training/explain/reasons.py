"""Why a regression on action units says what it says of one face, unit by unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.labels import LANGUAGES, name_for_people
from edge.records import Scores
from training.explain.facs import name_of
from training.explain.plain_words import seen
from training.explain.regression import Regression, contributions, probabilities, scores


@dataclass(frozen=True, slots=True)
class Part:
    """What one unit does.

    Attributes:
        intensity: in this face, 0..5.
        usual: the mean of the faces that the regression was fitted to, 0..5.
        contribution: to the difference of the two classes' scores; above 0 it speaks for the first.
    """

    unit: str
    intensity: float
    usual: float
    contribution: float

    @property
    def in_words(self) -> str:
        return seen(self.unit, self.intensity, self.usual)

    def as_json(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "name": name_of(self.unit),
            "intensity": round(self.intensity, 3),
            "usual": round(self.usual, 3),
            "contribution": round(self.contribution, 6),
            "in_words": self.in_words,
        }


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why one class, and not another.

    Attributes:
        chosen, other: the two classes.
        scores: the probability of each class.
        difference: of the scores (logits) of `chosen` and `other`: `base` and all contributions together.
        base: the part that no unit has: the difference for a face with mean intensities.
        parts: of every unit, what speaks for `chosen` most first.
    """

    chosen: str
    other: str
    scores: Scores
    difference: float
    base: float
    parts: tuple[Part, ...]

    def speaking_for(self, count: int = 3) -> Sequence[Part]:
        """At most so many units that count, the strongest first."""
        return [part for part in self.parts[:count] if part.contribution >= self._least]

    def speaking_against(self, count: int = 2) -> Sequence[Part]:
        return [part for part in self.parts[::-1][:count] if part.contribution <= -self._least]

    @property
    def _least(self) -> float:
        """What is less than a tenth of the strongest is not worth a word."""
        return max(max(abs(part.contribution) for part in self.parts) / 10, 1e-9)

    def as_json(self) -> dict[str, Any]:
        return {
            "emotion": self.chosen,
            "confidence": round(self.scores[self.chosen], 4),
            "scores": {name: round(score, 4) for name, score in self.scores.items()},
            "against": self.other,
            "score_difference": round(self.difference, 6),
            "base": round(self.base, 6),
            "contributions": [part.as_json() for part in self.parts],
        }


def give_reasons(model: Regression, intensities: NDArray[Any], rival: str | None = None) -> Reasons:
    """Say why the regression chooses its class.

    Args:
        model: the regression.
        intensities: (units,), 0..5, in the order of `model.units`.
        rival: the class to compare with, such as what a network says; None, or what the regression itself
            chooses, or no class of it: its second choice.
    """
    logits = scores(model, intensities)
    first, second = np.argsort(-logits, kind="stable")[:2]
    if rival in model.classes and model.classes.index(rival) != first:
        second = model.classes.index(rival)
    parts = contributions(model, intensities)
    found = [
        Part(unit, float(value), float(usual), float(part))
        for unit, value, usual, part in zip(
            model.units, intensities, model.mean, parts[first] - parts[second], strict=True
        )
    ]
    return Reasons(
        model.classes[first],
        model.classes[second],
        dict(zip(model.classes, probabilities(model, intensities).tolist(), strict=True)),
        float(logits[first] - logits[second]),
        float(model.intercept[first] - model.intercept[second]),
        tuple(sorted(found, key=lambda part: -part.contribution)),
    )


def names_of(classes: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """What each class is called in every language that we have."""
    return {name: {lang: name_for_people(name, lang) for lang in LANGUAGES} for name in classes}
