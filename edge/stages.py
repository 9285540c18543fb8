"""Which stage each part of the daemon is in, kept where it outlives the process.

A stage that hangs inside a driver cannot be ended from Python, and one that crashes says nothing. So the
name of the present stage stands in a few bytes of a file in the runtime folder (in memory, never on the SD
card): writing it costs no system call, the watchdog reads it while we live, and the next start reads what
the last one died in.
"""

import mmap
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: The parts that work side by side. `loop` processes frames; `coral` opens and tries the Edge TPU.
PARTS = ("loop", "coral")

#: How long a stage may take before it hangs, seconds. Each takes milliseconds where nothing is wrong;
#: those that open something wait for hardware: firmware for the Coral, a sensor that wakes up.
DEADLINES_S: Mapping[str, float] = {
    "camera open": 20,
    "search": 5,
    "classify": 2,
    "classify on edgetpu": 2,
    "mood": 2,
    "publish": 5,
    "coral open": 20,
    "coral canary": 2,
    "coral close": 10,
}

_SLOT = struct.Struct("<d40s")  # since when, by the monotonic clock of this boot; the name, or nothing


@dataclass(frozen=True, slots=True)
class Stage:
    """A part's stage, and for how long it has been in it."""

    part: str
    name: str
    elapsed_s: float

    @property
    def hangs(self) -> bool:
        return self.elapsed_s > DEADLINES_S[self.name]


class Stages:
    """The present stage of each part. Without a file it is kept for this process alone."""

    def __init__(self, path: Path | None = None) -> None:
        size = _SLOT.size * len(PARTS)
        if path is None:
            self._slots: mmap.mmap | bytearray = bytearray(size)
        else:
            path.write_bytes(bytes(size))
            with path.open("r+b") as file:
                self._slots = mmap.mmap(file.fileno(), size)

    def enter(self, part: str, name: str) -> None:
        """Say that a part begins a stage, one of DEADLINES_S."""
        _SLOT.pack_into(self._slots, _offset(part), time.monotonic(), name.encode())

    def leave(self, part: str) -> None:
        """Say that a part waits for work; waiting has no deadline of its own."""
        _SLOT.pack_into(self._slots, _offset(part), 0.0, b"")

    @contextmanager
    def during(self, part: str, name: str) -> Iterator[None]:
        """A stage, for the time of a block."""
        self.enter(part, name)
        try:
            yield
        finally:
            self.leave(part)

    def present(self) -> list[Stage]:
        """The stages that are going on; a part that waits is left out."""
        return _read(self._slots)


def read_stages(path: Path) -> list[Stage]:
    """What the process that left this file was in when it ended; nothing where there is no such file."""
    try:
        slots = path.read_bytes()
    except FileNotFoundError:
        return []
    return _read(slots) if len(slots) == _SLOT.size * len(PARTS) else []


def _offset(part: str) -> int:
    return PARTS.index(part) * _SLOT.size


def _read(slots: mmap.mmap | bytearray | bytes) -> list[Stage]:
    now_s = time.monotonic()
    stages = []
    for part in PARTS:
        since_s, name = _SLOT.unpack_from(slots, _offset(part))
        text = name.rstrip(b"\0").decode(errors="replace")
        if text in DEADLINES_S:
            stages.append(Stage(part, text, now_s - since_s))
    return stages
