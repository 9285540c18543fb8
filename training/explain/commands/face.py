"""`mien-train explain face`."""

import argparse
from pathlib import Path
from typing import Any

from training.explain.commands.options import add_lang, add_measured, add_network


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "face",
        help="a reason for each face of a picture, as a picture, a sentence and JSON",
        description="Says of each face what a network and the regression on action units make of it, which "
        "units speak for and against, and where in the face the network's score comes from.",
    )
    parser.add_argument("pictures", nargs="+", metavar="PICTURE", help="a picture, or a folder of them")
    add_measured(parser)
    add_network(parser, kinds=("int8", "float", "both"))
    parser.add_argument("--no-detect", action="store_true", help="each picture is a face crop already")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="a folder of its own for a picture of each explanation and reasons.json",
    )
    parser.add_argument("--force", action="store_true", help="replace such a folder")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_lang(parser)


def run(options: argparse.Namespace) -> None:
    from training.explain.face_run import run_face

    run_face(options)
