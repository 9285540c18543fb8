"""The regression on action units beside networks, on the same pictures."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError, MienError, UsageError
from edge.records import Gray
from training.contender import Contender
from training.datasets import COMMON_SIDE_PX
from training.explain.regression import Regression, load_regression, probabilities
from training.explain.unit_files import join_tables, read_units
from training.explain.unit_table import UnitTable
from training.metrics import Probabilities
from training.splits import Pictures, Split

logger = logging.getLogger(__name__)


def open_regression(name: str, units: Sequence[Path] | None) -> Contender:
    """A regression with the action units of PublicTest's rows, which it answers from.

    Args:
        name: its file.
        units: tables that `mien-train explain units --data` wrote.

    Raises:
        UsageError: the units are not given.
        DataError: they are not those of PublicTest, or lack what the regression was fitted to.
    """
    if not units:
        raise UsageError(
            f"{name} is a regression on action units; give those of these pictures by --units, as `mien-train "
            "explain units --data DATA --split PublicTest` writes them"
        )
    model = load_regression(Path(name))
    table = join_tables([read_units(path) for path in units], units)
    if lacking := [unit for unit in model.units if unit not in table.units]:
        raise DataError(f"--units has no {', '.join(lacking)}, which {name} was fitted to")
    if (source := model.record.get("source")) and table.source and source != table.source:
        logger.warning("%s was fitted to units of %s; these are of %s", name, source, table.source)
    of_row = _by_row(table)
    return Contender(
        name, "float", Path(name), model.classes, COMMON_SIDE_PX,
        lambda pictures: _answers(model, table, of_row, pictures), _untimed,
        model.coefficients.size + model.intercept.size, model.coefficients.size, None, "",
    )  # fmt: skip


def _by_row(table: UnitTable) -> dict[int, int]:
    """The row of the table for each row of PublicTest: of several faces the surest."""
    found: dict[int, int] = {}
    for file, place in table.surest_rows().items():
        split, _, row = file.partition("/")
        if split == Split.PUBLIC and row.isdecimal():
            found[int(row)] = place
    if not found:
        raise DataError(
            f"--units is of {table.files[0]} and the like; expected rows such as PublicTest/0, as `mien-train "
            "explain units --data DATA --split PublicTest` writes them"
        )
    return found


def _answers(model: Regression, table: UnitTable, of_row: dict[int, int], pictures: Pictures) -> Probabilities:
    """Probabilities, (n, classes); NaN where no face was found, or the picture was not measured."""
    if max(of_row) >= len(pictures):
        raise DataError(
            f"--units is of PublicTest/{max(of_row)}, and the data has {len(pictures)} rows; are they of the "
            "same data?"
        )
    if unmeasured := len(pictures) - len(of_row):
        logger.warning(
            "%d of %d pictures are not in --units; they count as unanswered", unmeasured, len(pictures)
        )
    measured: NDArray[np.float32] = table.intensities_of(model.units)
    intensities = np.full((len(pictures), len(model.units)), np.nan, np.float32)
    intensities[list(of_row)] = measured[list(of_row.values())]
    return probabilities(model, intensities)


def _untimed() -> Callable[[Gray], object]:
    raise MienError("it answers from a table; what a face costs is what measuring its units costs")
