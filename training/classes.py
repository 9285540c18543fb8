"""Which classes a network is to tell apart, in which order: written down, never a file system's accident."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from edge.errors import DataError, UsageError
from edge.labels import EMOTIONS

CLASSES_FILE = "classes.json"
#: FER+'s eighth class, which FER2013 has no label for.
CONTEMPT = "contempt"

Contempt = Literal["drop", "keep"]


@dataclass(frozen=True, slots=True)
class ClassOrder:
    """Names in the order of the output.

    Attributes:
        why: what decided, in words.
    """

    names: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        return f"classes, {self.why}: {', '.join(self.names)}"


def canonical(name: str) -> str:
    """An emotion that we know in its usual spelling (Happy is happy); any other label as it is written."""
    return name.lower() if name.lower() in (*EMOTIONS, CONTEMPT) else name


def choose_order(
    there: Sequence[str],
    *,
    given: Sequence[str] | None = None,
    prepared: Mapping[str, Any] | None = None,
    voted: Sequence[str] = (),
    contempt: Contempt = "drop",
) -> ClassOrder:
    """The classes and their order: as asked for, as the data's classes.json says, or by our rule.

    Args:
        there: the labels that the data has, in any order.
        given: what the user asks for; it may be a part of them.
        prepared: the content of classes.json, where the data has one.
        voted: classes that no label names but raters could choose: contempt, where there are votes.
        contempt: "keep" makes a class of the votes for it.

    Raises:
        UsageError: a class is asked for that the data does not have.
        DataError: classes.json lacks a label that the data has.
    """
    if contempt == "keep" and CONTEMPT not in (*there, *voted):
        raise UsageError("--contempt keep needs FER+'s votes; put fer2013new.csv beside fer2013.csv")
    if given:
        return ClassOrder(_given(given, (*there, *voted)), "as given")
    if prepared is not None:
        names = tuple(prepared["classes"])
        if unknown := sorted(set(there) - set(names)):
            raise DataError(f"the data has the label {unknown[0]}, which {CLASSES_FILE} does not name")
        return ClassOrder(names, f"as {CLASSES_FILE} says")
    known = [name for name in EMOTIONS if name in there]
    rest = sorted(set(there) - set(known))
    if contempt == "keep":
        rest.extend(name for name in voted if name not in rest)
    why = "in FER2013's order" if not rest else "FER2013's first, then the others"
    return ClassOrder((*known, *rest), why if known else "by name")


def _given(given: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    names = tuple(canonical(name) for name in given)
    if len(set(names)) != len(names) or len(names) < 2:
        raise UsageError(f"--classes is {','.join(given)}; expected two or more different names")
    if unknown := [name for name in names if name not in there]:
        raise UsageError(f"--classes names {unknown[0]}, which the data has not; it has {', '.join(there)}")
    return names


def read_classes_file(folder: Path) -> dict[str, Any] | None:
    """What `mien-train prepare` wrote down with the data; None where there is no such file."""
    path = folder / CLASSES_FILE
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        names = document["classes"]
        if document["v"] != 1 or not _are_names(names):
            raise ValueError
    except (ValueError, TypeError, KeyError):
        raise DataError(
            f'{path} is broken; expected {{"v": 1, "classes": ["…", "…"]}}, two or more different names'
        ) from None
    return {**document, "classes": [canonical(name) for name in names]}


def _are_names(names: Any) -> bool:
    return (
        isinstance(names, list)
        and len(names) > 1
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names)
    )


def parse_names(text: str) -> tuple[str, ...]:
    """`--classes a,b,c`."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def count_by_class(labels: Iterable[int], classes: Sequence[str]) -> dict[str, int]:
    counts = dict.fromkeys(classes, 0)
    for label in labels:
        if label >= 0:
            counts[classes[label]] += 1
    return counts
