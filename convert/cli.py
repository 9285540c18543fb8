"""`mien-convert`: from a Keras model to an int8 bundle for the device, and to the Edge TPU."""

import argparse
import logging
import shlex
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from convert.calibration import FACES_PER_CLASS
from convert.forms import (
    DATA_HELP,
    EPILOG,
    count,
    crop_margin,
    new_parser,
    parse_form,
    prepare_tensorflow,
    tell_compilation,
)
from edge.errors import MienError, MissingExtraError
from training.given import add_given, given_by
from training.option_types import up_to_one

if TYPE_CHECKING:
    from edge.emotion.bundle import Card
    from training.sources import Source

logger = logging.getLogger(__name__)

_MAX_LOSS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 done, 1 failed or the Edge TPU does not run everything, 2 wrong usage.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = parse(words)
    options.command_line = shlex.join(["mien-convert", *words])
    logging.basicConfig(format="%(message)s", stream=sys.stderr, level=logging.WARNING)
    for package in ("edge", "training", "convert"):
        logging.getLogger(package).setLevel(logging.DEBUG if options.debug else logging.INFO)
    try:
        return int(options.run(options))
    except (MienError, OSError) as error:
        return _fail(str(error), getattr(error, "exit_status", 1), options.debug)
    except ModuleNotFoundError as error:
        missing = MissingExtraError("convert", error.name or "a package")
        return _fail(str(missing), missing.exit_status, options.debug)
    except KeyboardInterrupt:
        return _fail("stopped", 1, options.debug)


def _fail(message: str, status: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(f"mien-convert: {message}", file=sys.stderr)
    return status


def _convert(options: argparse.Namespace) -> int:
    prepare_tensorflow()
    from rich.console import Console

    from convert.bundling import convert
    from convert.compiler import compile_bundle, is_installed
    from convert.parity_pages import as_tables
    from training.sources import find_source

    source = find_source(options.model, given_by(options))
    source.require_classes()
    if options.crop_margin is not None:
        source = replace(source, crop_margin=options.crop_margin)
    if source.is_tflite:
        return _import_tflite(source, options)
    card = convert(
        source,
        options.data,
        options.out,
        command=options.command_line,
        max_loss=options.max_loss,
        force=options.force,
        beside=options.beside,
        calibration_faces=options.calibration_faces,
        class_balance=options.class_balance,
    )
    _tell_accuracy(card, options.out)
    Console(width=120).print(as_tables({**card.conversion["parity"], "bundle": card.name}))
    if is_installed():
        tell_compilation(options.out, compile_bundle(options.out))
    else:
        logger.info("for a Coral: mien-convert edgetpu %s", options.out)
    return 0


def _import_tflite(source: "Source", options: argparse.Namespace) -> int:
    from convert.imports import import_tflite

    card = import_tflite(source, options.data, options.out, command=options.command_line, force=options.force)
    _tell_accuracy(card, options.out)
    return 0


def _tell_accuracy(card: "Card", out: Path) -> None:
    for truth, found in card.metrics["PublicTest"]["int8"]["all"].items():
        print(f"{out}: int8 {100 * found['accuracy']:.2f}% on PublicTest against {truth}")


def parse(words: list[str]) -> argparse.Namespace:
    """The first word chooses the form; anything but the name of another command is a model."""
    return parse_form(words) or make_parser().parse_args(words)


def make_parser() -> argparse.ArgumentParser:
    parser = new_parser(
        "mien-convert",
        "Make an int8 bundle from a Keras model and compare it with the float model on PublicTest.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_convert)
    parser.add_argument(
        "model",
        metavar="MODEL",
        help="a RUN of mien-train, a bundle, a .keras, .h5 or .hdf5 file, a quantized .tflite file, or a zip "
        "of Teachable Machine",
    )
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument("--out", type=Path, required=True, help="the bundle's folder, such as models/NAME")
    parser.add_argument("--force", action="store_true", help="replace the bundle in --out")
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="BUNDLE",
        help="one of the same network fitted to other labels, whose figures go on the card, too (default none)",
    )
    parser.add_argument(
        "--max-loss",
        type=float,
        default=_MAX_LOSS,
        metavar="POINTS",
        help=f"fail where int8 loses more points of accuracy than this (default {_MAX_LOSS})",
    )
    parser.add_argument(
        "--calibration-faces",
        type=count,
        default=FACES_PER_CLASS,
        metavar="N",
        help=f"faces of each class that choose the ranges of the tensors (default {FACES_PER_CLASS})",
    )
    parser.add_argument(
        "--class-balance",
        type=up_to_one,
        default=0.0,
        metavar="SHARE",
        help="how much it counts that every class is found alike, however rare: 0 (default) is right most "
        "often, 1 minds all classes alike; between, rare ones are found more often at some cost to the others",
    )
    parser.add_argument(
        "--crop-margin",
        type=crop_margin,
        metavar="SHARE",
        help="how much devices add around the finder's box, on each side, as a share of it (default as the "
        "bundle or the prepared faces have it, else 0); `mien-train scenes margin` measures it",
    )
    add_given(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
