"""What a network has learned: where it looks, which units its scores follow, and where it is sure and wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from edge.records import Gray
from training.explain.face import Measured
from training.explain.opinions import Opinion
from training.explain.reasons import Reasons
from training.explain.regression import probabilities
from training.explain.saliency.maps import Saliency
from training.metrics import Probabilities, Truth
from training.splits import ChosenRows, Faces
from training.watching import watched


@dataclass(frozen=True, slots=True, eq=False)
class ClassLook:
    """Where the network looks in faces that it names rightly.

    Attributes:
        faces: how many were looked at.
        mean_face: (side, side), their mean.
        mean: of their maps.
    """

    name: str
    faces: int
    mean_face: Gray
    mean: Saliency


@dataclass(frozen=True, slots=True, eq=False)
class Following:
    """How scores go with units: Spearman's rank correlations.

    Attributes:
        faces: how many have both.
        table: (units, classes), -1..1; NaN where a unit never changes.
        agree: on how many of these faces regression and network say the same.
        asked: of how many, for the regression may lack classes of the network.
    """

    units: Sequence[str]
    classes: Sequence[str]
    faces: int
    table: NDArray[np.float64]
    agree: int
    asked: int

    @property
    def chance(self) -> float:
        """Below this chance alone comes in 19 of 20 pairs: two standard deviations of Spearman's."""
        return 2 / max(self.faces - 1, 1) ** 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Mistake:
    """A face on which it was sure, and wrong.

    Attributes:
        row: in the split.
        saliency: what counts for the class that it named.
        reasons: the regression's; None where the face has no action units.
    """

    row: int
    true: str
    named: str
    confidence: float
    scores: Mapping[str, float]
    saliency: Saliency
    reasons: Reasons | None


def looks_by_class(
    opinion: Opinion, faces: Faces, scores: Probabilities, truth: Truth, most: int
) -> list[ClassLook]:
    """Mean maps of up to `most` faces of each class, evenly over all that it names rightly."""
    rows, right = truth
    is_right = scores[rows].argmax(axis=1) == right
    chosen = {place: _spread(rows[is_right & (right == place)], most) for place in range(len(opinion.classes))}
    return [_mean_look(opinion, faces, found, place) for place, found in chosen.items() if len(found)]


def _spread(rows: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]


def _mean_look(opinion: Opinion, faces: Faces, rows: NDArray[np.intp], place: int) -> ClassLook:
    name = opinion.classes[place]
    with watched(ChosenRows(faces.pixels, rows), f"where it looks: {name}") as pictures:
        maps = [opinion.look(np.asarray(face), place) for face in pictures]
    mean_face = np.mean([faces.pixels[row] for row in rows], axis=0).round().astype(np.uint8)
    values = np.mean([one.values for one in maps], axis=0).astype(np.float32)
    most = float(values.max()) or 1.0
    return ClassLook(name, len(rows), mean_face, Saliency(maps[0].method, values / most))


def follow_units(
    measured: Measured, units: Mapping[int, int], classes: Sequence[str], scores: Probabilities
) -> Following:
    """Correlate the scores of faces with their units.

    Args:
        measured: action units and regression.
        units: of each face's row in the split, its row in the table.
        classes: of the network.
        scores: (n, classes), of the whole split.
    """
    model = measured.regression
    rows = np.array(sorted(row for row in units if row < len(scores)), np.intp)
    places = np.array([units[row] for row in rows], np.intp)
    values = measured.table.take(places).intensities_of(model.units).astype(np.float64)
    is_whole = ~np.isnan(values).any(axis=1)
    rows, values = rows[is_whole], values[is_whole]
    said = np.array(model.classes)[probabilities(model, values).argmax(axis=1)]
    named = np.array(classes)[scores[rows].argmax(axis=1)]
    is_shared = np.isin(named, model.classes)
    return Following(
        model.units, tuple(classes), len(rows), _spearman(values, scores[rows]),
        int((said == named)[is_shared].sum()), int(is_shared.sum()),
    )  # fmt: skip


def _spearman(first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
    """(columns of the first, columns of the second)."""
    if len(first) < 3:
        return np.full((first.shape[1], second.shape[1]), np.nan)
    one, other = (rankdata(values, axis=0) for values in (first, second))
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    spread = np.sqrt((one**2).sum(axis=0))[:, np.newaxis] * np.sqrt((other**2).sum(axis=0))
    together: NDArray[np.float64] = np.divide(
        one.T @ other, spread, out=np.full(spread.shape, np.nan), where=spread > 0
    )
    return together


def surest_mistakes(
    opinion: Opinion,
    faces: Faces,
    scores: Probabilities,
    truth: Truth,
    most: int,
    measured: Measured | None,
    units: Mapping[int, int],
) -> list[Mistake]:
    """The mistakes of which it was surest, each with where it looked and what the units say."""
    rows, right = truth
    named = scores[rows].argmax(axis=1)
    wrong = np.flatnonzero(named != right)
    order = wrong[np.argsort(-scores[rows[wrong], named[wrong]], kind="stable")][:most]
    found = []
    with watched(ChosenRows(faces.pixels, rows[order]), "surest mistakes") as pictures:
        for place, face in zip(order, pictures, strict=True):
            row, choice = int(rows[place]), int(named[place])
            name = opinion.classes[choice]
            reasons = measured.reasons(units[row], name) if measured and row in units else None
            found.append(
                Mistake(
                    row,
                    opinion.classes[int(right[place])],
                    name,
                    float(scores[row, choice]),
                    dict(zip(opinion.classes, scores[row].tolist(), strict=True)),
                    opinion.look(np.asarray(face), choice),
                    reasons,
                )  # fmt: skip
            )
    return found
