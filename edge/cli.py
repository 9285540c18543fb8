"""The command `mien`. Parses, dispatches, prints; everything else is imported when it is needed."""

import argparse
import importlib.metadata
import io
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from edge.config import Config, ModelConfig, MqttConfig, load_config, parse_config, read_password
from edge.errors import MienError, PictureError
from edge.labels import LANGUAGES


def main(arguments: Sequence[str] | None = None) -> int:
    options = make_parser().parse_args(arguments)
    level = logging.DEBUG if options.debug else logging.INFO if options.command == "run" else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(message)s", stream=sys.stderr)
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may be no UTF-8; in JSON this is an escape
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options.act(options)
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


def _run(options: argparse.Namespace) -> None:
    config = load_config(options.config) if options.config else Config()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    from edge.service import run_daemon

    run_daemon(config, stop)


def _predict(options: argparse.Namespace) -> None:
    from edge.predict import PictureRun, expand

    paths = expand(options.pictures)
    run = PictureRun(paths, options.model, detect=not options.no_detect, annotate_to=options.annotate)
    lines = run.json_lines() if options.json else run.text_lines(options.lang)
    for line in lines:
        print(line)
    if run.skipped == len(paths):
        raise PictureError(f"none of {len(paths)} pictures could be read, see above")
    if run.skipped:
        print(f"mien: {run.skipped} of {len(paths)} pictures could not be read, see above", file=sys.stderr)


def _watch(options: argparse.Namespace) -> None:
    from rich.console import Console

    from edge.mqtt.publisher import message_line
    from edge.mqtt.subscriber import Subscriber, until
    from edge.watch import Board, save_table, show

    given = {
        "host": options.host,
        "port": options.port,
        "username": options.mqtt_user,
        "password_file": options.mqtt_password_file,
    }
    device = {"id": options.device} if options.device is not None else {}
    table = {key: value for key, value in given.items() if value is not None}
    mqtt = parse_config({"device": device, "mqtt": table}).mqtt
    deadline_s = time.monotonic() + options.seconds if options.seconds else None
    subscriber = Subscriber(mqtt, read_password(mqtt), options.device)
    try:
        messages = subscriber.messages(patience_s=0.2)
        if options.json:
            for message in messages:
                if message:
                    print(message_line(*message), flush=True)
                if not until(deadline_s):
                    break
        else:
            board = Board(options.lang)
            show(messages, board, Console(), lambda: until(deadline_s))
            if options.svg:
                save_table(board, options.svg)
    finally:
        subscriber.close()


def _demo(options: argparse.Namespace) -> None:
    from rich.console import Console

    from edge.demo import running_demo
    from edge.mqtt.publisher import message_line
    from edge.watch import Board, show

    console = Console(stderr=True) if options.json else Console()
    board = Board(options.lang, tail=5)
    if not options.json:
        clip = "" if options.source else "making a clip, "
        console.print(f"mien demo: {clip}starting a broker on loopback …", style="dim")
    with running_demo(options.source, options.model) as demo:
        messages = demo.messages(options.seconds)
        if options.json:
            for message in messages:
                if message:
                    print(message_line(*message), flush=True)
            return
        show(messages, board, console, lambda: True)
    console.print(board.summary())
    console.print("your own camera: mien demo --source v4l2:0    the daemon: mien run --help", style="dim")


