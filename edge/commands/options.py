"""What several commands take."""

import argparse
from pathlib import Path
from typing import TypeAlias

from edge.config import Config, ModelConfig, MqttConfig, load_config, parse_config
from edge.labels import LANGUAGES

#: What add_parser of the commands is called on.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

SOURCE_HELP = "v4l2:NUMBER, or file: and a video, a picture, a folder or an rtsp:// address"


def add_model(command: argparse.ArgumentParser, auto: str = "mien, or mini_xception on a slow machine") -> None:
    default = ModelConfig().bundle
    command.add_argument(
        "--model",
        default=default,
        metavar="BUNDLE",
        help=f"name of a shipped bundle or a bundle's folder; auto: {auto} (default: {default})",
    )


def add_lang(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lang", choices=LANGUAGES, default="en", help="language of the emotions' names (default: en)"
    )


def add_broker(command: argparse.ArgumentParser) -> None:
    """How to get to the broker; `read_broker` reads it."""
    defaults = MqttConfig()
    command.add_argument("--host", metavar="H", help=f"the broker (default: {defaults.host})")
    command.add_argument("--port", type=int, metavar="P", help=f"its TCP port (default: {defaults.port})")
    command.add_argument("--mqtt-user", metavar="NAME", help="name for the broker (default: none)")
    command.add_argument(
        "--mqtt-password-file", metavar="FILE", help="file whose first line is the password (default: none)"
    )
    command.add_argument("--tls", action="store_true", default=None, help="over TLS; the port is then 8883")
    command.add_argument("--ca-file", metavar="FILE", help="who signed the broker's certificate, PEM")
    command.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file whose table [mqtt] says how to get there"
    )


def read_broker(options: argparse.Namespace) -> Config:
    """The configuration of `--config`, with what other options say of the broker and the device."""
    config = load_config(options.config) if options.config else Config()
    tables = config.model_dump(exclude_unset=True)
    given = {
        "host": options.host,
        "port": options.port,
        "username": options.mqtt_user,
        "password_file": options.mqtt_password_file,
        "tls": options.tls,
        "ca_file": options.ca_file,
    }
    mqtt = {key: value for key, value in given.items() if value is not None}
    device = {} if options.device is None else {"id": options.device}
    tables["mqtt"] = tables.get("mqtt", {}) | mqtt
    tables["device"] = tables.get("device", {}) | device
    return parse_config(tables)


def positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}; expected a number above 0")
    return value


def count(text: str) -> int:
    value = int(text) if text.isdecimal() else 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}; expected a whole number from 1")
    return value
