"""What brings the daemon back: a stage that hangs ends the process, and the service manager starts it again.

A Python thread that is caught in a driver cannot be ended, only its process can. The service manager's own
watchdog is fed by completed frames alone, so that a daemon which lives and sees nothing is started again, too.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from edge.notify import notify, watchdog_s
from edge.restarts import FRUITFUL_S, STAGES_FILE, STOPPED_ON_PURPOSE, RestartRecord
from edge.stages import DEADLINES_S, Stages

logger = logging.getLogger(__name__)

#: How often the stages are looked at.
_PERIOD_S = 0.25

#: We end with a reason before the service manager ends us without one.
_BEFORE_THE_MANAGER = 0.8


class Watchdog:
    """Watches the stages of one process and keeps the story of its end. Use `watching`.

    Attributes:
        stages: where the parts of the daemon say what they are at.
    """

    def __init__(self, folder: Path | None) -> None:
        self._record = RestartRecord(folder)
        self.restarts = self._record.restarts
        self.stages = Stages(folder / STAGES_FILE if folder else None)
        limit_s = watchdog_s()
        self._blind_limit_s = limit_s * _BEFORE_THE_MANAGER if limit_s else None
        self._completed_s = self._fed_s = self._began_s = time.monotonic()
        self._is_over = threading.Event()

    def completed(self) -> None:
        """A frame went all the way. Feeds the service manager, once a second."""
        self._completed_s = now_s = time.monotonic()
        if now_s - self._fed_s >= 1:
            notify("WATCHDOG=1")
            self._fed_s = now_s
            if now_s - self._began_s > FRUITFUL_S:
                self._record.be_fruitful()

    def pause(self) -> None:
        """No frame is wanted now, and that is right: the service manager is fed."""
        self.completed()

    def check_sight(self, trouble: str | None) -> None:
        """End the process where no frame was completed for so long that the service manager is about to."""
        blind_s = time.monotonic() - self._completed_s
        if self._blind_limit_s is not None and blind_s > self._blind_limit_s:
            self.give_up(f"no frame for {blind_s:.0f} s: {trouble or 'the camera is silent'}")

    def give_up(self, reason: str) -> NoReturn:
        """End the process at once, with its reason kept. The broker tells our last will."""
        logger.error("%s; ending, to be started again", reason)
        self._record.end(reason)
        os._exit(1)

    def end(self, reason: str) -> None:
        """Keep why the daemon ends, and watch no more."""
        self._is_over.set()
        self._record.end(reason)

    def watch(self) -> None:
        """Look at the stages until the end; runs in a thread of its own."""
        while not self._is_over.wait(_PERIOD_S):
            for stage in self.stages.present():
                if stage.hangs:
                    self.give_up(
                        f"{stage.name} hangs: it has taken {stage.elapsed_s:.1f} s, "
                        f"where {DEADLINES_S[stage.name]:g} s are plenty"
                    )


@contextmanager
def watching() -> Iterator[Watchdog]:
    """A watchdog over a block, whose end it keeps with its reason."""
    folder = os.environ.get("RUNTIME_DIRECTORY")
    watchdog = Watchdog(Path(folder) if folder else None)
    threading.Thread(target=watchdog.watch, name="watchdog", daemon=True).start()
    try:
        yield watchdog
    except Exception as error:
        watchdog.end(str(error) or type(error).__name__)
        raise
    else:
        watchdog.end(STOPPED_ON_PURPOSE)
