"""What is left of accuracy where faces are seen badly: several models, the same pictures."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.preprocessing import resize_face
from training.contender import Contender
from training.disturbances import DISTURBANCES
from training.metrics import Probabilities, main_truth, truths
from training.splits import Faces

#: Of each disturbance; see training.disturbances.
STRENGTHS = (0.2, 0.4, 0.6, 0.8, 1.0)

#: Side at which faces are disturbed, pixels: that of FER2013's own.
_SIDE_PX = 48

#: Told how many of the tables' rows are done.
Report = Callable[[int], None]


def measure_robustness(
    contenders: Mapping[str, Contender], faces: Faces, seed: int, report: Report
) -> Mapping[str, Any]:
    """Disturb every face in every way, and ask every model.

    Args:
        contenders: by label; all have the classes of `faces`.
        faces: of PublicTest.
        seed: of the disturbances. Every model gets the same pictures.
        report: told after each disturbance of each strength.

    Returns:
        "truth": what is right; for each model its accuracy "undisturbed", by disturbance ("by_strength", five
        each), and the "mean" of all these.
    """
    plain = [np.asarray(resize_face(np.asarray(face), _SIDE_PX)) for face in faces.pixels]
    asked = {label: _Asked(one, faces) for label, one in contenders.items()}
    undisturbed = {label: one.accuracy(np.stack(plain)) for label, one in asked.items()}
    found: dict[str, dict[str, list[float]]] = {label: {} for label in asked}
    for number, (name, disturb) in enumerate(DISTURBANCES.items()):
        for step, strength in enumerate(STRENGTHS):
            pictures = np.stack(
                [
                    disturb(face, strength, np.random.default_rng((seed, row, number)))
                    for row, face in enumerate(plain)
                ]
            )
            for label, one in asked.items():
                found[label].setdefault(name, []).append(one.accuracy(pictures))
            report(number * len(STRENGTHS) + step + 1)
    return {
        "truth": main_truth(truths(np.zeros((len(faces), len(faces.classes)), np.float32), faces)),
        "faces": len(faces),
        "side_px": _SIDE_PX,
        "seed": seed,
        "strengths": list(STRENGTHS),
        "models": {
            label: {
                "undisturbed": undisturbed[label],
                "by_strength": found[label],
                "mean": round(float(np.mean(list(found[label].values()))), 4),
            }
            for label in asked
        },
    }


class _Asked:
    """A model, and what is right of the faces, in the order of the model's classes."""

    def __init__(self, contender: Contender, faces: Faces) -> None:
        self._contender, self._faces = contender, faces
        self._order = [contender.classes.index(name) for name in faces.classes]

    def accuracy(self, pictures: NDArray[np.uint8]) -> float:
        scores: Probabilities = self._contender.predict(pictures)[:, self._order]
        found = truths(scores, self._faces)
        rows, truth = found[main_truth(found)]
        return round(float((scores[rows].argmax(axis=1) == truth).mean()), 4)
