"""`mien predict`: faces in pictures."""

import argparse
import sys
from pathlib import Path

from edge.commands.options import Commands, add_lang, add_model
from edge.errors import PictureError


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "predict",
        help="faces in pictures",
        description="Finds faces in pictures and tells their apparent expression. A picture that cannot be "
        "read is named, counted and left out.",
    )
    command.add_argument("pictures", nargs="+", metavar="PICTURE", help="a picture, or a folder of them")
    add_model(command, auto="mien")
    command.add_argument("--no-detect", action="store_true", help="each picture is a face crop already")
    command.add_argument("--json", action="store_true", help="one JSON list of all pictures")
    command.add_argument(
        "--annotate",
        type=Path,
        metavar="OUT",
        help="write the picture with its boxes: a file, or a folder for several pictures",
    )
    command.add_argument("--force", action="store_true", help="replace annotated pictures that are there")
    add_lang(command)


def run(options: argparse.Namespace) -> None:
    from edge.predict import PictureRun, expand

    paths = expand(options.pictures)
    run = PictureRun(
        paths,
        options.model,
        detect=not options.no_detect,
        annotate_to=options.annotate,
        force=options.force,
    )
    lines = run.json_lines() if options.json else run.text_lines(options.lang)
    for line in lines:
        print(line)
    if run.skipped == len(paths):
        raise PictureError(f"none of {len(paths)} pictures could be read, see above")
    if run.skipped:
        print(f"mien: {run.skipped} of {len(paths)} pictures could not be read, see above", file=sys.stderr)
