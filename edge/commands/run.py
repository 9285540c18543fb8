"""`mien run`: the daemon."""

import argparse
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands.options import Commands
from edge.config import Config, ViewConfig, load_config

if TYPE_CHECKING:
    from edge.service import Presenting
    from edge.view.link import Link


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "run", help="the daemon", description="Runs until SIGTERM, SIGINT or the end of its source."
    )
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file (default: every key's own default)"
    )


def run(options: argparse.Namespace) -> None:
    config = load_config(options.config) if options.config else Config()
    from edge.service import run_daemon

    run_daemon(config, stop_by_signal(), presenting(config.view))


def presenting(view: ViewConfig) -> "Presenting | None":
    """The aim page, where it is wanted. To a person at a terminal its link is shown."""
    if not view.enabled:
        return None
    from edge.view.serving import serving

    return partial(serving, view, show=show_link if sys.stderr.isatty() else None, is_needed=False)


def show_link(link: "Link") -> None:
    print(link.as_text(), file=sys.stderr, flush=True)


def stop_by_signal() -> threading.Event:
    """What SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
