"""What `mien-train` takes on its command line: every option with its help and default."""

import argparse
from pathlib import Path
from typing import Any

from training.networks import NAMES
from training.runs import FitConfig

_DEFAULTS = FitConfig()
REPORT_FILE = "evaluation.json"


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mien-train", description="Fit a network on FER2013 and measure it honestly."
    )
    _add_debug(parser, default=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_fit(commands)
    _add_evaluate(commands)
    _add_bench(commands)
    networks = commands.add_parser("networks", help="list the networks and their size")
    networks.add_argument("--json", action="store_true", help="print JSON")
    for command in commands.choices.values():
        _add_debug(command, default=argparse.SUPPRESS)  # after the command, too, as people type it
    return parser


def _add_debug(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=default, help="show a traceback where a command fails"
    )


def _add_fit(commands: Any) -> None:
    parser = commands.add_parser("fit", help="fit a network on Training, choose the checkpoint on PublicTest")
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv or a folder of FER2013")
    parser.add_argument("--out", type=Path, required=True, help="the RUN folder to write")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out, if it holds one")
    parser.add_argument("--force", action="store_true", help="replace the run in --out")

    def option(name: str, text: str, **kwargs: Any) -> None:
        default = getattr(_DEFAULTS, name.replace("-", "_"))
        # suppressed, so that --resume can tell what was named from what was not
        parser.add_argument(
            f"--{name}", default=argparse.SUPPRESS, help=f"{text} (default {default})", **kwargs
        )

    option("network", "which network", choices=NAMES)
    parser.add_argument(
        "--labels",
        default=argparse.SUPPRESS,
        choices=("fer2013", "ferplus", "mix"),
        help="fit to FER2013's labels, to FER+'s votes, or half to each; the checkpoint is chosen by accuracy "
        "on FER2013's labels for fer2013, on the raters' plurality for ferplus and mix (default ferplus where "
        "fer2013new.csv stands beside fer2013.csv, else fer2013)",
    )
    option("ferplus", "votes as shares or as the class of most votes", choices=("distribution", "majority"))
    option("epochs", "passes over Training", type=_at_least_one)
    option("batch-size", "faces per step", type=_at_least_one)
    option("learning-rate", "highest step size", type=_positive)
    option("warmup-epochs", "epochs until the learning rate is at its highest", type=_at_least_zero)
    option("weight-decay", "AdamW's, on kernels", type=_share)
    option("label-smoothing", "share of each target that is spread over all classes, 0 to 1", type=_share)
    option(
        "augmentation",
        "how strongly faces are disturbed; 1: as boxes and cameras do, 0: not",
        type=_up_to_one,
    )
    option("averaging", "momentum per batch of the averaged weights, 0 to 1", type=_share)
    option("seed", "of everything random", type=_at_least_zero)


def _add_bench(commands: Any) -> None:
    parser = commands.add_parser(
        "bench", help="what an epoch costs here, and whether the making of batches hides behind the arithmetic"
    )
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv or a folder of FER2013")
    parser.add_argument("--network", choices=NAMES, default=_DEFAULTS.network, help="(default %(default)s)")
    parser.add_argument(
        "--batch-size", type=_at_least_one, default=_DEFAULTS.batch_size, help="faces (default %(default)s)"
    )
    parser.add_argument(
        "--batches", type=_at_least_one, default=40, help="batches in a block (default %(default)s)"
    )
    parser.add_argument(
        "--blocks", type=_at_least_one, default=5, help="counted blocks of each kind (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="measure a RUN or a bundle on PublicTest")
    parser.add_argument("model", metavar="RUN|BUNDLE", help="a folder, or the name of a shipped bundle")
    parser.add_argument("--data", type=Path, required=True, help="fer2013.csv or a folder of FER2013")
    parser.add_argument(
        "--final",
        action="store_true",
        help="open PrivateTest instead; the look is written into the bundle's card (or the RUN) for good",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--out", type=Path, help=f"a folder for {REPORT_FILE} and the confusion matrices")
    parser.add_argument("--force", action="store_true", help="replace the report in --out")


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected 1 or more")
    return value


def _at_least_zero(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 or more")
    return value


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 or more and below 1")
    return value


def _up_to_one(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text}; expected 0 to 1")
    return value


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text}; expected above 0")
    return value
