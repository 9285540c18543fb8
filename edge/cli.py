"""The command `mien`. Parses, hands over, and ends with one line where something fails."""

import argparse
import importlib.metadata
import io
import logging
import os
import sys
from collections.abc import Sequence

from edge.commands import (
    bench,
    demo,
    doctor,
    homeassistant,
    notice,
    predict,
    run,
    schemas,
    service,
    simulate,
    timeline,
    view,
    watch,
)
from edge.errors import MienError
from edge.logs import CountingHandler
from edge.notify import JournalFormatter

_LOG_FORMAT = "%(levelname)s %(message)s"

#: In the order in which the help tells them.
_COMMANDS = (
    demo,
    run,
    view,
    predict,
    watch,
    timeline,
    homeassistant,
    simulate,
    schemas,
    notice,
    bench,
    doctor,
    service,
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = make_parser().parse_args(arguments)
    level = logging.DEBUG if options.debug else logging.INFO if options.command == "run" else logging.WARNING
    logging.basicConfig(level=level, handlers=[_log_handler()])
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may be no UTF-8; in JSON this is an escape
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options.run(options)
    except MienError as error:
        if options.debug:
            raise
        print(f"mien: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader, such as head, has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:  # such as a file that may not be written, or a name too long
        if options.debug:
            raise
        which = f"{error.filename}: " if error.filename else ""
        print(f"mien: {which}{(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1
    return 0


def _log_handler() -> logging.Handler:
    handler = CountingHandler(sys.stderr)
    formatter = JournalFormatter() if "JOURNAL_STREAM" in os.environ else logging.Formatter(_LOG_FORMAT)
    handler.setFormatter(formatter)
    return handler


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mien",
        description="Reads the apparent expression of faces before a camera and tells it over MQTT. "
        "No picture leaves this machine.",
    )
    parser.add_argument("--version", action="version", version=importlib.metadata.version("mien"))
    _add_debug(parser, default=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in _COMMANDS:
        module.add(commands)
        commands.choices[module.__name__.rpartition(".")[2]].set_defaults(run=module.run)
    for command in commands.choices.values():
        _add_debug(command, default=argparse.SUPPRESS)  # after the command, too, as people type it
    return parser


def _add_debug(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=default, help="show tracebacks and every log line"
    )


if __name__ == "__main__":
    sys.exit(main())
