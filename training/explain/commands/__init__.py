"""`mien-train explain`: each of its commands is a module with `add(commands)` and `run(options)`.

`add` adds the command to the parser and imports nothing heavy; `run` is called with what was parsed.
"""

import argparse
from importlib import import_module
from typing import Any

from training.explain.commands import face, fit, network, practice, units

_COMMANDS = (units, fit, face, network, practice)


def add_explain(commands: Any) -> None:
    parser = commands.add_parser(
        "explain",
        help="why a face looks as it does: action units, and a regression on them that people can read",
        description="Measure action units (FACS), fit a regression on them, and give reasons for what it and a "
        "network say of a face's apparent expression.",
    )
    steps = parser.add_subparsers(dest="step", required=True, metavar="STEP")
    for command in _COMMANDS:
        command.add(steps)


def run_explain(options: argparse.Namespace) -> None:
    import_module(f"training.explain.commands.{options.step}").run(options)
