"""Messages kept in a file while they go where they go: JSON lines, and never a picture."""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Literal

from edge.errors import UsageError
from edge.files import refuse_existing
from edge.mqtt.payloads import timestamp
from edge.mqtt.transport import Handle, Transport, message_line

logger = logging.getLogger(__name__)

#: How a file that is there already is treated.
Existing = Literal["refuse", "replace", "append"]


class Recording:
    """A file of messages, one a line, each with its time. Only its owner may read it: it tells of people.

    A line is in the file's end as soon as it was written. What goes wrong with the file (a full disk, more than
    `max_bytes`) is said once and ends the recording, never the daemon.

    Args:
        existing: what to do where the file is there.
        max_bytes: the file grows no larger.

    Raises:
        UsageError: it is there, or it is no file.
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, existing: Existing, max_bytes: int) -> None:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is no file; expected a name for one")
        if (
            existing == "refuse" and path.exists() and path.stat().st_size
        ):  # one that failed at its start is none
            refuse_existing(path, force=False)
        self._path, self._max_bytes = path, max_bytes
        self._lock = threading.Lock()
        self._file: BinaryIO | None = _open(path, existing)
        self._size_bytes = path.stat().st_size

    def write(self, topic: str, payload: str, unix_s: float) -> None:
        line = message_line(topic, payload, timestamp(unix_s)).encode() + b"\n"
        with self._lock:
            if self._file is None:
                return
            if self._size_bytes + len(line) > self._max_bytes:
                self._end(f"it has reached {self._max_bytes / 1e6:g} MB (--record-max-mb)")
                return
            try:
                written = self._file.write(line)
            except OSError as error:
                self._end((error.strerror or str(error)).lower())
                return
            self._size_bytes += written
            if written < len(line):
                self._end("the disk is full")

    def close(self) -> None:
        with self._lock:
            if self._file:
                self._file.close()
                self._file = None

    def _end(self, reason: str) -> None:
        logger.error("%s is recorded no further: %s", self._path, reason)
        if self._file:
            self._file.close()
            self._file = None


class RecordingTransport:
    """Carries messages as another transport does, and keeps each in a recording.

    Args:
        unix_s: the time, for messages that do not tell it.
    """

    def __init__(self, transport: Transport, recording: Recording, unix_s: Callable[[], float]) -> None:
        self._transport, self._recording, self._unix_s = transport, recording, unix_s

    @property
    def dropped(self) -> Mapping[str, int]:
        return self._transport.dropped

    @property
    def waiting(self) -> int:
        return self._transport.waiting

    @property
    def problem(self) -> str | None:
        return self._transport.problem

    @property
    def is_up(self) -> bool:
        return self._transport.is_up

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        self._transport.subscribe(topic_filter, handle)

    def deliver(self) -> None:
        self._transport.deliver()

    def start(self, on_connect: Callable[[], None]) -> None:
        self._transport.start(on_connect)

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        self._recording.write(topic, payload, self._unix_s())
        self._transport.send(topic, payload, qos, retain)

    def close(self) -> None:
        self._transport.close()
        self._recording.close()


def _open(path: Path, existing: Existing) -> BinaryIO:
    is_torn = existing == "append" and _ends_amid_a_line(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | (os.O_TRUNC if existing == "replace" else 0)
    file = open(os.open(path, flags, 0o600), "ab", buffering=0)
    if is_torn:
        file.write(b"\n")
    return file


def _ends_amid_a_line(path: Path) -> bool:
    """Whether a power cut, say, left half a line."""
    if not path.exists() or not path.stat().st_size:
        return False
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
