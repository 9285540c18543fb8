"""`mien run`: the daemon."""

import argparse
import signal
import threading
from pathlib import Path

from edge.commands.options import Commands
from edge.config import Config, load_config


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "run", help="the daemon", description="Runs until SIGTERM, SIGINT or the end of its source."
    )
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file (default: every key's own default)"
    )


def run(options: argparse.Namespace) -> None:
    config = load_config(options.config) if options.config else Config()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    from edge.service import run_daemon

    run_daemon(config, stop)
