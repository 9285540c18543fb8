"""`mien-train explain practice`."""

import argparse
from pathlib import Path
from typing import Any

from training.explain.commands.options import add_lang, add_measured, add_network
from training.fit_options import DATA_HELP
from training.option_types import at_least_zero

_PORT = 8765


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "practice",
        help="a local page on which people practise to read the faces of a data set",
        description="Shows pictures of a data set one by one, asks which expression it is, and then says what "
        "people, action units and a network say. On this computer alone; it looks at nobody who is there.",
    )
    parser.add_argument("--data", type=Path, required=True, help=f"{DATA_HELP}; PublicTest is shown")
    add_measured(parser)
    add_network(parser)
    parser.add_argument(
        "--votes",
        type=_votes,
        default=8,
        metavar="N",
        help="show pictures in which at least N of ten raters saw the same (default %(default)s)",
    )
    parser.add_argument(
        "--progress",
        type=Path,
        metavar="FILE",
        help="where progress is kept, without any name (default mien/practice.json in the user's data folder)",
    )
    parser.add_argument(
        "--port", type=_port, default=_PORT, help="on loopback; 0: any that is free (default %(default)s)"
    )
    parser.add_argument(
        "--seed", type=at_least_zero, help="of the order of pictures (default: another each time)"
    )
    add_lang(parser)


def run(options: argparse.Namespace) -> None:
    from training.explain.practice.run import run_practice

    run_practice(options)


def _votes(text: str) -> int:
    return _between(text, 0, 10)


def _port(text: str) -> int:
    return _between(text, 0, 65535)


def _between(text: str, low: int, high: int) -> int:
    value = int(text)
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text}; expected {low} to {high}")
    return value
