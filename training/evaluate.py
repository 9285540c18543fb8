"""Measuring a model: on PublicTest, or once, at the very end, on PrivateTest."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import SOURCE_FILE, Bundle, read_card, sha256_of, write_card
from edge.errors import DataError, UsageError
from training import runs
from training.contenders import Contender, open_contenders
from training.datasets import Faces, Split, load_final_split, load_splits
from training.given import NOTHING_GIVEN, Given
from training.groups import measure_groups
from training.intervals import Bootstrap, bootstrap_intervals
from training.metrics import Probabilities, describe, figures, find_copies, main_truth, truths
from training.mistakes import top_confusions
from training.record import left_out_text
from training.splits import Pictures
from training.story import story_of
from training.watching import watched

logger = logging.getLogger(__name__)

#: "float" and, for a bundle, "int8", each as training.metrics.figures gives it.
Metrics = Mapping[str, Mapping[str, Any]]

#: What a card leaves out.
_LONG = ("confusion", "reliability", "risk_coverage", "intervals")


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What was found.

    Attributes:
        document: all figures, as report.json holds them.
        faces: the split that was measured, for its pictures.
    """

    document: Mapping[str, Any]
    faces: Faces


def evaluate(
    target: str,
    data: Path,
    *,
    command: str,
    given: Given = NOTHING_GIVEN,
    final: bool = False,
    also_training: bool = False,
    bootstrap: Bootstrap | None = None,
) -> Evaluation:
    """Measure whatever can be opened as a contender.

    Args:
        target: the model, as the user names it; see training.contenders.
        data: see training.datasets.load_splits.
        command: as it was typed, for the record.
        given: what the options say of a model file.
        final: open PrivateTest, and write the look into the bundle's card or the RUN.
        also_training: measure on Training and PublicTest together, too.
        bootstrap: how intervals are made.

    Raises:
        UsageError: a final look could not be written down; it would be forgotten.
    """
    contenders = open_contenders(target, given)
    some = contenders[0]
    _expect_home(target, contenders, final)
    split = Split.PRIVATE if final else Split.PUBLIC
    training, faces = _load(data, some, final)
    if text := left_out_text(faces.left_out):
        logger.warning("%s: %s", split, text)
    is_copy = find_copies(faces, training)
    found = {one.kind: _predict(one, faces.pixels, str(split)) for one in contenders}
    document: dict[str, Any] = {
        "v": 1,
        "model": target,
        "split": str(split),
        "data": _data_record(data, training, faces, is_copy),
        "faces": len(faces),
        "classes": list(some.classes),
        "left_out": dict(faces.left_out),
        "metrics": {kind: figures(scores, faces, is_copy) for kind, scores in found.items()},
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    if final and some.home is not None:
        _record_look(some.home, document)
    if also_training:
        document["all_pictures"] = _on_all(contenders, found, training, faces)
    document |= _details(contenders, found, faces) | dict(story_of(some))
    document["groups"] = measure_groups(found[document["shown"]["kind"]], faces, str(split))
    return Evaluation(with_intervals(document, bootstrap or Bootstrap()), faces)


def measure_bundle(bundle: Bundle, training: Faces, faces: Faces) -> Metrics:
    """The float source by Keras, int8 by the device's own code."""
    is_copy = find_copies(faces, training)
    contenders = open_contenders(str(bundle.folder), NOTHING_GIVEN)
    return {one.kind: figures(one.predict(faces.pixels), faces, is_copy) for one in contenders}


def with_intervals(document: Mapping[str, Any], bootstrap: Bootstrap) -> dict[str, Any]:
    """The same, with "intervals" beside every set of figures, and how they were made."""
    names = document["classes"]

    def grown(node: Any) -> Any:
        if not isinstance(node, Mapping):
            return node
        found = {key: grown(value) for key, value in node.items()}
        if bootstrap.resamples and "confusion" in node:
            found["intervals"] = bootstrap_intervals(node["confusion"], names, bootstrap)
        return found

    parts = {name: grown(document[name]) for name in ("metrics", "all_pictures") if name in document}
    return {**document, **parts, "bootstrap": bootstrap.record()}


def without_confusion(metrics: Metrics) -> Metrics:
    """The same figures, short enough for a card."""
    return {
        kind: {
            part: {
                truth: {name: value for name, value in found.items() if name not in _LONG}
                for truth, found in parts_truths.items()
            }
            for part, parts_truths in parts.items()
        }
        for kind, parts in metrics.items()
    }


def _expect_home(target: str, contenders: Sequence[Contender], final: bool) -> None:
    home = contenders[0].home
    if final and home is None:
        raise UsageError(
            f"--final writes its look into a RUN or on a bundle's card; {target} is neither: make a bundle of "
            "it by mien-convert"
        )
    if home is not None and {one.kind for one in contenders} == {"int8"}:
        logger.warning("%s holds no %s; only int8 is measured", home, SOURCE_FILE)


def _data_record(data: Path, training: Faces, faces: Faces, is_copy: NDArray[np.bool_]) -> Mapping[str, Any]:
    return {
        "name": data.name or data.resolve().name,
        "truth": faces.truth,
        "training_faces": len(training),
        "copies": int(is_copy.sum()),
    }


def _load(data: Path, contender: Contender, final: bool) -> tuple[Faces, Faces]:
    """Training and the split that is measured."""
    classes, side_px = contender.classes, contender.side_px
    if final:
        return load_final_split(data, classes=classes, side_px=side_px)
    faces = load_splits(data, (Split.TRAINING, Split.PUBLIC), classes=classes, side_px=side_px)
    return faces[Split.TRAINING], faces[Split.PUBLIC]


def _predict(contender: Contender, pixels: Pictures, where: str) -> Probabilities:
    with watched(pixels, f"{contender.kind} on {where}") as pictures:
        return contender.predict(pictures)


def _details(
    contenders: Sequence[Contender], found: Mapping[str, Probabilities], faces: Faces
) -> dict[str, Any]:
    """What is shown first (the network of the device against what people see), and its mistakes."""
    kind = "int8" if "int8" in found else "float"
    by_truth = {name: one for name, one in truths(found[kind], faces).items() if len(one[0])}
    if not by_truth:
        raise DataError(f"no face of the split is {', '.join(faces.classes)}, by its label or by a vote")
    truth = main_truth(by_truth)
    return {
        "shown": {"kind": kind, "truth": truth},
        "top_confusions": top_confusions(found[kind], by_truth[truth], faces.classes),
        "networks": [
            {
                "kind": one.kind,
                "file": one.path.name,
                "bytes": one.size_bytes,
                "sha256": sha256_of(one.path),
                "parameters": one.parameters,
                "multiply_adds": one.multiply_adds,
            }
            for one in contenders
        ],
        "versions": runs.installed_versions(),
    }


def _on_all(
    contenders: Sequence[Contender], found: Mapping[str, Probabilities], training: Faces, faces: Faces
) -> Mapping[str, Any]:
    """Figures on Training and the split together, by kind and truth."""
    together = _joined(training, faces)
    figures_of = {}
    for one in contenders:
        scores = np.concatenate([_predict(one, training.pixels, "Training"), found[one.kind]])
        figures_of[one.kind] = {
            name: describe(scores[rows], truth, faces.classes)
            for name, (rows, truth) in truths(scores, together).items()
        }
    return figures_of


class _Chain:
    """The pictures of one split and then those of another (see training.splits.Pictures)."""

    def __init__(self, first: Pictures, second: Pictures) -> None:
        self._first, self._second = first, second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        yield from self._first
        yield from self._second

    def __getitem__(self, row: int) -> NDArray[np.uint8]:
        place = row - len(self._first)
        return self._first[row] if place < 0 else self._second[place]


def _joined(one: Faces, other: Faces) -> Faces:
    has_votes = one.votes is not None and other.votes is not None
    return replace(
        one,
        pixels=_Chain(one.pixels, other.pixels),
        labels=np.concatenate([one.labels, other.labels]),
        votes=np.concatenate([one.votes, other.votes]) if has_votes else None,
    )


def _record_look(home: Path, document: Mapping[str, Any]) -> None:
    look = {name: document[name] for name in ("date", "split", "command", "left_out")}
    look["metrics"] = without_confusion(document["metrics"])
    if (home / runs.CONFIG_FILE).is_file():
        runs.write_json(home / runs.LOOKS_FILE, [*runs.read_looks(home), look])
        return
    card = read_card(home)
    write_card(home, card.model_copy(update={"looks": (*card.looks, look)}))
