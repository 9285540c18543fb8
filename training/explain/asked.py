"""What the options of `mien-train explain` name: networks, action units, the regression."""

import argparse
import logging

from edge.errors import UsageError
from training.explain.face import Measured, expect_fitting
from training.explain.opinions import Opinion, is_bundle, open_opinion
from training.explain.regression import load_regression
from training.explain.unit_files import read_units
from training.given import given_by

logger = logging.getLogger(__name__)


def measured_by(options: argparse.Namespace) -> Measured | None:
    """Action units and regression, as the options name them.

    Raises:
        UsageError: one without the other.
        DataError, ModelError: they cannot be read, or do not belong together.
    """
    if options.units is None and options.regression is None:
        return None
    if options.units is None or options.regression is None:
        missing = "--units" if options.units is None else "--regression"
        raise UsageError(f"{missing} is missing; reasons need both the action units and the regression on them")
    measured = Measured(read_units(options.units), load_regression(options.regression))
    if warning := expect_fitting(measured):
        logger.warning("%s", warning)
    return measured


def opinions_by(options: argparse.Namespace) -> list[Opinion]:
    """The networks to ask; the first is the one that counts."""
    given = given_by(options)
    if options.network != "both":
        return [open_opinion(options.model, given, options.network)]
    if not is_bundle(options.model):
        raise UsageError(f"--network both is about bundles; {options.model} is none: leave it out")
    return [open_opinion(options.model, given, kind) for kind in ("int8", "float")]
