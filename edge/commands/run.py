"""`mien run`: the daemon."""

import argparse
import os
import signal
import sys
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands.options import Commands, positive
from edge.config import Config, ViewConfig, load_config
from edge.errors import UsageError
from edge.notify import is_service

if TYPE_CHECKING:
    from edge.mqtt.recording import Existing
    from edge.service import Presenting
    from edge.view.link import Link


def add(commands: Commands) -> None:
    command = commands.add_parser(
        "run", help="the daemon", description="Runs until SIGTERM, SIGINT or the end of its source."
    )
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file (default: every key's own default)"
    )
    command.add_argument(
        "--record",
        type=Path,
        metavar="FILE",
        help="keep every message in it, as JSON lines; mien timeline draws it",
    )
    command.add_argument(
        "--record-max-mb", type=positive, default=256, metavar="N", help="it grows no larger, MB (default: 256)"
    )
    existing = command.add_mutually_exclusive_group()
    existing.add_argument("--append", action="store_true", help="go on at the end of the file of --record")
    existing.add_argument("--force", action="store_true", help="replace the file of --record")


def run(options: argparse.Namespace) -> None:
    config = load_config(options.config) if options.config else Config()
    stop = stop_by_signal()
    from edge.mqtt.recording import Recording
    from edge.service import run_daemon

    if (options.append or options.force) and not options.record:
        raise UsageError("--append and --force say what becomes of the file of --record, and there is none")
    recording = None
    if options.record:
        existing: Existing = "append" if options.append else "replace" if options.force else "refuse"
        recording = Recording(options.record, existing, round(options.record_max_mb * 1e6))
    load = partial(load_config, options.config) if options.config else None
    if run_daemon(config, stop, recording, presenting(config.view), load) and not is_service():
        _begin_anew(options)


def _begin_anew(options: argparse.Namespace) -> None:
    """Become another process of the same command, as systemd would start one; a recording goes on."""
    arguments = list(sys.orig_argv)
    if options.record and not options.append:
        arguments = [argument for argument in arguments if argument != "--force"] + ["--append"]
    os.execv(sys.executable, arguments)


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
