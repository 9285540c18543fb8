"""The other forms of `mien-convert`: check, edgetpu, parity, calibrate; their options, and what they do."""

import argparse
import importlib.util
import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import MienError, MissingExtraError
from edge.files import refuse_existing, write_text
from training.given import add_given, given_by

if TYPE_CHECKING:
    from convert.compiler_log import CompilerLog

DATA_HELP = "fer2013.csv, a folder of pictures or a manifest"
EPILOG = """\
other forms:
  mien-convert check BUNDLE|FILE.tflite     whether the Edge TPU runs every operation; names those that stay out
  mien-convert edgetpu BUNDLE               add the model compiled for the Edge TPU, or say how to compile it
  mien-convert parity BUNDLE --data DATA    float, int8 and the reference kernels compared, face by face
  mien-convert calibrate MODEL --data DATA  how many faces the calibration needs
"""
PARITY_NAMES = ("parity.json", "parity.md", "parity.html")
#: So many faces a class and seeds: a table that took an hour would be made by nobody.
_COUNTS = (10, 50, 100, 200, 400)
_SEEDS = 3


def new_parser(command: str, description: str, **kwargs: object) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=command, description=description, **kwargs)  # type: ignore[arg-type]
    parser.add_argument("--debug", action="store_true", help="show a traceback where a command fails")
    return parser


def check_parser() -> argparse.ArgumentParser:
    parser = new_parser("mien-convert check", "Say whether the Edge TPU runs every operation of a model.")
    parser.set_defaults(run=_check)
    parser.add_argument(
        "model", metavar="BUNDLE|FILE.tflite", type=Path, help="a bundle's folder, or a TFLite file"
    )
    return parser


def _check(options: argparse.Namespace) -> int:
    from convert.edgetpu import find_problems
    from convert.graph import read_graph
    from edge.emotion.bundle import load_bundle

    path: Path = options.model
    operations = read_graph(path if path.suffix == ".tflite" else load_bundle(path).model_path)
    problems = find_problems(operations)
    for problem in problems:
        print(problem)
    runs = len(operations) - len(problems)
    print(f"{path}: the Edge TPU runs {runs} of {len(operations)} operations")
    return 1 if problems else 0


def edgetpu_parser() -> argparse.ArgumentParser:
    parser = new_parser("mien-convert edgetpu", "Add the model compiled for the Edge TPU to a bundle.")
    parser.set_defaults(run=_edgetpu)
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="the bundle's folder")
    parser.add_argument(
        "--compiled",
        type=Path,
        metavar="FOLDER",
        help="what edgetpu_compiler -s -o FOLDER BUNDLE/model.tflite wrote elsewhere (default: run it here)",
    )
    return parser


def _edgetpu(options: argparse.Namespace) -> int:
    from convert.compiler import HOW_TO_GET_IT, CompilerMissingError, add_compiled, compile_bundle

    folder, compiled = options.bundle, options.compiled
    try:
        tell_compilation(folder, add_compiled(folder, compiled) if compiled else compile_bundle(folder))
    except CompilerMissingError:
        print(HOW_TO_GET_IT)
        raise
    return 0


def tell_compilation(bundle: Path, log: "CompilerLog") -> None:
    def size(count: int | None) -> str:
        return "?" if count is None else f"{count / 1024:,.1f} KiB"

    print(
        f"{bundle}: the Edge TPU runs all {log.operations} operations; {size(log.on_chip_bytes)} of parameters "
        f"in its memory ({size(log.on_chip_free_bytes)} free), {size(log.off_chip_bytes)} sent for each face"
    )


