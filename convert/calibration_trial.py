"""How many faces the calibration needs: one network converted with few and with many, from several seeds."""

import json
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from convert.calibration import calibration_inputs
from convert.card import make_card
from convert.parity_report import STEPS
from convert.quantize import quantization_of, quantize
from edge.emotion.bundle import sha256_of
from edge.emotion.classifier import Classifier
from edge.emotion.runtime import import_runtime
from edge.errors import DataError
from edge.files import write_text
from edge.quiet import quiet_stderr
from training.datasets import Faces, Split, load_splits
from training.metrics import figures
from training.model_files import load_float_model
from training.predictions import float_probabilities
from training.sources import Source

Row = Mapping[str, Any]


class CalibrationTrial:
    """A float network and its data, to be converted with other calibration sets again and again."""

    def __init__(self, source: Source, data: Path) -> None:
        self._source = source
        self._model = load_float_model(source.model, len(source.classes) if source.classes else None)
        self._side_px = int(self._model.input_shape[1])
        self._channels: Literal[1, 3] = 3 if self._model.input_shape[3] == 3 else 1
        self._faces = load_splits(
            data, (Split.TRAINING, Split.PUBLIC), classes=source.classes, side_px=self._side_px
        )
        self._float = float_probabilities(self._model, self._public.pixels, source.value_range)
        self._accuracy = self._accuracies(self._float)

    @property
    def _public(self) -> Faces:
        return self._faces[Split.PUBLIC]

    def run(self, per_class: int, seed: int) -> Row:
        """Convert once and compare with float on PublicTest."""
        inputs = calibration_inputs(
            self._faces[Split.TRAINING],
            self._side_px,
            self._source.value_range,
            per_class,
            seed,
            self._channels,
        )
        found = self._int8(quantize(self._model, inputs))
        accuracy = self._accuracies(found)
        steps = STEPS * np.abs(found - self._float)
        return {
            "per_class": per_class,
            "seed": seed,
            "faces": len(inputs),
            "accuracy": accuracy,
            "lost": {name: round(100 * (self._accuracy[name] - share), 3) for name, share in accuracy.items()},
            "labels_agree": round(float((found.argmax(axis=1) == self._float.argmax(axis=1)).mean()), 5),
            "largest": round(float(steps.max()), 2),
            "mean": round(float(steps.mean()), 3),
        }

    def _int8(self, content: bytes) -> NDArray[np.float32]:
        with quiet_stderr():
            interpreter = import_runtime().Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
        card = make_card(
            self._source,
            name="trial",
            side_px=self._side_px,
            channels=self._channels,
            quantization=quantization_of(content),
            calibration="a trial",
            faces=self._faces,
            command="",
        )
        classifier = Classifier(interpreter, card)
        return np.stack([classifier.probabilities(face) for face in self._public.pixels])

    def _accuracies(self, probabilities: NDArray[np.float32]) -> dict[str, float]:
        found = figures(probabilities, self._public, np.zeros(len(self._public), bool))["all"]
        return {truth: float(against["accuracy"]) for truth, against in found.items() if against["faces"]}


def run_trials(
    source: Source,
    data: Path,
    counts: Sequence[int],
    seeds: range,
    journal: Path | None,
    done: Callable[[int], None],
) -> list[Row]:
    """Convert with every number of faces from every seed; what `journal` holds is not done again.

    Args:
        source: the float network.
        data: Training calibrates, PublicTest compares.
        counts: faces of each class.
        seeds: that choose them.
        journal: a JSON file, written after each conversion; None: nothing is kept.
        done: is told how many are done.
    """
    kind = {"v": 1, "model": sha256_of(source.model), "data": str(data)}
    rows = _read(journal, kind)
    wanted = [(count, seed) for count in counts for seed in seeds]
    known = {(row["per_class"], row["seed"]) for row in rows}
    missing = [pair for pair in wanted if pair not in known]
    done(len(wanted) - len(missing))
    if missing:
        trial = CalibrationTrial(source, data)
        for index, (count, seed) in enumerate(missing):
            rows.append(trial.run(count, seed))
            if journal is not None:
                write_text(journal, json.dumps({**kind, "rows": rows}, indent=2) + "\n")
            done(len(wanted) - len(missing) + index + 1)
    return sorted(
        (row for row in rows if (row["per_class"], row["seed"]) in wanted),
        key=lambda row: (row["per_class"], row["seed"]),
    )


def _read(journal: Path | None, kind: Mapping[str, Any]) -> list[Row]:
    if journal is None or not journal.is_file():
        return []
    try:
        stored = json.loads(journal.read_text(encoding="utf-8"))
        rows, of = list(stored["rows"]), {name: stored[name] for name in kind}
    except (ValueError, KeyError, TypeError):
        raise DataError(f"{journal} is broken; expected what an earlier trial wrote: delete it") from None
    if of != kind:
        raise DataError(f"{journal} is of another model or other data; give another --out")
    return rows


def summaries(rows: Sequence[Row]) -> Iterator[Mapping[str, Any]]:
    """Mean and deviation over the seeds, for each number of faces."""
    for count in dict.fromkeys(row["per_class"] for row in rows):
        some = [row for row in rows if row["per_class"] == count]
        yield {
            "per_class": count,
            "faces": some[0]["faces"],
            "seeds": len(some),
            "lost": {truth: _spread([row["lost"][truth] for row in some]) for truth in some[0]["lost"]},
            **{name: _spread([row[name] for row in some]) for name in ("labels_agree", "largest", "mean")},
        }


def _spread(values: Sequence[float]) -> Mapping[str, float]:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return {"mean": round(statistics.fmean(values), 5), "deviation": round(deviation, 5)}


def as_table(rows: Sequence[Row], truth: str) -> Table:
    """For a terminal."""
    table = Table(f"faces a class (lost against {truth})", box=None)
    for name in ("faces", "points lost", "same label", "largest, 1/256", "mean, 1/256"):
        table.add_column(name, justify="right")
    for found in summaries(rows):
        table.add_row(
            str(found["per_class"]),
            str(found["faces"]),
            _pm(found["lost"][truth], 2),
            f"{100 * found['labels_agree']['mean']:.2f} ± {100 * found['labels_agree']['deviation']:.2f}%",
            _pm(found["largest"], 1),
            _pm(found["mean"], 2),
        )
    return table


def _pm(found: Mapping[str, float], digits: int) -> str:
    return f"{found['mean']:.{digits}f} ± {found['deviation']:.{digits}f}"
