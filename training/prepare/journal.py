"""What is known so far, on disk: an SQLite file that survives `kill -9` at any moment.

It is also what keeps the memory the same for a thousand pictures and for a hundred thousand.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge.records import Box
from training.prepare.scanning import Found

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inputs (
  id INTEGER PRIMARY KEY, path BLOB UNIQUE NOT NULL, label TEXT NOT NULL, side TEXT NOT NULL,
  size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, scan INTEGER NOT NULL, is_done INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outcomes (
  input INTEGER NOT NULL, number INTEGER NOT NULL, reason TEXT,
  x INTEGER, y INTEGER, width INTEGER, height INTEGER, photo_width INTEGER, photo_height INTEGER,
  hash BLOB, photo BLOB, digest BLOB,
  status TEXT, why TEXT, split TEXT, file TEXT, grp INTEGER,
  PRIMARY KEY (input, number)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS outcomes_by_file ON outcomes (split, file);
"""

_UPSERT = """
INSERT INTO inputs (path, label, side, size, mtime_ns, scan, is_done) VALUES (?, ?, ?, ?, ?, ?, 0)
ON CONFLICT (path) DO UPDATE SET label = excluded.label, side = excluded.side, scan = excluded.scan,
  is_done = is_done AND size = excluded.size AND mtime_ns = excluded.mtime_ns,
  size = excluded.size, mtime_ns = excluded.mtime_ns
"""
_INSERT = """
INSERT INTO outcomes
  (input, number, reason, x, y, width, height, photo_width, photo_height, hash, photo, digest)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Job:
    """A picture to look at."""

    id: int
    path: bytes


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face whose crop was written.

    Attributes:
        box: in the picture.
        photo_px: the picture's width and height.
        hash: of the crop (see training.prepare.hashing).
        photo: of the whole picture.
        digest: of the crop's pixels; equal for equal crops only.
    """

    box: Box
    photo_px: tuple[int, int]
    hash: bytes
    photo: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a picture: its faces, or why it has none."""

    job: Job
    faces: Sequence[FoundFace] = ()
    reason: str | None = None


class Journal:
    """The work of one run, in one file."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(path)
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def note(self, name: str, value: str) -> None:
        with self.database:
            self.database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def noted(self, name: str) -> str | None:
        row = self.database.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def take_scan(self, files: Iterable[Found]) -> None:
        """Bring the list of inputs up to date; what was changed is done again, what is gone is forgotten."""
        scan = int(self.noted("scan") or 0) + 1
        with self.database:
            for file in files:
                row = (file.path, file.label, file.side, file.size, file.mtime_ns, scan)
                self.database.execute(_UPSERT, row)
                if file.reason:
                    self._refuse(file)
            self.database.execute("DELETE FROM inputs WHERE scan != ?", (scan,))
            self.database.execute(
                "DELETE FROM outcomes WHERE input NOT IN (SELECT id FROM inputs WHERE is_done)"
            )
            self.database.execute("INSERT OR REPLACE INTO notes VALUES ('scan', ?)", (str(scan),))

    def _refuse(self, file: Found) -> None:
        """Write down a file that needs no look."""
        query = "SELECT id FROM inputs WHERE path = ?"
        (identity,) = self.database.execute(query, (file.path,)).fetchone()
        self._put(Outcome(Job(identity, file.path), reason=file.reason))

    def record(self, outcomes: Iterable[Outcome]) -> None:
        """Keep what became of some pictures: all of them or, where the process ends here, none."""
        with self.database:
            for outcome in outcomes:
                self._put(outcome)

    def _put(self, outcome: Outcome) -> None:
        identity = outcome.job.id
        self.database.execute("DELETE FROM outcomes WHERE input = ?", (identity,))
        if outcome.reason is not None:
            self.database.execute(_INSERT, (identity, 0, outcome.reason, *(None,) * 9))
        for number, face in enumerate(outcome.faces):
            row = (*face.box.as_list(), *face.photo_px, face.hash, face.photo, face.digest)
            self.database.execute(_INSERT, (identity, number, None, *row))
        self.database.execute("UPDATE inputs SET is_done = 1 WHERE id = ?", (identity,))

    def count_by_label(self) -> dict[str, int]:
        """Pictures by label; files that are none are not counted."""
        query = """SELECT label, COUNT(*) FROM inputs LEFT JOIN outcomes ON input = id AND number = 0
            WHERE label != '' AND (reason IS NULL OR reason NOT LIKE 'not a picture by its name%')
            GROUP BY label ORDER BY label"""
        return dict(self.database.execute(query))

    def count_pending(self, labels: Sequence[str]) -> int:
        query = f"SELECT COUNT(*) FROM inputs WHERE NOT is_done AND label IN ({_marks(labels)})"
        return int(self.database.execute(query, labels).fetchone()[0])

    def pending(self, labels: Sequence[str]) -> Iterator[Job]:
        """The pictures that are still to be looked at. Outcomes may be recorded meanwhile."""
        query = f"""SELECT id, path FROM inputs WHERE NOT is_done AND id > ? AND label IN ({_marks(labels)})
            ORDER BY id LIMIT {_AT_ONCE}"""
        last = 0
        while rows := self.database.execute(query, (last, *labels)).fetchall():
            yield from (Job(*row) for row in rows)
            last = rows[-1][0]


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def shown(path: bytes) -> str:
    r"""A path as text; bytes that are none are escaped, such as \udcff."""
    return os.fsdecode(path).encode("utf-8", "backslashreplace").decode()
