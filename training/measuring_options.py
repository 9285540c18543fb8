"""What `mien-train evaluate` and `mien-train compare` take: every option with its help and default."""

import argparse
from pathlib import Path
from typing import Any

from training import option_types as types
from training.fit_options import DATA_HELP
from training.given import add_given
from training.intervals import Bootstrap

MODEL_HELP = (
    "a RUN, a bundle (its folder, or the name of a shipped one), or a model file: .keras, .h5, .hdf5 or .tflite"
)
_USUAL = Bootstrap()


def add_evaluate(commands: Any) -> None:
    parser = commands.add_parser(
        "evaluate", help="measure a model on PublicTest, and make a report of it that can be shown"
    )
    parser.add_argument("model", metavar="MODEL", help=MODEL_HELP)
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    add_given(parser)
    parser.add_argument(
        "--final",
        action="store_true",
        help="open PrivateTest instead; the look is written into the bundle's card (or the RUN) for good",
    )
    parser.add_argument(
        "--also-training",
        action="store_true",
        help="measure on Training and PublicTest together, too, as others publish it; no test, and slow",
    )
    _add_results(parser, "report.html, report.json and each chart as a PNG")
    parser.add_argument(
        "--no-pictures",
        action="store_true",
        help="leave faces out of the page; else it shows those, of your own data, on which the model was wrong",
    )


def add_compare(commands: Any) -> None:
    parser = commands.add_parser("compare", help="measure several models side by side on the same pictures")
    parser.add_argument(
        "models",
        metavar="MODEL",
        nargs="+",
        help=f"{MODEL_HELP}; or a regression on action units (.json), which needs --units",
    )
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument(
        "--units",
        type=Path,
        nargs="+",
        metavar="CSV",
        help="action units of PublicTest, as `mien-train explain units --data` writes them",
    )
    parser.add_argument(
        "--split",
        type=_public,
        default="PublicTest",
        metavar="PublicTest",
        help="the only one that models are compared on; PrivateTest is not for choosing",
    )
    parser.add_argument(
        "--against",
        choices=("labels", "raters", "raters_agree"),
        help="what is right: the data's labels, what most of FER+'s raters saw, or that where at least 6 of 10 "
        "agree (default raters where the data has votes, else labels)",
    )
    add_given(parser)
    parser.add_argument(
        "--repeats",
        type=types.at_least_zero,
        default=9,
        metavar="N",
        help="rounds in which the models are timed in turn; 0: not at all (default %(default)s)",
    )
    _add_results(parser, "compare.html, compare.json and each chart as a PNG")


def _add_results(parser: argparse.ArgumentParser, files: str) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, metavar="DIR", help=f"a folder of its own for {files}")
    parser.add_argument("--force", action="store_true", help="replace the report in --out")
    parser.add_argument(
        "--resamples",
        type=types.at_least_zero,
        default=_USUAL.resamples,
        metavar="N",
        help="bootstrap resamples for the 95%% intervals; 0: no intervals (default %(default)s)",
    )
    parser.add_argument(
        "--seed", type=types.at_least_zero, default=_USUAL.seed, help="of the resamples (default %(default)s)"
    )


def _public(text: str) -> str:
    if text.lower() not in ("publictest", "valid", "validation", "val"):
        raise argparse.ArgumentTypeError(
            f"{text}; expected PublicTest: Training was fitted to, and PrivateTest is not for choosing"
        )
    return "PublicTest"
