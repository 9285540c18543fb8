"""Messages that wait in a file: SQLite with a write-ahead log, so that a kill or a power cut loses none."""

import os
import sqlite3
import time
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from edge.mqtt.outbox_memory import Entry

#: SQLite's primary error codes: what says that the file is of no more use, that another has it, and that it
#: cannot be reached.
WORTHLESS = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FULL})
IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
OUT_OF_REACH = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})

#: "mien" in ASCII, which says whose file this is, and the version of the table.
_APPLICATION, _VERSION = 0x6D69656E, 1

#: A daemon that is just ending lets go of the file within this time, seconds.
_PATIENCE_S = 2.0

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class ForeignFile(Exception):
    """The file is well and not ours: it is left alone."""


class FileStore:
    """Keeps entries beyond the process. One process alone may have a file.

    An entry's age is told by the time since the machine started, and by the wall's clock only where the machine
    started anew since then: a Pi has no clock of its own, and the wall's jumps when the network sets it.

    Raises:
        sqlite3.Error: the file cannot be used.
        ForeignFile: it is the database of another program, or of another version of this.
    """

    def __init__(self, path: Path) -> None:
        with suppress(OSError):  # SQLite says it better
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._boot = _BOOT.read_text().strip() if _BOOT.exists() else ""
        self._db = sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False)
        try:
            self._prepare()
            self._count: int = self._value("SELECT count(*) FROM entries")
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        whose, version = self._value("PRAGMA application_id"), self._value("PRAGMA user_version")
        if (whose, version) == (0, 0) and not self._value("SELECT count(*) FROM sqlite_master"):
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(
                "BEGIN IMMEDIATE; CREATE TABLE entries (number INTEGER PRIMARY KEY AUTOINCREMENT, "
                "boot TEXT NOT NULL, up_s REAL NOT NULL, unix_s REAL NOT NULL, "
                "topic TEXT NOT NULL, payload TEXT NOT NULL);"
                f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_VERSION}; COMMIT"
            )
        elif whose != _APPLICATION:
            raise ForeignFile("is the database of another program")
        elif version != _VERSION:
            raise ForeignFile(f"was made by another version of mien (format {version}; expected {_VERSION})")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")  # what is committed outlives a power cut
        self._db.execute("BEGIN IMMEDIATE")  # whether another has it is found out now
        self._db.execute("COMMIT")
        if self._value("PRAGMA quick_check") != "ok":
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

    def add(self, topic: str, payload: str) -> None:
        values = (self._boot, time.monotonic(), time.time(), topic, payload)
        self._db.execute(
            "INSERT INTO entries (boot, up_s, unix_s, topic, payload) VALUES (?, ?, ?, ?, ?)", values
        )
        self._count += 1

    def after(self, number: int, limit: int) -> list[Entry]:
        rows = self._db.execute(
            "SELECT number, topic, payload FROM entries WHERE number > ? ORDER BY number LIMIT ?",
            (number, limit),
        )
        return [Entry(*row) for row in rows]

    def remove(self, numbers: Collection[int]) -> None:
        marks = ", ".join("?" * len(numbers))
        self._delete(f"number IN ({marks})", *numbers)

    def drop_older_than(self, age_s: float) -> int:
        """Only a look at the oldest, where that one is young enough: nothing is written then."""
        old = "(boot = ? AND up_s < ?) OR (boot != ? AND unix_s < ?)"
        limits = (self._boot, time.monotonic() - age_s, self._boot, time.time() - age_s)
        oldest = "SELECT * FROM entries ORDER BY number LIMIT 1"
        if not self._value(f"SELECT count(*) FROM ({oldest}) WHERE {old}", *limits):
            return 0
        return self._delete(old, *limits)

    def drop_oldest(self, count: int) -> None:
        self._delete("number IN (SELECT number FROM entries ORDER BY number LIMIT ?)", count)

    def salvage(self) -> list[Entry]:
        """What can still be read of a file that fails; lets go of it."""
        entries: list[Entry] = []
        with suppress(sqlite3.Error), closing(self._db):
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            for row in self._db.execute("SELECT number, topic, payload FROM entries ORDER BY number"):
                entries.append(Entry(*row))
        return entries

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        self._db.close()

    def _delete(self, which: str, *values: object) -> int:
        deleted = self._db.execute(f"DELETE FROM entries WHERE {which}", values).rowcount
        self._count -= deleted
        return deleted

    def _value(self, query: str, *values: object) -> Any:
        return self._db.execute(query, values).fetchone()[0]
