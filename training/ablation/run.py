"""Fitting the rows of a plan one after the other, and measuring each by what it kept."""

import argparse
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from edge.emotion.bundle import sha256_of
from edge.errors import ModelError
from training import runs
from training.ablation.plan import Row, run_folder
from training.evaluate import evaluate
from training.fit_command import given_settings, plan_of, run_plan
from training.intervals import Bootstrap
from training.runs import Plan

logger = logging.getLogger(__name__)

#: Of the figures against each truth, those that the table is made of.
_FIGURES = ("faces", "accuracy", "balanced_accuracy", "calibration_error")

#: The options of one fit, as `mien-train fit` has them.
Parse = Callable[[Row, int | None], argparse.Namespace]


def run_ablation(
    rows: Sequence[Row], seeds: Sequence[int] | None, out: Path, known: Mapping[str, Any], parse: Parse
) -> Iterator[Mapping[str, Any]]:
    """Fit every row with every seed; what is fitted already is only measured, or not even that.

    Args:
        rows: of the plan.
        seeds: None: the one that a row's own options say.
        out: where the runs are.
        known: by the run's folder, what an earlier call found.
        parse: gives the options of a fit.

    Yields:
        For each run its "row", "run", "settings" and figures, or the "error" that ended it.

    Raises:
        UsageError: a row cannot be fitted; nothing was.
    """
    fits = [(row, seed, parse(row, seed)) for row in rows for seed in seeds or [None]]
    plans = [plan_of(options, options.out, given_settings(options)) for _, _, options in fits]
    for number, ((row, seed, options), plan) in enumerate(zip(fits, plans, strict=True), 1):
        name = run_folder(out, row, seed).relative_to(out).as_posix()
        logger.info("%s (%d of %d)", name, number, len(fits))
        found = {"row": row.name, "run": name, "settings": dict(row.own)}
        try:
            found |= _fit_and_measure(options, plan, known.get(name, {}))
        except ModelError as error:
            logger.error("%s: %s", row.name, error)
            found["error"] = str(error)
        keras.backend.clear_session(free_memory=True)
        yield found


def _fit_and_measure(options: argparse.Namespace, plan: Plan, known: Mapping[str, Any]) -> Mapping[str, Any]:
    outcome = run_plan(options, plan, options.out)
    digest = sha256_of(options.out / runs.BEST_FILE)
    if known.get("sha256") == digest and known.get("epochs") == outcome.epochs:
        return {name: value for name, value in known.items() if name not in ("row", "run", "settings")}
    document = evaluate(
        str(options.out), options.data, command=options.command_line, bootstrap=Bootstrap(0)
    ).document
    network = document["networks"][0]
    return {
        "command": options.command_line,
        "seed": plan.config.seed,
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "seconds_an_epoch": _seconds_an_epoch(options.out),
        "parameters": network["parameters"],
        "multiply_adds": network["multiply_adds"],
        "PublicTest": {
            truth: {name: figures[name] for name in _FIGURES if name in figures}
            for truth, figures in document["metrics"]["float"]["all"].items()
        },
        "sha256": digest,
    }


def _seconds_an_epoch(run: Path) -> float:
    """The median, so that neither the first epoch nor a busy hour counts."""
    history = runs.read_history(run)
    seconds = sorted(float(row["seconds"]) for row in history)
    return round(seconds[len(seconds) // 2], 1)
