"""`mien-train fit` and `mien-train finetune`: from the command line to one run, or to one for each seed."""

import argparse
import logging
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import UsageError
from training import runs
from training.backend import prepare_backend
from training.config import FINE_TUNING, FitConfig
from training.given import Given, check_range, read_labels
from training.runs import Plan, plan_run

if TYPE_CHECKING:
    from training.fit import Outcome

logger = logging.getLogger(__name__)


def run_command(options: argparse.Namespace) -> str:
    """Run it.

    Returns:
        What came of it, in one line.
    """
    _meet(options)
    from training.devices import use_devices
    from training.machines import own_run
    from training.tensorboard import require_tensorboard

    if options.tensorboard:
        require_tensorboard()
    if options.devices or options.coordinator:
        use_devices(options.devices or "all")
    with own_run(options.out) as out:
        options.out = out
        return _run_all(options)


def _meet(options: argparse.Namespace) -> None:
    """Bring Keras up; with `--coordinator` when all machines are there."""
    named = (options.coordinator, options.processes, options.process)
    if any(value is not None for value in named) and None in named:
        raise UsageError("--coordinator, --processes and --process go together; give all three")
    if options.coordinator is None:
        prepare_backend()
        return
    if options.process >= options.processes:
        last = options.processes - 1
        raise UsageError(f"--process is {options.process}; expected 0 to {last}, another on each machine")
    logger.info("waiting for %d machines at %s", options.processes, options.coordinator)

    def meet() -> None:
        from training.machines import join

        join(options.coordinator, options.processes, options.process)

    prepare_backend(meet)


def _run_all(options: argparse.Namespace) -> str:
    from training.seeds import run_seeds, seed_folder

    given = given_settings(options)
    if options.seeds is None:
        outcome = run_plan(options, plan_of(options, options.out, given), options.out)
        return f"{options.out / runs.BEST_FILE}: {100 * outcome.best:.2f}% on PublicTest ({outcome.figure})"
    first = given.get("seed", FitConfig().seed)
    seeds = range(first, first + options.seeds)
    # all are planned before the first begins, so that one that cannot be stops none half way
    plans = {seed: plan_of(options, seed_folder(options.out, seed), {**given, "seed": seed}) for seed in seeds}
    summary = run_seeds(
        options.out, seeds, options.command_line, lambda seed, run: run_plan(options, plans[seed], run)
    )
    return (
        f"{options.out / runs.SUMMARY_FILE}: {100 * summary['mean']:.2f} ± {100 * summary['deviation']:.2f}% "
        f"on PublicTest over {len(seeds)} seeds ({summary['figure']})"
    )


def given_settings(options: argparse.Namespace) -> dict[str, Any]:
    """The fields of the configuration that the user named."""
    names = {field.name for field in fields(FitConfig)}
    given = {name: value for name, value in vars(options).items() if name in names}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def _given_of_model(options: argparse.Namespace) -> Given:
    """What the options say of the model that is fine-tuned; --classes are those that it is to learn."""
    classes = options.model_classes or (read_labels(options.model_labels) if options.model_labels else None)
    return Given(check_range(getattr(options, "value_range", None)), classes, options.colour)


def plan_of(options: argparse.Namespace, out: Path, given: dict[str, Any]) -> Plan:
    from training.datasets import usual_labels

    if not (options.resume and (out / runs.CONFIG_FILE).is_file()):
        given = {"labels": usual_labels(options.data), **given}
    usual = FINE_TUNING if options.command == "finetune" else None
    plan = plan_run(out, given, resume=options.resume, force=options.force, usual=usual)
    if not plan.is_new:
        _check_base(options, plan.config, out)
    return plan


def _check_base(options: argparse.Namespace, config: FitConfig, out: Path) -> None:
    """Going on with a fine-tuning means the same MODEL; with a fit, none."""
    stored = config.base["file"] if config.base else None
    given = getattr(options, "model", None)
    if given != stored:
        raise UsageError(
            f"the run in {out} began with {stored or 'no MODEL: it is a fit'}, not {given or 'as a fit'}; "
            "give the same, or start another run"
        )


def run_plan(options: argparse.Namespace, plan: Plan, out: Path) -> "Outcome":
    from training.finetune import begin
    from training.fit import fit

    start = None
    if plan.is_new and options.command == "finetune":
        config, start = begin(options.model, options.data, plan.config, _given_of_model(options))
        plan = Plan(config, is_new=True)
    return fit(options.data, out, plan, start=start, with_tensorboard=options.tensorboard)
