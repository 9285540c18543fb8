"""What became of the processes before this one, kept in the service's runtime folder.

The folder is in memory, and systemd keeps it from restart to restart (RuntimeDirectoryPreserve=restart): it
is gone after `systemctl stop` and after a reboot, and nothing is written to the SD card.
"""

import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edge.files import write_text
from edge.stages import Stage, read_stages

RESTARTS_FILE = "restarts.json"
STAGES_FILE = "stages"

#: A process that completed frames for this long was worth its start.
FRUITFUL_S = 60.0

#: So many fruitless processes in a row are started again at once; a device that misses a beat is soon back.
_FREE_RESTARTS = 3
_LONGEST_DELAY_S = 60.0

#: What a process that was asked to end leaves as its reason.
STOPPED_ON_PURPOSE = "stopped on purpose"


@dataclass(frozen=True, slots=True)
class Restarts:
    """The story so far.

    Attributes:
        count: how often the service came back by itself since it was started by a person or by the boot.
        fruitless: how many processes in a row ended before they had worked for a minute.
        last_reason: why the last one ended; None before the first restart.
        last_ended_unix_s: about when, by the wall clock.
        coral_failure: the last crash or hang in the Coral, in words.
        coral_failed_s: when that was found, by the monotonic clock of this boot.
        has_ended: whether the process that wrote this said why it ended.
    """

    count: int = 0
    fruitless: int = 0
    last_reason: str | None = None
    last_ended_unix_s: float | None = None
    coral_failure: str | None = None
    coral_failed_s: float | None = None
    has_ended: bool = False

    @property
    def delay_s(self) -> float:
        """How long to wait before trying once more: 0, then growing."""
        tries = self.fruitless - _FREE_RESTARTS
        return min(_LONGEST_DELAY_S, 2.0**tries) if tries >= 0 else 0.0


class RestartRecord:
    """Writes the story of this process. Without a folder it is kept for this process alone."""

    def __init__(self, folder: Path | None) -> None:
        self._path = folder / RESTARTS_FILE if folder else None
        self.restarts = (
            _next(read_restarts(folder), read_stages(folder / STAGES_FILE)) if folder else Restarts()
        )
        self._write()

    def be_fruitful(self) -> None:
        """Say that this process has worked for a while."""
        if self.restarts.fruitless:
            self.restarts = replace(self.restarts, fruitless=0)
            self._write()

    def end(self, reason: str) -> None:
        """Say why this process ends. The first reason stands."""
        if not self.restarts.has_ended:
            self.restarts = replace(
                self.restarts, last_reason=reason, last_ended_unix_s=time.time(), has_ended=True
            )
            self._write()

    def _write(self) -> None:
        if self._path:
            write_text(self._path, json.dumps(asdict(self.restarts)))


def read_restarts(folder: Path) -> Restarts | None:
    """The story that a process left in the runtime folder; None where there is none that can be read."""
    try:
        return Restarts(**json.loads((folder / RESTARTS_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _next(last: Restarts | None, stages: list[Stage]) -> Restarts:
    """The story with the process that is now over."""
    if last is None:
        return Restarts()
    if last.has_ended and last.last_reason == STOPPED_ON_PURPOSE:
        return replace(last, fruitless=0, has_ended=False)
    began = replace(last, count=last.count + 1, fruitless=last.fruitless + 1, has_ended=False)
    where = " and ".join(f"in the stage {stage.name}" for stage in stages)
    if not last.has_ended:
        reason = f"ended without a word{', ' + where if where else ''}: it crashed, was killed or hung"
        began = replace(began, last_reason=reason, last_ended_unix_s=time.time())
    if any("coral" in stage.name or "edgetpu" in stage.name for stage in stages):
        failure = f"the last process ended {where}"
        began = replace(began, coral_failure=failure, coral_failed_s=time.monotonic())
    return began
