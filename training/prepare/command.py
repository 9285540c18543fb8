"""`mien-train prepare`: its options, and what it prints."""

import argparse
import os
from pathlib import Path
from typing import Any

from training.classes import parse_names
from training.option_types import at_least_one, at_least_zero
from training.prepare.settings import DEFAULT_SHARES, FacesRule, Settings, Shares

_DEFAULTS = Settings(Path(), Path())
#: What a data set's side may be: a card takes no other input.
_SMALLEST_PX, _LARGEST_PX = 8, 1024


def add_prepare(commands: Any) -> None:
    parser = commands.add_parser(
        "prepare",
        help="make a data set of photographs in label folders",
        description="Make a data set of photographs: RAW/<label>/… or RAW/{train,valid,test}/<label>/… becomes "
        "faces as the device sees them, of one size, divided, with classes.json, manifest.csv and a contact "
        "sheet. A run that was stopped goes on by the same command.",
    )
    parser.add_argument("raw", type=Path, metavar="RAW", help="a folder with one folder of pictures a label")
    parser.add_argument("--out", type=Path, required=True, help="the DATA folder to write")
    parser.add_argument(
        "--size", type=_side_px, default=_DEFAULTS.side_px, help="side of a face, pixels (default %(default)s)"
    )
    parser.add_argument(
        "--faces",
        type=FacesRule,
        choices=list(FacesRule),
        default=_DEFAULTS.faces,
        help="largest or all of each picture; skip: pictures are crops already (default %(default)s)",
    )
    parser.add_argument(
        "--split",
        type=_shares,
        help=f"percent for train/valid/test (default {DEFAULT_SHARES.text}, or RAW's own where it is divided)",
    )
    parser.add_argument(
        "--seed", type=at_least_zero, default=_DEFAULTS.seed, help="of the split (default %(default)s)"
    )
    parser.add_argument(
        "--classes",
        type=parse_names,
        metavar="a,b,c",
        help="the class order; other labels are left out (default FER2013's first, then the others by name)",
    )
    cores = len(os.sched_getaffinity(0))
    parser.add_argument(
        "--workers", type=at_least_one, default=cores, help="processes (default one for each core)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--force", action="store_true", help="replace the data set in --out")


def run_command(options: argparse.Namespace) -> None:
    from training.prepare.run import prepare
    from training.prepare.summary import summary_table

    summary = prepare(
        Settings(
            raw=options.raw,
            out=options.out,
            faces=options.faces,
            side_px=options.size,
            shares=options.split,
            seed=options.seed,
            classes=options.classes,
            workers=options.workers,
            force=options.force,
            command=options.command_line,
        )
    )
    if options.json:
        print(summary.model_dump_json(indent=2))
        return
    from rich.console import Console

    Console(width=110, soft_wrap=True, highlight=False).print(summary_table(summary))


def _side_px(text: str) -> int:
    value = int(text)
    if not _SMALLEST_PX <= value <= _LARGEST_PX:
        raise argparse.ArgumentTypeError(f"{text}; expected {_SMALLEST_PX} to {_LARGEST_PX} pixels")
    return value


def _shares(text: str) -> Shares:
    try:
        return Shares.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
