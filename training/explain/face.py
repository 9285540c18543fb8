"""A reason for each face of a picture: what the network says, what the regression says, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import DataError, ModelError
from edge.pictures import read_gray
from edge.preprocessing import crop_face
from edge.records import Gray, Scores
from training.explain.opinions import Opinion
from training.explain.pictured import PicturedFace, faces_of, rows_of_picture
from training.explain.reasons import Reasons, give_reasons, names_of
from training.explain.regression import Regression
from training.explain.saliency.maps import METHODS, Saliency
from training.explain.sentences import sentence
from training.explain.unit_table import UnitTable


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The action units of pictures, and the regression on them."""

    table: UnitTable
    regression: Regression

    def reasons(self, row: int, rival: str | None) -> Reasons | None:
        """Of one row; None where an intensity that the regression needs is missing in it."""
        intensities = self.table.take([row]).intensities_of(self.regression.units)[0]
        return None if np.isnan(intensities).any() else give_reasons(self.regression, intensities, rival)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one network says of a face.

    Attributes:
        scores: of each class.
        saliency: where in the crop the score of the highest comes from.
    """

    name: str
    kind: str
    scores: Scores
    saliency: Saliency

    @property
    def emotion(self) -> str:
        return max(self.scores, key=self.scores.__getitem__)

    def as_json(self) -> dict[str, Any]:
        bands = self.saliency.bands()
        return {
            "model": self.name,
            "kind": self.kind,
            "emotion": self.emotion,
            "confidence": round(self.scores[self.emotion], 4),
            "scores": {name: round(score, 4) for name, score in self.scores.items()},
            "saliency": {
                "method": self.saliency.method,
                "meaning": METHODS[self.saliency.method],
                "thirds": {name: round(share, 3) for name, share in bands.items()},
            },
        }


@dataclass(frozen=True, slots=True, eq=False)
class ExplainedFace:
    """One face and all that is said of it.

    Attributes:
        gray: the whole picture.
        crop: what the first network got.
        looks: of each network, the first of which is the one that is explained.
        reasons: the regression's; None where its action units are not known.
        landmarks: (68, 2), x and y in pixels of the picture; None where they are not known.
    """

    file: Path
    face: PicturedFace
    gray: Gray
    crop: Gray
    looks: Sequence[Look]
    reasons: Reasons | None
    landmarks: Any | None

    @property
    def agree(self) -> bool | None:
        """Whether network and regression say the same; None where there is no regression's answer."""
        return None if self.reasons is None else self.reasons.chosen == self.looks[0].emotion

    def sentence(self, lang: str = "en") -> str:
        return sentence(self.looks[0].scores, self.reasons, lang)

    def as_json(self, lang: str) -> dict[str, Any]:
        said = [self.looks[0].emotion, *([self.reasons.chosen] if self.reasons else [])]
        return {
            "box": self.face.box.as_list(),
            "network": self.looks[0].as_json(),
            "other_networks": [look.as_json() for look in self.looks[1:]],
            "regression": self.reasons.as_json() if self.reasons else None,
            "agree": self.agree,
            "sentence": self.sentence(lang),
            "names": names_of(list(dict.fromkeys(said))),
        }


def explain_picture(
    path: Path, opinions: Sequence[Opinion], measured: Measured | None, *, detect: bool = True
) -> list[ExplainedFace]:
    """Explain every face of a picture, the largest first.

    Args:
        path: the picture.
        opinions: the networks.
        measured: action units and regression, where there are some.
        detect: find faces; else the picture is one face.

    Raises:
        PictureError: it cannot be read.
        DataError: the action units have no row for it.
    """
    gray = read_gray(path)
    table = measured.table if measured else None
    rows = rows_of_picture(table, path) if table is not None else np.empty(0, np.intp)
    if table is not None and not len(rows):
        raise DataError(
            f"the action units have no row for {path}; they are of {table.files[0]} and others: measure this "
            "picture, too (`mien-train explain units`)"
        )
    return [_explain(path, gray, face, opinions, measured) for face in faces_of(gray, table, rows, detect)]


def _explain(
    path: Path, gray: Gray, face: PicturedFace, opinions: Sequence[Opinion], measured: Measured | None
) -> ExplainedFace:
    crops = [crop_face(gray, face.box, opinion.crop_margin) for opinion in opinions]
    looks = [_look(opinion, crop) for opinion, crop in zip(opinions, crops, strict=True)]
    reasons = landmarks = None
    if measured is not None and face.row is not None:
        reasons = measured.reasons(face.row, looks[0].emotion)
        points = measured.table.landmarks
        landmarks = None if points is None else points[face.row]
    return ExplainedFace(path, face, gray, crops[0], looks, reasons, landmarks)


def _look(opinion: Opinion, crop: Gray) -> Look:
    scores = opinion.scores(crop)
    saliency = opinion.look(crop, int(scores.argmax()))
    return Look(opinion.name, opinion.kind, dict(zip(opinion.classes, scores.tolist(), strict=True)), saliency)


def expect_fitting(measured: Measured) -> str | None:
    """Refuse units that the regression cannot be asked with.

    Returns:
        A warning, where they are of another source than those that it was fitted to.

    Raises:
        ModelError: a unit of the regression is missing.
    """
    table, model = measured.table, measured.regression
    if missing := [unit for unit in model.units if unit not in table.units]:
        raise ModelError(
            f"the regression needs {', '.join(missing)}, which the action units lack; expected those that it "
            "was fitted to"
        )
    source = model.record.get("source")
    if table.source and source and table.source != source:
        return (
            f"the action units are {table.source}'s, the regression was fitted to {source}'s: each measures "
            "on a scale of its own"
        )
    return None
