"""What several commands take."""

import argparse
from typing import TypeAlias

from edge.config import ModelConfig
from edge.labels import LANGUAGES

#: What add_parser of the commands is called on.
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

SOURCE_HELP = "v4l2:NUMBER, or file: and a video, a picture, a folder or an rtsp:// address"


def add_model(command: argparse.ArgumentParser) -> None:
    default = ModelConfig().bundle
    command.add_argument(
        "--model",
        default=default,
        metavar="BUNDLE",
        help=f"name of a shipped bundle or a bundle's folder (default: {default})",
    )


def add_lang(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--lang", choices=LANGUAGES, default="en", help="language of the emotions' names (default: en)"
    )


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
