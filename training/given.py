"""What a model file does not say of itself, as the user gives it: asked for by option, never guessed."""

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from edge.errors import UsageError
from training.classes import canonical, parse_names

Range = tuple[float, float]

#: The pictures that a network of three channels was fitted to. It gets a grey face in all three in any case.
Colour = Literal["gray", "rgb", "bgr"]

#: More than this is no list of classes; a file is read no further.
_MAX_LABELS_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Given:
    """What options say of a model file.

    Attributes:
        value_range: what 0 and 255 become in the input.
        classes: in the order of the output.
        colour: the pictures that a network of three channels was fitted to.
    """

    value_range: Range | None = None
    classes: tuple[str, ...] | None = None
    colour: Colour | None = None


NOTHING_GIVEN = Given()


def add_given(parser: Any) -> None:
    """The options for it, for every command that takes a model file; see `given_by`."""
    parser.add_argument(
        "--value-range",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="what 0 and 255 become in the input, where a model file does not say (such as -1 1, or 0 1)",
    )
    names = parser.add_mutually_exclusive_group()
    names.add_argument(
        "--classes",
        type=parse_names,
        metavar="A,B,…",
        help="the classes in the order of the output, where a model file does not say",
    )
    names.add_argument(
        "--labels", type=Path, metavar="FILE", help="the same from a labels.txt, one class a line"
    )
    add_colour(parser)


def add_colour(parser: Any) -> None:
    parser.add_argument(
        "--colour",
        choices=get_args(Colour),
        help="the pictures that a network of three channels was fitted to, where a model file does not say; "
        "here it gets the grey face in all three",
    )


def given_by(options: argparse.Namespace) -> Given:
    """What the options of `add_given` say.

    Raises:
        UsageError: a range that does not rise, fewer than two classes, one twice, or no such file.
    """
    classes = _checked(options.classes, "--classes") if options.classes else None
    if options.labels:
        classes = read_labels(options.labels)
    return Given(check_range(options.value_range), classes, options.colour)


def check_range(value_range: Sequence[float] | None) -> Range | None:
    """As `--value-range` gives it.

    Raises:
        UsageError: it does not rise.
    """
    if value_range is None:
        return None
    low, high = value_range
    if not -math.inf < low < high < math.inf:
        raise UsageError(f"--value-range is {low:g} {high:g}; expected two numbers, the lower one first")
    return low, high


def read_labels(path: Path) -> tuple[str, ...]:
    """The classes of a labels.txt: one a line, with or without its number before it, as in "0 happy".

    Raises:
        UsageError: the file is missing, is no text, or its numbers do not count from 0.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_LABELS_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}; expected one class a line") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text; expected one class a line") from None
    return parse_labels(text, path)


def parse_labels(text: str, path: Path | str) -> tuple[str, ...]:
    """As `read_labels`, of a text that was read already."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    numbers = [line.partition(" ")[0] for line in lines]
    if all(number.isdecimal() for number in numbers) and any(" " in line for line in lines):
        if [int(number) for number in numbers] != list(range(len(lines))):
            raise UsageError(f"{path} numbers its classes {', '.join(numbers[:9])}; expected 0, 1, 2, …")
        lines = [line.partition(" ")[2].strip() for line in lines]
    return _checked(tuple(lines), str(path))


def _checked(names: tuple[str, ...], where: str) -> tuple[str, ...]:
    usual = tuple(canonical(name) for name in names)
    if len(usual) < 2 or len(set(usual)) != len(usual) or not all(usual):
        raise UsageError(f"{where} names {', '.join(usual)[:80] or 'nothing'}; expected two or more different")
    return usual
