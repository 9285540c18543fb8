"""Which files RAW holds, one after another: nothing is kept in memory, and nothing is opened."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError
from edge.pictures import SUFFIXES
from training.classes import canonical

#: What folders of a divided RAW are called, and which side that is.
_SIDE_OF_FOLDER = {"train": "train", "valid": "valid", "validation": "valid", "val": "valid", "test": "test"}

#: Kaggle's folders of FER2013 tell the official split by file name; both of its test splits lie in `test`.
_OFFICIAL_NAME = re.compile(rb"(Training|PublicTest|PrivateTest)_")
_OFFICIAL_SIDE = {b"Training": "train", b"PublicTest": "valid", b"PrivateTest": "test"}


@dataclass(frozen=True, slots=True)
class Found:
    """A file.

    Attributes:
        path: relative to RAW, as the file system has it: any bytes.
        label: of its folder; empty where it lies in none.
        side: train, valid or test where RAW is divided; else empty.
        reason: why it cannot be used, if that is known already.
    """

    path: bytes
    label: str
    side: str
    size: int
    mtime_ns: int
    reason: str | None = None


def is_divided(raw: Path) -> bool:
    """Whether RAW is {train,valid,test}/<label>, not <label>.

    Raises:
        DataError: RAW is missing, is no folder, holds no folder, or is a mixture of both.
    """
    if not raw.is_dir():
        what = "is a file" if raw.exists() else "is not there"
        raise DataError(f"{raw} {what}; expected a folder with a folder of pictures for each label")
    names = sorted(os.fsdecode(entry.name) for entry in _entries(os.fsencode(raw)) if entry.is_dir())
    if not names:
        raise DataError(f"{raw} holds no folders; expected one for each label, such as {raw / 'happy'}")
    parts = [name for name in names if name.lower() in _SIDE_OF_FOLDER]
    if parts and len(parts) < len(names):
        other = next(name for name in names if name not in parts)
        raise DataError(
            f"{raw} holds {parts[0]} beside {other}; expected folders of labels, or only train, valid, test"
        )
    return bool(parts)


def scan(raw: Path, divided: bool) -> Iterator[Found]:
    """Every file but hidden ones, in no order. Linked folders are followed, but never round in a circle.

    Raises:
        DataError: a label cannot be written as text.
    """
    root = os.fsencode(raw)
    depth = 2 if divided else 1
    for entry in _walk(root, frozenset()):
        relative = entry.path[len(root.rstrip(b"/")) + 1 :]
        folders = relative.split(b"/")[:-1]
        label = _label(folders[depth - 1], raw) if len(folders) >= depth else ""
        yield _found(entry, relative, label, _side(folders, entry.name) if divided and label else "")


def _found(entry: "os.DirEntry[bytes]", relative: bytes, label: str, side: str) -> Found:
    suffix = os.fsdecode(os.path.splitext(entry.name)[1]).lower()
    reason = None
    if suffix not in SUFFIXES:
        reason = f"not a picture by its name: {suffix or 'no suffix'}"
    elif not label:
        reason = "in no label's folder"
    try:
        state = entry.stat()
    except OSError:  # a link to nowhere; reading it will say so
        return Found(relative, label, side, 0, 0, reason)
    return Found(relative, label, side, state.st_size, state.st_mtime_ns, reason)


def _label(folder: bytes, raw: Path) -> str:
    try:
        name: str = canonical(folder.decode().strip())
    except UnicodeDecodeError:
        shown = os.fsdecode(folder).encode("utf-8", "backslashreplace").decode()
        raise DataError(f"{raw} holds the folder {shown}, whose name is not UTF-8; rename it") from None
    return name


def _side(folders: list[bytes], name: bytes) -> str:
    official = _OFFICIAL_NAME.match(name)
    return _OFFICIAL_SIDE[official[1]] if official else _SIDE_OF_FOLDER[folders[0].decode().lower()]


def _entries(folder: bytes) -> Iterator["os.DirEntry[bytes]"]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if not entry.name.startswith(b"."))


def _walk(folder: bytes, above: frozenset[tuple[int, int]]) -> Iterator["os.DirEntry[bytes]"]:
    state = os.stat(folder)
    here = (state.st_dev, state.st_ino)
    if here in above:
        return
    for entry in _entries(folder):
        if entry.is_dir():
            yield from _walk(entry.path, above | {here})
        else:
            yield entry
