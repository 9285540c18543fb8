"""`mien-train explain fit`."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training import option_types as types
from training.classes import canonical, parse_names

_LABELS_HELP = (
    "a CSV of file and label (and group, such as person, whose rows stay together); or the data set whose rows "
    "were measured; default: the column label of the units"
)


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "fit",
        help="fit a multinomial logistic regression from action units to classes",
        description="Fit a multinomial logistic regression from action units to classes, whose coefficients "
        "say which unit speaks for which, and by how much.",
    )
    parser.add_argument(
        "--units",
        type=Path,
        required=True,
        nargs="+",
        metavar="FILE",
        help="units.csv, of `explain units` or of OpenFace, or a folder of OpenFace's tables",
    )
    _add_rows(parser)
    _add_held(parser)
    _add_fitting(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a name that ends in .json")
    parser.add_argument("--force", action="store_true", help="replace the file that is there")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_rows(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--labels", type=Path, metavar="FILE|DATA", help=_LABELS_HELP)
    parser.add_argument(
        "--classes",
        type=parse_names,
        metavar="A,B,…",
        help="a part of the classes, in this order (default all)",
    )
    parser.add_argument(
        "--label-names",
        type=_meanings,
        metavar="A,B,…",
        help="what the numbers 0, 1, … mean, where labels are numbers; or 1=A,2=B,…",
    )
    parser.add_argument(
        "--min-votes",
        type=types.at_least_zero,
        default=0,
        metavar="N",
        help="only rows on which so many of the data set's raters agree (default %(default)s)",
    )
    parser.add_argument(
        "--min-confidence",
        type=types.up_to_one,
        default=0.0,
        metavar="SHARE",
        help="a face below it counts as not found (default %(default)s)",
    )


def _add_held(parser: argparse.ArgumentParser) -> None:
    held = parser.add_mutually_exclusive_group()
    held.add_argument(
        "--test", type=Path, nargs="+", metavar="FILE", help="units to measure on, that are not fitted to"
    )
    held.add_argument(
        "--held-out",
        type=types.share,
        default=0.2,
        metavar="SHARE",
        help="without --test: the share of the rows, or of the groups, kept back to measure on "
        "(default %(default)s)",
    )


def _add_fitting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--balance", action="store_true", help="a rare class counts as much as a frequent one")
    parser.add_argument(
        "--resamples",
        type=types.at_least_zero,
        default=200,
        metavar="N",
        help="bootstrap fits for the intervals of the coefficients; 0: none (default %(default)s)",
    )
    parser.add_argument(
        "--seed", type=types.at_least_zero, default=0, help="of folds and draws (default %(default)s)"
    )


def _meanings(text: str) -> Mapping[str, str]:
    """By the number as text."""
    names = parse_names(text)
    pairs = [name.split("=", 1) if "=" in name else [str(place), name] for place, name in enumerate(names)]
    found = {number.strip(): canonical(name.strip()) for number, name in pairs}
    if len(found) < max(2, len(names)) or len(set(found.values())) < len(found) or not all(found.values()):
        raise argparse.ArgumentTypeError(f"{text}; expected two or more different names")
    return found


def run(options: argparse.Namespace) -> None:
    """Fit, measure, save and tell.

    Raises:
        UsageError: --out is there already, or is no .json file.
        DataError: units or labels cannot be read as such.
    """
    from rich.console import Console
    from rich.progress import Progress

    from edge.errors import UsageError
    from edge.files import refuse_existing
    from training.explain.fit_table import fit_table
    from training.explain.fitting import Choices
    from training.explain.measured_fit import Chosen, measured_fit
    from training.explain.regression import document_of, save_regression

    if options.out.suffix.lower() != ".json":
        raise UsageError(f"--out is {options.out}; expected a name that ends in .json")
    refuse_existing(options.out, options.force)
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("intervals", total=options.resamples)
        model = measured_fit(
            options.units,
            Chosen(
                options.labels,
                options.classes,
                options.min_votes,
                options.min_confidence,
                options.label_names,
            ),
            Choices(options.balance, options.resamples, options.seed),
            test=options.test,
            share=options.held_out,
            command=options.command_line,
            told=lambda done: bar.update(task, completed=done),
        )
    save_regression(options.out, model)
    if options.json:
        print(json.dumps(document_of(model), indent=2, ensure_ascii=False))
        return
    Console(width=120).print(fit_table(model), highlight=False)
    print(f"regression: {options.out}")
