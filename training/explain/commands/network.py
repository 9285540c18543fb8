"""`mien-train explain network`."""

import argparse
from pathlib import Path
from typing import Any

from training.explain.commands.options import add_measured, add_network
from training.fit_options import DATA_HELP
from training.option_types import at_least_one, at_least_zero


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "network",
        help="what a network has learned: where it looks, which units its scores follow, where it errs surely",
        description="Asks a network about PublicTest and makes a report of one page that needs nothing else.",
    )
    add_network(parser, is_option=False)
    parser.add_argument("--data", type=Path, required=True, help=f"{DATA_HELP}; PublicTest is asked about")
    add_measured(parser)
    parser.add_argument(
        "--faces",
        type=at_least_one,
        default=40,
        metavar="N",
        help="faces of each class in whose maps the mean is taken (default %(default)s)",
    )
    parser.add_argument(
        "--mistakes", type=at_least_zero, default=12, metavar="N", help="how many to show (default %(default)s)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="a folder of its own for explain.html, explain.json and each class's mean as a PNG",
    )
    parser.add_argument("--force", action="store_true", help="replace the report in --out")
    parser.add_argument(
        "--no-pictures",
        action="store_true",
        help="leave faces out of the page; else it shows those, of your own data, on which it was wrong",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: argparse.Namespace) -> None:
    from training.explain.network_run import run_network

    run_network(options)
