"""From tables of action units to a regression whose file tells how good it is, on rows that it never saw."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from edge.errors import DataError
from training import runs
from training.classes import canonical, choose_order
from training.explain.fitting import Choices, Rows, fit
from training.explain.labelling import usable_rows, with_labels
from training.explain.regression import Regression, probabilities
from training.explain.unit_files import join_tables, read_units
from training.explain.unit_table import UnitTable
from training.intervals import Bootstrap, bootstrap_intervals
from training.metrics import describe

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows count; see training.explain.labelling.with_labels and unit_files.read_units."""

    labels: Path | None = None
    classes: tuple[str, ...] | None = None
    min_votes: int = 0
    min_confidence: float = 0.0
    meanings: Mapping[str, str] | None = None


def measured_fit(
    units: Sequence[Path],
    chosen: Chosen,
    choices: Choices,
    *,
    test: Sequence[Path] | None = None,
    share: float = 0.2,
    command: str = "",
    told: Callable[[int], None] = lambda _: None,
) -> Regression:
    """Fit to some rows and measure on others.

    Args:
        units: files of the rows.
        chosen: which of them count.
        choices: how it is fitted.
        test: files of the rows to measure on; None: a share of the others.
        share: that share; 0: nothing is measured.
        command: as it was typed.
        told: see training.explain.fitting.fit.

    Raises:
        DataError: too few rows, or what is tested lacks a unit that was fitted to.
    """
    table = _read(units, chosen)
    names = choose_order(sorted({name for name in table.labels or () if name}), given=chosen.classes).names
    if len(names) < 2:
        raise DataError(f"the rows have the label {names[0] if names else 'none'} alone; expected two or more")
    used = _varying(table)
    fitted = table.take(usable_rows(table, used))
    held = _read(test, chosen) if test else None
    if held is None and share:
        kept, left = _split(fitted, share, choices.seed)
        fitted, held = fitted.take(kept), fitted.take(left)
    model = fit(_rows(fitted, names, used), names, used, choices, told)
    record = {
        **model.record,
        "source": table.source,
        "fitted_on": {
            "units": [path.name for path in units],
            **_counts(table, names),
            "used": {"faces": len(fitted), "by_class": _by_class(fitted, names)},
        },
        "held_out": _held_out(model, held, test, choices.seed) if held is not None else None,
        "min_votes": chosen.min_votes,
        "versions": runs.installed_versions(),
        "command": command,
    }
    return replace(model, record=record)


def _read(paths: Sequence[Path], chosen: Chosen) -> UnitTable:
    tables = [read_units(path, min_confidence=chosen.min_confidence) for path in paths]
    classes = tuple(canonical(name) for name in chosen.classes) if chosen.classes else None
    return with_labels(join_tables(tables, paths), chosen.labels, classes, chosen.min_votes, chosen.meanings)


def _varying(table: UnitTable) -> tuple[str, ...]:
    """The units that tell one face from another."""
    found = table.intensities[table.is_found]
    most = np.nan_to_num(found, nan=-np.inf).max(axis=0, initial=-np.inf)
    least = np.nan_to_num(found, nan=np.inf).min(axis=0, initial=np.inf)
    used = tuple(unit for unit, low, high in zip(table.units, least, most, strict=True) if low < high)
    if not used:
        raise DataError(f"no unit differs among the {len(found)} faces; there is nothing to fit to")
    if same := [unit for unit in table.units if unit not in used]:
        logger.warning("left out, for they are the same in all faces: %s", ", ".join(same))
    return used


def _split(table: UnitTable, share: float, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows to fit to, and rows to measure on; of each class as many in proportion, or groups as a whole."""
    rows = np.arange(len(table))
    groups = _groups(table)
    try:
        if groups is None:
            kept, left = train_test_split(rows, test_size=share, stratify=table.labels, random_state=seed)
        else:
            kept, left = next(
                GroupShuffleSplit(1, test_size=share, random_state=seed).split(rows, groups=groups)
            )
    except ValueError:
        raise DataError(
            f"{len(rows)} rows with a label and a face are too few to hold {share:.0%} back; give --test, or "
            "--held-out 0"
        ) from None
    return kept, left


def _rows(table: UnitTable, names: Sequence[str], units: Sequence[str]) -> Rows:
    labels = np.array([names.index(name) for name in table.labels or ()], np.intp)
    return Rows(table.intensities_of(units).astype(np.float64), labels, _groups(table))


def _groups(table: UnitTable) -> NDArray[np.intp] | None:
    """Numbers of the groups; a row without one is a group of its own."""
    if table.groups is None or not any(table.groups):
        return None
    names = [group or f"row {row}" for row, group in enumerate(table.groups)]
    return np.unique(names, return_inverse=True)[1].astype(np.intp)


def _counts(table: UnitTable, names: Sequence[str]) -> Mapping[str, Any]:
    """Of the rows that have a label: how many, and in how many no face was found."""
    labelled = table.take(np.array([bool(name) for name in table.labels or ()], bool))
    return {"faces": len(labelled), "without_face": labelled.failed, "by_class": _by_class(labelled, names)}


def _by_class(table: UnitTable, names: Sequence[str]) -> Mapping[str, int]:
    counts = Counter(table.labels)
    return {name: counts[name] for name in names}


def _held_out(
    model: Regression, table: UnitTable, paths: Sequence[Path] | None, seed: int
) -> Mapping[str, Any]:
    lacking = [unit for unit in model.units if unit not in table.units]
    if lacking:
        raise DataError(f"the units to test on lack {', '.join(lacking)}, which the others have")
    table = table.take(np.array([name in model.classes for name in table.labels or ()], bool))
    used = table.take(usable_rows(table, model.units))
    truth = np.array([model.classes.index(name) for name in used.labels or ()], np.intp)
    found = dict(describe(probabilities(model, used.intensities_of(model.units)), truth, model.classes))
    if found["faces"]:
        found["intervals"] = bootstrap_intervals(found["confusion"], model.classes, Bootstrap(seed=seed))
    return {
        "units": [path.name for path in paths] if paths else "held back",
        **_counts(table, model.classes),
        "metrics": found,
    }
