"""Distillation: targets that are in part what networks fitted before say of the same faces.

A label of one person's is often wrong, and says of a face between two expressions that it is one of them.
What several networks agree on is less so (Hinton et al. 2015, arXiv:1503.02531; with teachers of the pupil's
own size: Furlanello et al. 2018, arXiv:1805.04770). Teachers look at each face as it is and mirrored, once,
before the fit begins: an epoch costs nothing more.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import sha256_of
from edge.errors import UsageError
from training.config import FitConfig
from training.metrics import Probabilities
from training.model_files import load_float_model
from training.predictions import float_probabilities
from training.sources import Source, find_source
from training.splits import Pictures

logger = logging.getLogger(__name__)


class _Mirrored:
    """Pictures as a mirror shows them."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def __len__(self) -> int:
        return len(self._pictures)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[row] for row in range(len(self)))

    def __getitem__(self, row: Any) -> NDArray[np.uint8]:
        return np.ascontiguousarray(self._pictures[row][..., ::-1])


def find_teachers(config: FitConfig) -> list[Source]:
    """The teachers that a complete configuration names.

    Raises:
        UsageError: one is not there, or tells other classes apart.
    """
    teachers = [find_source(name) for name in config.teachers]
    for name, teacher in zip(config.teachers, teachers, strict=True):
        if teacher.classes != config.classes:
            ours, theirs = (",".join(known or ["unknown"]) for known in (config.classes, teacher.classes))
            raise UsageError(f"--teachers {name} has the classes {theirs}; expected those of the fit, {ours}")
    return teachers


def taught(
    targets: NDArray[np.float32], pixels: Pictures, teachers: Sequence[Source], share: float
) -> NDArray[np.float32]:
    """Give each target a share of what the teachers say on average.

    Args:
        targets: (n, classes), probabilities.
        pixels: (n, h, w), 0..255.
        teachers: none leave the targets as they are.
        share: of the teachers in the target, 0..1.
    """
    if not teachers:
        return targets
    said = np.mean([_say(teacher, pixels) for teacher in teachers], axis=0)
    return np.asarray((1 - share) * targets + share * said, np.float32)


def _say(teacher: Source, pixels: Pictures) -> Probabilities:
    logger.info("%s looks at %d faces", teacher.model, len(pixels))
    model = load_float_model(teacher.model)
    views = (pixels, _Mirrored(pixels))
    said = [float_probabilities(model, view, teacher.value_range) for view in views]
    return np.asarray(np.mean(said, axis=0), np.float32)


def teachers_record(teachers: Sequence[Source]) -> list[Mapping[str, Any]]:
    """For the RUN and the card: who taught."""
    return [
        {"network": teacher.network, "sha256": sha256_of(teacher.model), "fit": _recipe(teacher)}
        for teacher in teachers
    ]


def _recipe(teacher: Source) -> Mapping[str, Any]:
    fit = teacher.record.get("fit", {})
    return {name: fit[name] for name in ("labels", "epochs", "label_smoothing", "augmentation") if name in fit}
