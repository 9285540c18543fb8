"""Several models side by side, on the same pictures and the same classes."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import UsageError
from training import runs
from training.compare_rows import compare_contenders
from training.compare_speed import cpu_name, measure_pace
from training.contenders import Contender, open_contenders
from training.datasets import Faces, Split, load_splits
from training.explain.contending import open_regression
from training.explain.regression import is_regression
from training.given import NOTHING_GIVEN, Given
from training.intervals import Bootstrap

_TIMED_FACES = 256


def compare(
    models: Sequence[str],
    data: Path,
    *,
    command: str,
    given: Given = NOTHING_GIVEN,
    units: Sequence[Path] | None = None,
    against: str | None = None,
    bootstrap: Bootstrap | None = None,
    repeats: int = 9,
) -> Mapping[str, Any]:
    """Open models, and compare all that can be measured of them on PublicTest.

    Args:
        models: as the user names them.
        data: see training.datasets.load_splits.
        command: as it was typed, for the record.
        given: what the options say of those model files that do not say it.
        units: action units of PublicTest, for regressions on them.
        against: "labels", "raters" or "raters_agree"; None: the raters where there are votes.
        bootstrap: how intervals are made.
        repeats: rounds of timing; 0: none.

    Raises:
        UsageError: a model is named twice, or the models share fewer than two classes.
    """
    contenders = open_all(models, given, units)
    some = next(iter(contenders.values()))
    shared = [name for name in some.classes if all(name in one.classes for one in contenders.values())]
    if len(shared) < 2:
        raise UsageError(
            f"these models share {len(shared)} of their classes; expected two or more. They have "
            + "; ".join(f"{label}: {', '.join(one.classes)}" for label, one in contenders.items())
        )
    faces = {
        side_px: load_splits(data, (Split.PUBLIC,), classes=shared, side_px=side_px)[Split.PUBLIC]
        for side_px in sorted({one.side_px for one in contenders.values()})
    }
    document = {
        "v": 1,
        "split": str(Split.PUBLIC),
        "data": {"name": data.name or data.resolve().name, "truth": faces[some.side_px].truth},
        "command": command,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": runs.installed_versions(),
        "repeats": repeats,
        "cpu": cpu_name(),
        **compare_contenders(contenders, faces, against=against, bootstrap=bootstrap or Bootstrap()),
    }
    if repeats:
        pictures = {side_px: _first(found) for side_px, found in faces.items()}
        paces = measure_pace(contenders, pictures, repeats)
        for row in document["contenders"]:
            row["pace"] = asdict(paces[row["label"]]) if row["label"] in paces else None
    return document


def open_all(
    models: Sequence[str], given: Given, units: Sequence[Path] | None = None
) -> Mapping[str, Contender]:
    """The contenders of all models by a label of their own: the model's name, and the kind where it has two."""
    if twice := [name for name, count in Counter(models).items() if count > 1]:
        raise UsageError(f"{twice[0]} is named twice; a model is as good as itself")
    found = {}
    if units and not any(is_regression(Path(model)) for model in models):
        raise UsageError("--units is for regressions on action units, and none of the models is one")
    for model in models:
        if is_regression(Path(model)):
            found[model] = open_regression(model, units)
            continue
        opened = _open(model, given) if len(models) > 1 else open_contenders(model, given)
        for one in opened:
            found[f"{model} ({one.kind})" if len(opened) > 1 else model] = one
    return found


def _open(model: str, given: Given) -> list[Contender]:
    """One of several: the options are for those that do not say it themselves."""
    try:
        return open_contenders(model, NOTHING_GIVEN)
    except UsageError:
        if given == NOTHING_GIVEN:
            raise
        return open_contenders(model, given)


def _first(faces: Faces) -> list[NDArray[np.uint8]]:
    return [np.asarray(faces.pixels[row]) for row in range(min(len(faces), _TIMED_FACES))]
