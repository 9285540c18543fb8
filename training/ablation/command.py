"""`mien-train ablate`: its options, and its table."""

import argparse
import contextlib
import io
import shlex
from pathlib import Path
from typing import Any

from edge.errors import UsageError
from training import option_types as types
from training.ablation.found import read_known, write_found
from training.ablation.plan import Row, choose, command_words, read_plan
from training.fit_options import DATA_HELP


def add_ablate(commands: Any) -> None:
    parser = commands.add_parser(
        "ablate",
        help="fit every recipe of a plan, and set them side by side",
        description="Fit each row of a plan, measure what it kept on PublicTest, and print a table in "
        "Markdown. It goes on where it was stopped; what is fitted is not fitted again. training/ablation.toml "
        "is a plan.",
    )
    parser.add_argument(
        "plan", type=Path, metavar="PLAN.toml", help="[common] options of fit, and a [[row]] for each recipe"
    )
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument(
        "--out", type=Path, required=True, help="folder of the RUNs, with ablation.json beside them"
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", help="only these rows of the plan (default all), in its order"
    )
    parser.add_argument(
        "--seeds",
        type=types.at_least_two,
        metavar="N",
        help="fit each row N times, from its seed on, for mean and deviation (default: once)",
    )
    parser.add_argument("--table", action="store_true", help="fit nothing; print what is known")


def run_ablate(options: argparse.Namespace) -> None:
    """Run it.

    Raises:
        UsageError: the plan is none, or a row of it cannot be fitted.
    """
    rows = read_plan(options.plan)
    chosen = choose(rows, options.only, options.plan)
    if not options.table:
        _fit_all(options, rows, chosen)
    from training.ablation.table import as_markdown

    table = as_markdown(chosen, list(read_known(options.out).values()))
    if not table:
        raise UsageError(f"{options.out} holds no figures of these rows yet; leave out --table to fit them")
    print(table)


def _fit_all(options: argparse.Namespace, rows: list[Row], chosen: list[Row]) -> None:
    seeds = None
    if options.seeds:
        first = {int(row.settings.get("seed", 0)) for row in chosen}
        if len(first) > 1:
            raise UsageError("--seeds counts from one seed; these rows have several")
        seeds = range(min(first), min(first) + options.seeds)

    def parse(row: Row, seed: int | None) -> argparse.Namespace:
        return _parse(options.plan, row, command_words(row, rows, options.data, options.out, seed))

    for row in chosen:  # before Keras is loaded, which takes its time
        parse(row, None)
    from training.backend import prepare_backend

    prepare_backend()
    from training.ablation.run import run_ablation

    known = read_known(options.out)
    for found in run_ablation(chosen, seeds, options.out, known, parse):
        known[found["run"]] = found
        write_found(options.out, options.plan, options.command_line, known)


def _parse(plan: Path, row: Row, words: list[str]) -> argparse.Namespace:
    """The options of a fit, checked as if they had been typed."""
    from training.options import make_parser

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options = make_parser().parse_args(words)
    except SystemExit:
        reason = said.getvalue().strip().rpartition("error: ")[2]
        raise UsageError(f"{plan}: row {row.name!r}: {reason}") from None
    if unknown := [name for name in row.settings if not hasattr(options, name.replace("-", "_"))]:
        raise UsageError(f"{plan}: row {row.name!r}: {unknown[0]} is no option of `mien-train fit`")
    options.command_line = shlex.join(["mien-train", *words])
    return options
