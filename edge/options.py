"""What `mien` takes on its command line: every option with its help, unit and default."""

import argparse
import importlib.metadata
from pathlib import Path

from edge.config import ModelConfig, MqttConfig
from edge.labels import LANGUAGES


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
    _add_schemas(commands)
    _add_bench(commands)
    _add_doctor(commands)
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


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "run", help="the daemon", description="Runs until SIGTERM, SIGINT or the end of its source."
    )
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file (default: every key's own default)"
    )


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
    command.add_argument("--force", action="store_true", help="replace annotated pictures that are there")
    _add_lang(command)


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
    command.add_argument("--tls", action="store_true", default=None, help="over TLS; the port is then 8883")
    command.add_argument("--ca-file", metavar="FILE", help="who signed the broker's certificate, PEM")
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file whose table [mqtt] says how to get there"
    )
    command.add_argument("--seconds", type=_positive, metavar="N", help="how long, seconds (default: no end)")
    command.add_argument("--svg", type=Path, metavar="FILE", help="at the end, write the table as a picture")
    command.add_argument("--force", action="store_true", help="replace the file of --svg")
    command.add_argument("--json", action="store_true", help="one line of JSON per message")
    _add_lang(command)


def _add_schemas(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "schemas",
        help="what each message holds, as JSON Schema",
        description="Prints one JSON object: the schema of each kind of message. Each device tells those of "
        "its own version in its topic info.",
    )
    command.add_argument("--out", type=Path, metavar="DIR", help="write DIR/KIND.json instead")
    command.add_argument("--force", action="store_true", help="replace files that are there")


def _add_bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "bench",
        help="stage times, frames per second, memory, on this machine",
        description="Runs every frame through mien's loop and through the plain one (Haar on the whole frame, "
        "every box classified), each with one OpenCV and one LiteRT thread.",
    )
    command.add_argument("--source", metavar="SRC", help=f"{_SOURCE_HELP} (default: a made clip of 640x480)")
    command.add_argument(
        "--faces", type=_count, default=1, metavar="N", help="how many are in the made clip (default: 1)"
    )
    command.add_argument(
        "--paced",
        action="store_true",
        help="measure the CPU at the camera's rate by waiting for each frame; half a minute more",
    )
    command.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw a picture of the figures")
    command.add_argument("--force", action="store_true", help="replace the file of --plot")
    command.add_argument(
        "--frames", type=_count, default=600, metavar="N", help="how many frames at most (default: 600)"
    )
    command.add_argument("--json", action="store_true", help="one JSON object")
    _add_model(command)


def _add_doctor(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = commands.add_parser(
        "doctor",
        help="what is wrong with this device, and the command that mends it",
        description="Looks at system, runtime, model, Coral, camera, broker, clock, power, disk and the "
        "service. Changes nothing and needs no root. Exit 0 where nothing failed, else 1.",
    )
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="TOML file (default: /etc/mien/mien.toml where it is there, else every key's own default)",
    )
    command.add_argument("--json", action="store_true", help="one JSON list: check, status, what, why, fix")


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
