"""What must not be lost waits here, in order, until the broker has acknowledged it."""

import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Protocol, TypeVar

from edge.mqtt.outbox_file import IN_USE, OUT_OF_REACH, WORTHLESS, FileStore, ForeignFile
from edge.mqtt.outbox_memory import Entry, MemoryStore

logger = logging.getLogger(__name__)

#: Reasons why a message that had to arrive did not.
FULL, OLD, REFUSED = "outbox_full", "outbox_old", "refused"

_Result = TypeVar("_Result")


class Store(Protocol):
    """Keeps entries in order. Each method is whole or not at all."""

    def add(self, topic: str, payload: str) -> None: ...

    def after(self, number: int, limit: int) -> list[Entry]:
        """The first entries beyond a number."""
        ...

    def remove(self, numbers: Collection[int]) -> None: ...

    def drop_older_than(self, age_s: float) -> int:
        """Give up what has waited longer; how many those were."""
        ...

    def drop_oldest(self, count: int) -> None: ...

    def __len__(self) -> int: ...

    def close(self) -> None: ...


class Outbox:
    """A store that is bounded by count and age, and that a broken disk does not stop.

    Args:
        path: a file that outlives the process; None: memory.
        most: messages that may wait; the oldest give way.
        max_age_s: how long one may wait, seconds.

    Attributes:
        dropped: how many messages were given up, by reason.
    """

    def __init__(self, path: Path | None, most: int, max_age_s: float) -> None:
        self._path, self._most, self._max_age_s = path, most, max_age_s
        self._lock = threading.Lock()
        self.dropped: Counter[str] = Counter()
        self._store: Store = self._open(path) if path else MemoryStore()

    @property
    def is_lasting(self) -> bool:
        """Whether what waits outlives the process."""
        return isinstance(self._store, FileStore)

    def __len__(self) -> int:
        with self._lock:
            return len(self._store)

    def add(self, topic: str, payload: str) -> None:
        """Keep a message; when this returns it is kept. Others may have to give way."""
        with self._lock:
            self._try(lambda store: store.add(topic, payload))
            self._trim()

    def after(self, number: int, limit: int) -> list[Entry]:
        """The first entries beyond a number, but none that is too old."""
        with self._lock:
            self._trim()
            return self._try(lambda store: store.after(number, limit))

    def remove(self, numbers: Collection[int], reason: str | None = None) -> None:
        """Forget entries: they arrived, or were given up for a reason."""
        with self._lock:
            self._try(lambda store: store.remove(numbers))
            if reason:
                self.dropped[reason] += len(numbers)

    def close(self) -> None:
        with self._lock:
            self._try(lambda store: store.close())

    def _trim(self) -> None:
        if not len(self._store):
            return
        self.dropped[OLD] += self._try(lambda store: store.drop_older_than(self._max_age_s))
        excess = len(self._store) - self._most
        if excess > 0:
            self._try(lambda store: store.drop_oldest(excess))
            self.dropped[FULL] += excess

    def _try(self, work: Callable[[Store], _Result]) -> _Result:
        """Work on the store; where its file fails, on one in memory, from now on."""
        try:
            return work(self._store)
        except sqlite3.Error as error:
            assert self._path and isinstance(self._store, FileStore)
            saved = self._store.salvage()
            aside = _put_aside(self._path)
            logger.error(
                "publish.outbox, %s, fails (%s); it is now %s, and messages wait in memory",
                *(self._path, str(error).lower(), aside),
            )
            self._store = MemoryStore(saved)
            return work(self._store)

    def _open(self, path: Path) -> Store:
        """The file, else a new one in its place, else memory."""
        try:
            return FileStore(path)
        except (sqlite3.Error, ForeignFile) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            problem = f"{path}, {_describe(error, code)}"
        if code in WORTHLESS:
            problem += f"; it is now {_put_aside(path)}"
            with suppress(sqlite3.Error, ForeignFile):
                store = FileStore(path)
                logger.error("publish.outbox, %s, and a new one was begun", problem)
                return store
        logger.error("publish.outbox, %s; messages wait in memory", problem)
        return MemoryStore()


def _describe(error: Exception, code: int) -> str:
    if isinstance(error, ForeignFile):
        return str(error)
    if code in IN_USE:
        return "is in use by another"
    hint = "; is its folder there, and may this user write to it?" if code in OUT_OF_REACH else ""
    return f"fails: {error}{hint}"


def _put_aside(path: Path) -> Path | str:
    """Rename a file, and what SQLite keeps beside it, out of the way; the last such one is replaced."""
    aside = path.with_name(path.name + ".broken")
    try:
        for suffix in ("-wal", "-shm"):
            beside = path.with_name(path.name + suffix)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + suffix))
        path.replace(aside)
    except OSError as error:
        return f"where it was ({(error.strerror or str(error)).lower()})"
    return aside