def parity_parser() -> argparse.ArgumentParser:
    parser = new_parser(
        "mien-convert parity",
        "Compare a bundle's float network, its int8 by XNNPACK, as on devices, and by the reference kernels.",
    )
    parser.set_defaults(run=_parity)
    parser.add_argument("bundle", metavar="BUNDLE", help="a folder, or the name of a shipped bundle")
    parser.add_argument("--data", type=Path, required=True, help=f"{DATA_HELP}; PublicTest is compared")
    parser.add_argument("--faces", type=count, metavar="N", help="so many, drawn by chance (default all)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"write {', '.join(PARITY_NAMES)} there")
    parser.add_argument("--force", action="store_true", help="replace the report in --out")
    return parser


def _parity(options: argparse.Namespace) -> int:
    prepare_tensorflow()
    from convert.parity_pages import as_html, as_markdown, as_tables
    from convert.parity_report import measure_parity
    from edge.emotion.bundle import load_bundle
    from training.datasets import Split, load_splits

    if options.out is not None:
        refuse_existing(options.out / PARITY_NAMES[0], options.force)
    bundle = load_bundle(options.bundle)
    card = bundle.card
    faces = load_splits(options.data, (Split.PUBLIC,), classes=card.classes, side_px=card.input.side_px)
    public = faces[Split.PUBLIC]
    with progress("faces", min(options.faces or len(public), len(public))) as done:
        report = measure_parity(bundle, public, options.faces, done)
    report = {**report, "bundle": card.name, "digest": bundle.digest, "command": options.command_line}
    if options.out is not None:
        texts = (json.dumps(report, indent=2) + "\n", as_markdown(report), as_html(report))
        for name, text in zip(PARITY_NAMES, texts, strict=True):
            write_text(options.out / name, text)
    print_report(report, lambda: as_tables(report), as_json=options.json)
    return 0


def calibrate_parser() -> argparse.ArgumentParser:
    parser = new_parser(
        "mien-convert calibrate",
        "Convert a network with few and with many calibration faces, and tell what each loses on PublicTest.",
    )
    parser.set_defaults(run=_calibrate)
    parser.add_argument("model", metavar="MODEL", help="a RUN of mien-train, a bundle or a Keras file")
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument(
        "--faces",
        type=lambda text: tuple(count(word) for word in text.split(",")),
        default=_COUNTS,
        metavar="N,N,…",
        help=f"how many of each class (default {','.join(map(str, _COUNTS))})",
    )
    parser.add_argument(
        "--seeds", type=count, default=_SEEDS, metavar="N", help=f"choices of faces (default {_SEEDS})"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE.json",
        help="keep what is done there; a trial that was stopped goes on",
    )
    add_given(parser)
    return parser


def _calibrate(options: argparse.Namespace) -> int:
    prepare_tensorflow()
    from convert.calibration_trial import as_table, run_trials, summaries
    from training.metrics import main_truth
    from training.sources import find_source

    source = find_source(options.model, given_by(options))
    source.require_keras()
    source.require_classes()
    with progress("conversions", len(options.faces) * options.seeds) as done:
        rows = run_trials(source, options.data, options.faces, range(options.seeds), options.out, done)
    document = {"v": 1, "command": options.command_line, "summary": list(summaries(rows)), "rows": rows}
    print_report(document, lambda: as_table(rows, main_truth(rows[0]["lost"])), as_json=options.json)
    return 0


def prepare_tensorflow() -> None:
    """Let Keras compute by TensorFlow, whose converter it is.

    Raises:
        MienError: it is not installed, or another backend is asked for.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingExtraError("convert", "tensorflow")
    from training.backend import prepare_backend

    if prepare_backend() != "tensorflow":
        raise MienError("conversion needs Keras on TensorFlow; unset KERAS_BACKEND")


def print_report(document: Mapping[str, Any], tables: Callable[[], Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(document, indent=2))
        return
    from rich.console import Console

    Console(width=120).print(tables())


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on stderr, where that is a terminal; gives what moves it."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(file=sys.stderr)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda count: bar.update(task, completed=count)


def count(text: str) -> int:
    if not text.strip().isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def crop_margin(text: str) -> float:
    """A share of the detector's box; the card refuses others, too."""
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not -0.5 < share <= 2:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a share above -0.5 and at most 2, such as 0.05")
    return share


FORMS: Mapping[str, Callable[[], argparse.ArgumentParser]] = {
    "check": check_parser,
    "edgetpu": edgetpu_parser,
    "parity": parity_parser,
    "calibrate": calibrate_parser,
}


def parse_form(words: Sequence[str]) -> argparse.Namespace | None:
    """The options of another form, if the first word names one; None: the words are of the main form."""
    first = next((word for word in words if not word.startswith("-")), None)
    if first is None or first not in FORMS:
        return None
    rest = list(words)
    rest.remove(first)
    return FORMS[first]().parse_args(rest)
