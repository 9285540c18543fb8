"""What contenders answer on the same rows, and what that comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import sha256_of
from edge.errors import DataError, UsageError
from training.contenders import Contender
from training.datasets import Faces
from training.intervals import Bootstrap, bootstrap_intervals
from training.mcnemar import mcnemar
from training.metrics import Probabilities, Truth, describe, main_truth, truths
from training.watching import watched


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What one contender says of all pictures.

    Attributes:
        scores: of the classes that are compared, (n, classes); rows of NaN where it has no answer, as what
            looks for landmarks has none where it finds none.
        is_outside: where its own first choice is a class that not all share, (n,).
    """

    scores: Probabilities
    is_outside: NDArray[np.bool_]

    @property
    def is_missing(self) -> NDArray[np.bool_]:
        missing: NDArray[np.bool_] = np.isnan(self.scores).any(axis=1)
        return missing


def compare_contenders(
    contenders: Mapping[str, Contender],
    faces: Mapping[int, Faces],
    *,
    against: str | None = None,
    bootstrap: Bootstrap,
) -> dict[str, Any]:
    """Compare contenders on faces, by the side in pixels in which each takes them.

    Every figure is on the rows for which all have an answer; who has none, and how often, is counted.

    Returns:
        "classes", "own_classes", "left_out", "against", "faces", "unanswered", "contenders", "best_two" and
        "bootstrap".
    """
    some = next(iter(faces.values()))
    if any(not np.array_equal(found.labels, some.labels) for found in faces.values()):
        raise DataError("the pictures changed while they were read; run it again")
    shared = list(some.classes)
    answers = {label: _answer(label, one, faces[one.side_px], shared) for label, one in contenders.items()}
    is_missing = np.any([found.is_missing for found in answers.values()], axis=0)
    full = {label: truths(np.nan_to_num(found.scores), some) for label, found in answers.items()}
    by_truth = {label: _answered(found, is_missing) for label, found in full.items()}
    names = list(next(iter(by_truth.values())))
    truth = _choose(names, against, some.truth)
    rows = [
        {
            **_identity(label, contenders[label]),
            **_counts(answers[label], full[label][truth]),
            "metrics": _metrics(answers[label], by_truth[label], shared, bootstrap),
        }
        for label in contenders
    ]
    return {
        "classes": shared,
        "own_classes": {label: list(one.classes) for label, one in contenders.items()},
        "left_out": dict(some.left_out),
        "against": truth,
        "faces": rows[0]["metrics"][truth]["faces"],
        "unanswered": int(is_missing.sum()),
        "contenders": rows,
        "best_two": _best_two(rows, answers, by_truth, truth),
        "bootstrap": bootstrap.record(),
    }


def _answer(label: str, contender: Contender, faces: Faces, shared: Sequence[str]) -> Answers:
    with watched(faces.pixels, label) as pictures:
        scores = contender.predict(pictures)
    columns = [contender.classes.index(name) for name in shared]
    kept = np.maximum(scores[:, columns], np.finfo(np.float32).tiny)  # NaN stays NaN
    is_known = ~np.isnan(scores).any(axis=1)
    is_outside = is_known & ~np.isin(np.nan_to_num(scores).argmax(axis=1), columns)
    return Answers(kept / kept.sum(axis=1, keepdims=True), is_outside)


def _answered(found: Mapping[str, Truth], is_missing: NDArray[np.bool_]) -> Mapping[str, Truth]:
    """Only the rows for which all contenders have an answer."""
    return {name: (rows[~is_missing[rows]], truth[~is_missing[rows]]) for name, (rows, truth) in found.items()}


def _choose(names: Sequence[str], against: str | None, labels: str) -> str:
    wanted = labels if against == "labels" else against or main_truth(names)
    if wanted not in names:
        raise UsageError(
            f"--against {against} needs votes; the data has only labels, or no votes for these classes"
        )
    return wanted


def _identity(label: str, contender: Contender) -> dict[str, Any]:
    return {
        "label": label,
        "model": contender.name,
        "kind": contender.kind,
        "file": contender.path.name,
        "bytes": contender.size_bytes,
        "sha256": sha256_of(contender.path),
        "side_px": contender.side_px,
        "parameters": contender.parameters,
        "multiply_adds": contender.multiply_adds,
        "pace": None,
    }


def _counts(answers: Answers, truth: Truth) -> dict[str, Any]:
    """Of all faces that have a truth: no answer, a class that not all share, and accuracy if none is wrong."""
    rows, right = truth
    is_right = ~answers.is_missing[rows] & (np.nan_to_num(answers.scores[rows]).argmax(axis=1) == right)
    return {
        "missing": int(answers.is_missing[rows].sum()),
        "outside": int(answers.is_outside[rows].sum()),
        "accuracy_if_missing_is_wrong": round(float(is_right.mean()), 5) if len(rows) else None,
    }


def _metrics(
    answers: Answers, by_truth: Mapping[str, Truth], shared: Sequence[str], bootstrap: Bootstrap
) -> dict[str, Any]:
    metrics = {}
    for name, (rows, truth) in by_truth.items():
        found = dict(describe(answers.scores[rows], truth, shared))
        if found["faces"] and bootstrap.resamples:
            found["intervals"] = bootstrap_intervals(found["confusion"], shared, bootstrap)
        metrics[name] = found
    return metrics


def _best_two(
    rows: Sequence[Mapping[str, Any]],
    answers: Mapping[str, Answers],
    by_truth: Mapping[str, Mapping[str, Truth]],
    truth: str,
) -> Mapping[str, Any] | None:
    """McNemar's test between the best contender and the best one of another model.

    With one model alone, it is between its two kinds.
    """
    if not rows[0]["metrics"][truth]["faces"]:
        raise DataError("no face is left to compare on: none has a truth and an answer of every model")
    ranked = sorted(rows, key=lambda row: -row["metrics"][truth]["accuracy"])
    first = ranked[0]
    others = [row for row in ranked[1:] if row["model"] != first["model"]] or ranked[1:]
    if not others:
        return None
    right = []
    for label in (first["label"], others[0]["label"]):
        places, true = by_truth[label][truth]
        right.append(answers[label].scores[places].argmax(axis=1) == true)
    return {"first": first["label"], "second": others[0]["label"], **asdict(mcnemar(*right))}