def _bench(options: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from edge.bench import bench, format_bench

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("frames through both loops", total=options.frames)
        figures = bench(
            options.source, options.model, options.frames, lambda done: bar.update(task, completed=done)
        )
    print(json.dumps(figures) if options.json else format_bench(figures))


def make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mien",
        description="Reads the apparent expression of faces before a camera and tells it over MQTT. "
        "No picture leaves this machine.",
    )
    parser.add_argument("--version", action="version", version=importlib.metadata.version("mien"))
    _add_debug(parser, default=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_run(commands)
    _add_predict(commands)
    _add_watch(commands)
    _add_bench(commands)
    for command in commands.choices.values():
        _add_debug(command, default=argparse.SUPPRESS)  # after the command, too, as people type it
    return parser


def _add_debug(parser: argparse.ArgumentParser, default: object) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=default, help="show tracebacks and every log line"
    )


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "demo",
        help="everything on one machine: broker, daemon, subscriber",
        description="Runs an embedded MQTT broker on loopback, the daemon on a made clip, and a subscriber "
        "that shows the messages. Needs no camera, no broker, no data.",
    )
    command.add_argument("--source", metavar="SRC", help=f"{_SOURCE_HELP} (default: a made clip)")
    command.add_argument(
        "--seconds", type=_positive, default=20.0, metavar="N", help="how long, seconds (default: 20)"
    )
    command.add_argument("--json", action="store_true", help="one line of JSON per message")
    _add_model(command)
    _add_lang(command)
    command.set_defaults(act=_demo)


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "run", help="the daemon", description="Runs until SIGTERM, SIGINT or the end of its source."
    )
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file (default: every key's own default)"
    )
    command.set_defaults(act=_run)


def _add_predict(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "predict",
        help="faces in pictures",
        description="Finds faces in pictures and tells their apparent expression. A picture that cannot be "
        "read is named, counted and left out.",
    )
    command.add_argument("pictures", nargs="+", metavar="PICTURE", help="a picture, or a folder of them")
    _add_model(command)
    command.add_argument("--no-detect", action="store_true", help="each picture is a face crop already")
    command.add_argument("--json", action="store_true", help="one JSON list of all pictures")
    command.add_argument(
        "--annotate",
        type=Path,
        metavar="OUT",
        help="write the picture with its boxes: a file, or a folder for several pictures",
    )
    _add_lang(command)
    command.set_defaults(act=_predict)


def _add_watch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    defaults = MqttConfig()
    command = commands.add_parser(
        "watch", help="a live table of what a broker carries", description="Ends with Ctrl-C."
    )
    command.add_argument("--host", metavar="H", help=f"the broker (default: {defaults.host})")
    command.add_argument("--port", type=int, metavar="P", help=f"its TCP port (default: {defaults.port})")
    command.add_argument("--device", metavar="D", help="one device only (default: all)")
    command.add_argument("--mqtt-user", metavar="NAME", help="name for the broker (default: none)")
    command.add_argument(
        "--mqtt-password-file", metavar="FILE", help="file whose first line is the password (default: none)"
    )
    command.add_argument("--seconds", type=_positive, metavar="N", help="how long, seconds (default: no end)")
    command.add_argument("--svg", type=Path, metavar="FILE", help="at the end, write the table as a picture")
    command.add_argument("--json", action="store_true", help="one line of JSON per message")
    _add_lang(command)
    command.set_defaults(act=_watch)


def _add_bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "bench",
        help="stage times, frames per second, memory, on this machine",
        description="Runs every frame through mien's loop and through the plain one (Haar on the whole frame, "
        "every box classified), each with one OpenCV and one LiteRT thread.",
    )
    command.add_argument(
        "--source", metavar="SRC", help=f"{_SOURCE_HELP} (default: a made clip of one face, 640x480)"
    )
    command.add_argument(
        "--frames", type=_count, default=600, metavar="N", help="how many frames at most (default: 600)"
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    _add_model(command)
    command.set_defaults(act=_bench)


_SOURCE_HELP = "v4l2:NUMBER, or file: and a video, a picture, a folder or an rtsp:// address"


def _add_model(command: argparse.ArgumentParser) -> None:
    default = ModelConfig().bundle
    command.add_argument(
        "--model",
        default=default,
        metavar="BUNDLE",
        help=f"name of a shipped bundle or a bundle's folder (default: {default})",
    )


def _add_lang(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lang", choices=LANGUAGES, default="en", help="language of the emotions' names (default: en)"
    )


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}; expected a number above 0")
    return value


def _count(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected a whole number from 1")
    return value


if __name__ == "__main__":
    sys.exit(main())
