"""Kaggle's `fer2013.csv` (emotion, pixels, Usage) and, beside it, FER+'s `fer2013new.csv`, joined by row."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.labels import EMOTIONS
from training.cache import Row
from training.splits import Split
from training.votes import COLUMNS

FILE = "fer2013.csv"
VOTES_FILE = "fer2013new.csv"
SIDE_PX = 48


class Fer2013Csv:
    """Reads `fer2013.csv` (see training.cache.Reader)."""

    names = EMOTIONS
    truth: Literal["fer2013"] = "fer2013"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.skipped: dict[Split, int] = {}

    @property
    def has_votes(self) -> bool:
        return self.path.with_name(VOTES_FILE).is_file()

    def fingerprint(self, split: Split) -> str:
        files = [self.path, *([self.path.with_name(VOTES_FILE)] if self.has_votes else [])]
        return repr([(file.stat().st_size, file.stat().st_mtime_ns) for file in files])

    def side_px(self, wanted_px: int) -> int:
        return SIDE_PX  # as they are: a network's input is made of them when it is fed

    def rows(self, wanted: frozenset[Split], side_px: int) -> Iterator[Row]:
        """Read the wanted splits; of other rows only the column Usage is looked at.

        Raises:
            DataError: a line is broken (its number is named), or the votes belong to another file.
        """
        votes = _Votes.beside(self.path)
        count = 0
        with self.path.open("rb") as file:
            columns = _columns(file, self.path)
            for count, (usage, label, text) in enumerate(_lines(file, self.path, columns), start=1):
                split = _split(usage, self.path, count + 1)
                if votes:
                    votes.check_usage(count - 1, split)
                if split in wanted:
                    where = f"{self.path}, line {count + 1}"
                    votes_here = votes.row(count - 1) if votes else None
                    yield Row(split, _label(label, where), _pixels(text, where), votes_here)
        if not count:
            raise DataError(f"{self.path} holds no row; expected lines of emotion,pixels,Usage")
        if votes:
            votes.check_count(count)


def _columns(file: BinaryIO, path: Path) -> tuple[int, int, int]:
    """Where Usage, emotion and pixels stand."""
    header = file.readline().decode("utf-8-sig", "replace").strip().replace('"', "")
    names = [name.strip() for name in header.split(",")]
    missing = [name for name in ("emotion", "pixels", "Usage") if name not in names]
    if missing:
        raise DataError(
            f"{path} has no column {', '.join(missing)}; its first line is {header[:60]!r}, "
            "expected emotion,pixels,Usage"
        )
    return names.index("Usage"), names.index("emotion"), names.index("pixels")


def _lines(file: BinaryIO, path: Path, columns: tuple[int, int, int]) -> Iterator[list[bytes]]:
    """Usage, emotion and pixels of each line; the file is plain enough to do without a CSV parser."""
    for number, line in enumerate(file, start=2):
        fields = line.rstrip(b"\r\n").split(b",")
        if len(fields) <= max(columns):
            raise DataError(
                f"{path}, line {number}: {len(fields)} fields; expected emotion,pixels,Usage; "
                "is the download complete?"
            )
        yield [fields[column].strip(b' "') for column in columns]


def _split(usage: bytes, path: Path, line: int) -> Split:
    try:
        return Split(usage.decode("ascii", "replace"))
    except ValueError:
        raise DataError(
            f"{path}, line {line}: Usage is {usage[:20].decode('ascii', 'replace')!r}; "
            f"expected {', '.join(Split)}; is the download complete?"
        ) from None


def _label(text: bytes, where: str) -> int:
    shown = text[:20].decode("ascii", "replace")
    if not text.isdigit() or int(text) >= len(EMOTIONS):
        raise DataError(f"{where}: emotion is {shown!r}; expected 0 to {len(EMOTIONS) - 1}")
    return int(text)


def _pixels(text: bytes, where: str) -> NDArray[np.uint8]:
    try:
        values = np.fromstring(text, dtype=np.int32, sep=" ")
    except ValueError:
        raise DataError(f"{where}: a pixel is not a whole number; expected 0 to 255") from None
    if values.size != SIDE_PX**2:
        raise DataError(f"{where}: {values.size} pixels; expected {SIDE_PX**2} ({SIDE_PX}x{SIDE_PX})")
    if values.min() < 0 or values.max() > 255:
        worst = values.min() if values.min() < 0 else values.max()
        raise DataError(f"{where}: a pixel is {worst}; expected 0 to 255")
    return values.astype(np.uint8).reshape(SIDE_PX, SIDE_PX)


class _Votes:
    """FER+ (Barsoum et al. 2016, arXiv:1608.01041): ten raters for each row of fer2013.csv."""

    def __init__(self, path: Path, usages: list[str], counts: NDArray[np.uint8]) -> None:
        self._path = path
        self._usages = usages
        self.counts = counts

    @classmethod
    def beside(cls, faces: Path) -> "_Votes | None":
        path = faces.with_name(VOTES_FILE)
        if not path.is_file():
            return None
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            missing = [name for name in ("Usage", *COLUMNS) if name not in (rows.fieldnames or ())]
            if missing:
                raise DataError(f"{path} has no column {', '.join(missing)}; expected FER+'s fer2013new.csv")
            usages, counts = [], []
            for line, row in enumerate(rows, start=2):
                usages.append(row["Usage"])
                counts.append(_vote_counts(row, f"{path}, line {line}"))
        return cls(path, usages, np.array(counts, np.uint8).reshape(-1, len(COLUMNS)))

    def row(self, row: int) -> NDArray[np.uint8] | None:
        return self.counts[row] if row < len(self.counts) else None  # check_count will tell

    def check_usage(self, row: int, split: Split) -> None:
        if row < len(self._usages) and self._usages[row] != split:
            raise DataError(
                f"{self._path}, line {row + 2}: Usage is {self._usages[row]!r} where the faces say {split}; "
                "the two files do not belong together"
            )

    def check_count(self, rows: int) -> None:
        if rows != len(self._usages):
            raise DataError(
                f"{self._path} has {len(self._usages)} rows where the faces have {rows}; expected as many"
            )


def _vote_counts(row: Mapping[str, str | None], where: str) -> list[int]:
    counts = []
    for name in COLUMNS:
        text = row[name] or ""
        if not text.isdigit() or int(text) > 255:
            raise DataError(f"{where}: {name} is {text[:20]!r}; expected a number of votes")
        counts.append(int(text))
    return counts
