"""`mien view`: the aim page."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from edge.commands.options import SOURCE_HELP, Commands, positive
from edge.commands.run import show_link, stop_by_signal
from edge.config import Config, ViewConfig, load_config, parse_config
from edge.errors import UsageError

if TYPE_CHECKING:
    from edge.service import Presenting


def add(commands: Commands) -> None:
    default = ViewConfig()
    command = commands.add_parser(
        "view",
        help="a page that shows what the camera sees, for aiming it",
        description="Runs the daemon with its aim page on, until the page closes by itself. The camera can be "
        "opened once: where the service runs, stop it for as long, or set enabled in its table [view].",
    )
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file (default: every key's own default)"
    )
    command.add_argument("--source", metavar="SRC", help=f"{SOURCE_HELP} (default: the file's)")
    command.add_argument(
        "--host", metavar="H", help=f"0.0.0.0: open it to the network, unencrypted (default: {default.host})"
    )
    command.add_argument("--port", type=int, metavar="P", help=f"TCP port (default: {default.port})")
    command.add_argument(
        "--minutes", type=positive, metavar="N", help=f"closes after so many (default: {default.minutes:g})"
    )
    command.add_argument("--no-pictures", action="store_true", help="what is found in them alone, on grey")
    command.add_argument(
        "--terminal", action="store_true", help="draw it here, also over ssh, and serve no page"
    )
    command.add_argument("--link", action="store_true", help="show where the page of the service is, and end")


def run(options: argparse.Namespace) -> None:
    from edge.view.link import read_link

    if options.link:
        print(read_link().as_text())
        return
    config = _make_config(options)
    stop = stop_by_signal()
    from edge.service import run_daemon

    run_daemon(config, stop, presenting=_presenting(config, options.terminal, stop.set))


def _presenting(config: Config, in_terminal: bool, on_close: Callable[[], None]) -> "Presenting":
    if not in_terminal:
        from edge.view.serving import serving

        return partial(serving, config.view, show=show_link, on_close=on_close)
    from rich.console import Console

    from edge.view.terminal import drawing

    console = Console()
    if not console.is_terminal:
        raise UsageError("--terminal draws in a terminal, and standard output is none; try it without")
    if config.publish.to == "log":
        raise UsageError('publish.to is "log", whose lines would stand amid --terminal; expected "mqtt"')
    return partial(drawing, config.view, console=console, on_close=on_close)


def _make_config(options: argparse.Namespace) -> Config:
    """The file's, with what the command line says of it."""
    config = load_config(options.config) if options.config else Config()
    given = {
        "view": {
            "enabled": True,
            "host": options.host,
            "port": options.port,
            "minutes": options.minutes,
            "pictures": False if options.no_pictures else None,
        },
        "camera": {"source": options.source},
    }
    tables = config.model_dump(exclude_unset=True)
    for name, keys in given.items():
        tables[name] = tables.get(name, {}) | {key: value for key, value in keys.items() if value is not None}
    if options.source:
        tables["camera"]["loop"] = True
    return parse_config(tables)
