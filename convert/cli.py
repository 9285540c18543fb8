"""`mien-convert`: from a Keras model to an int8 bundle for the device, and to the Edge TPU."""

import argparse
import importlib.util
import logging
import shlex
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from edge.errors import MienError, MissingExtraError
from training.given import add_given, given_by

_MAX_LOSS = 0.5
_EPILOG = """\
other forms:
  mien-convert check BUNDLE|FILE.tflite   whether the Edge TPU runs every operation; names those that stay out
  mien-convert edgetpu BUNDLE             add the model compiled for the Edge TPU; needs edgetpu_compiler
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Returns:
        0 done, 1 failed or the Edge TPU does not run everything, 2 wrong usage.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = _parse(words)
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
    _prepare_tensorflow()
    from convert.bundling import convert
    from training.sources import find_source

    source = find_source(options.model, given_by(options))
    source.require_classes()
    card = convert(
        source,
        options.data,
        options.out,
        command=options.command_line,
        max_loss=options.max_loss,
        force=options.force,
        beside=options.beside,
    )
    for truth, found in card.metrics["PublicTest"]["int8"]["all"].items():
        print(f"{options.out}: int8 {100 * found['accuracy']:.2f}% on PublicTest against {truth}")
    return 0


def _prepare_tensorflow() -> None:
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError("convert", "tensorflow")
    from training.backend import prepare_backend

    if prepare_backend() != "tensorflow":
        raise MienError("conversion needs Keras on TensorFlow; unset KERAS_BACKEND")


def _check(options: argparse.Namespace) -> int:
    from convert.edgetpu import find_problems
    from convert.graph import read_graph
    from edge.emotion.bundle import load_bundle

    path: Path = options.model
    operations = read_graph(load_bundle(path).model_path if path.is_dir() else path)
    problems = find_problems(operations)
    for problem in problems:
        print(problem)
    runs = len(operations) - len(problems)
    print(f"{path}: the Edge TPU runs {runs} of {len(operations)} operations")
    return 1 if problems else 0


def _edgetpu(options: argparse.Namespace) -> int:
    from convert.edgetpu import compile_bundle

    print(compile_bundle(options.bundle))
    return 0


def _parse(words: list[str]) -> argparse.Namespace:
    """The first word chooses the form; anything but the name of another command is a model."""
    first = next((word for word in words if not word.startswith("-")), None)
    forms = {"check": _check_parser, "edgetpu": _edgetpu_parser}
    if first in forms:
        rest = list(words)
        rest.remove(first)
        return forms[first]().parse_args(rest)
    return _convert_parser().parse_args(words)


def _parser(command: str, description: str, **kwargs: object) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=command, description=description, **kwargs)  # type: ignore[arg-type]
    parser.add_argument("--debug", action="store_true", help="show a traceback where a command fails")
    return parser


def _convert_parser() -> argparse.ArgumentParser:
    parser = _parser(
        "mien-convert",
        "Make an int8 bundle from a Keras model and compare it with the float model on PublicTest.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_convert)
    parser.add_argument(
        "model", metavar="MODEL", help="a RUN of mien-train, a bundle, or a .keras, .h5 or .hdf5 file"
    )
    parser.add_argument(
        "--data", type=Path, required=True, help="fer2013.csv, a folder of pictures or a manifest"
    )
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
    add_given(parser)
    return parser


def _check_parser() -> argparse.ArgumentParser:
    parser = _parser("mien-convert check", "Say whether the Edge TPU runs every operation of a model.")
    parser.set_defaults(run=_check)
    parser.add_argument("model", metavar="BUNDLE|FILE.tflite", type=Path)
    return parser


def _edgetpu_parser() -> argparse.ArgumentParser:
    parser = _parser("mien-convert edgetpu", "Add the model compiled for the Edge TPU to a bundle.")
    parser.set_defaults(run=_edgetpu)
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="the bundle's folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
