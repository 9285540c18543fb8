"""`mien-train explain network`: measure what it has learned, and make a report of it."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from edge.errors import DataError
from training import runs
from training.datasets import load_splits
from training.explain.asked import measured_by, opinions_by
from training.explain.face import Measured
from training.explain.facs import name_of
from training.explain.learned import (
    ClassLook,
    Following,
    Mistake,
    follow_units,
    looks_by_class,
    surest_mistakes,
)
from training.explain.opinions import Opinion
from training.explain.saliency.maps import METHODS
from training.explain.sentences import sentence
from training.explain.split_rows import rows_of_split
from training.metrics import main_truth, truths
from training.report.explained import PARTS, write_explained
from training.report.folder import expect_free, report_folder
from training.splits import Faces, Split
from training.watching import watched


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What was found, with the pictures that the report shows.

    Attributes:
        document: all figures, as explain.json holds them.
    """

    document: Mapping[str, Any]
    faces: Faces
    looks: list[ClassLook]
    mistakes: list[Mistake]


def run_network(options: argparse.Namespace) -> None:
    """Run it.

    Raises:
        UsageError: --out is in use, or options do not go together.
        DataError: the data cannot be read, or the action units are of other faces.
    """
    expect_free(options.out, PARTS, options.force)
    opinion, measured = opinions_by(options)[0], measured_by(options)
    learned = learn(options, opinion, measured)
    with report_folder(options.out, PARTS, options.force) as folder:
        write_explained(folder, learned, with_pictures=not options.no_pictures)
    if options.json:
        print(json.dumps(learned.document, indent=2, ensure_ascii=False))
    else:
        print(f"report: {options.out / PARTS[0]}")


def learn(options: argparse.Namespace, opinion: Opinion, measured: Measured | None) -> Learned:
    """Ask the network about PublicTest."""
    split = Split.PUBLIC
    faces = load_splits(options.data, (split,), classes=opinion.classes, side_px=opinion.side_px)[split]
    units = rows_of_split(measured.table, split) if measured else {}
    if measured and not units:
        raise DataError(
            f"the action units have no row of {split}; they are of {measured.table.files[0]} and others: "
            "measure the same data (`mien-train explain units`)"
        )
    with watched(faces.pixels, "scores") as pictures:
        scores = opinion.predict(pictures)
    by_name = {name: found for name, found in truths(scores, faces).items() if len(found[0])}
    if not by_name:
        raise DataError(f"no face of {split} is {', '.join(opinion.classes)}, by its label or by a vote")
    name = main_truth(by_name)
    truth = by_name[name]
    looks = looks_by_class(opinion, faces, scores, truth, options.faces)
    mistakes = surest_mistakes(opinion, faces, scores, truth, options.mistakes, measured, units)
    following = follow_units(measured, units, opinion.classes, scores) if measured else None
    rows, right = truth
    document = {
        "v": 1,
        "model": opinion.name,
        "kind": opinion.kind,
        "classes": list(opinion.classes),
        "split": str(split),
        "data": {"name": options.data.name or options.data.resolve().name, "truth": faces.truth},
        "against": name,
        "faces": len(rows),
        "accuracy": round(float((scores[rows].argmax(axis=1) == right).mean()), 5),
        "looks": [_look(one) for one in looks],
        "units": _following(following) if following else None,
        "mistakes": [_mistake(one) for one in mistakes],
        "command": options.command_line,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": runs.installed_versions(),
    }
    return Learned(document, faces, looks, mistakes)


def _look(look: ClassLook) -> Mapping[str, Any]:
    return {
        "class": look.name,
        "faces": look.faces,
        "method": look.mean.method,
        "meaning": METHODS[look.mean.method],
        "thirds": {name: round(share, 4) for name, share in look.mean.bands().items()},
    }


def _following(found: Following) -> Mapping[str, Any]:
    return {
        "faces": found.faces,
        "agree": found.agree,
        "asked": found.asked,
        "chance": round(found.chance, 4),
        "correlations": [
            {"unit": unit, "name": name_of(unit), "by_class": _row(found.classes, values)}
            for unit, values in zip(found.units, found.table, strict=True)
        ],
    }


def _row(classes: Any, values: Any) -> Mapping[str, float | None]:
    return {
        name: None if np.isnan(value) else round(float(value), 4)
        for name, value in zip(classes, values, strict=True)
    }


def _mistake(mistake: Mistake) -> Mapping[str, Any]:
    return {
        "row": mistake.row,
        "true": mistake.true,
        "named": mistake.named,
        "confidence": round(mistake.confidence, 4),
        "thirds": {name: round(share, 4) for name, share in mistake.saliency.bands().items()},
        "sentence": sentence(mistake.scores, mistake.reasons),
        "regression": mistake.reasons.as_json() if mistake.reasons else None,
    }
