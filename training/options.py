"""What `mien-train` takes on its command line: every option with its help and default."""

import argparse
from pathlib import Path
from typing import Any

from training.ablation.command import add_ablate
from training.classes import parse_names
from training.config import FitConfig
from training.explain.commands import add_explain
from training.fit_options import DATA_HELP, add_finetune, add_fit
from training.measuring_options import add_compare, add_evaluate
from training.networks import NAMES
from training.option_types import at_least_one
from training.prepare.command import add_prepare
from training.robustness_command import add_robustness
from training.scenes_command import add_scenes
from training.trials.command import add_moods, add_quality

_DEFAULTS = FitConfig()


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mien-train", description="Fit a network to faces and measure it honestly."
    )
    _add_debug(parser, default=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_prepare(commands)
    add_fit(commands)
    add_finetune(commands)
    add_evaluate(commands)
    add_compare(commands)
    add_explain(commands)
    _add_bench(commands)
    add_scenes(commands)
    add_moods(commands)
    add_quality(commands)
    add_robustness(commands)
    add_ablate(commands)
    networks = commands.add_parser("networks", help="list the networks and their size")
    networks.add_argument("--json", action="store_true", help="print JSON")
    networks.add_argument(
        "--classes", type=_count_or_names, default=7, metavar="N|a,b,c", help="outputs (default %(default)s)"
    )
    networks.add_argument("--input-size", type=at_least_one, help="pixels a side (default each network's own)")
    for command in commands.choices.values():
        _add_debug(command, default=argparse.SUPPRESS)  # after the command, too, as people type it
    return parser


def _add_debug(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=default, help="show a traceback where a command fails"
    )


def _add_bench(commands: Any) -> None:
    parser = commands.add_parser(
        "bench", help="what an epoch costs here, and whether the making of batches hides behind the arithmetic"
    )
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument("--network", choices=NAMES, default=_DEFAULTS.network, help="(default %(default)s)")
    parser.add_argument(
        "--batch-size", type=at_least_one, default=_DEFAULTS.batch_size, help="faces (default %(default)s)"
    )
    parser.add_argument(
        "--batches", type=at_least_one, default=40, help="batches in a block (default %(default)s)"
    )
    parser.add_argument(
        "--blocks", type=at_least_one, default=5, help="counted blocks of each kind (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _count_or_names(text: str) -> int:
    return int(text) if text.isdigit() and int(text) > 1 else len(parse_names(text))
