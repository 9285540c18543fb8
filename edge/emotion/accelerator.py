"""The classifier that the pipeline uses: the CPU's, and a Coral's in its place as long as that answers right.

The CPU serves from the start. A Coral is opened, asked about the canaries and timed in the background, and
takes over between two frames. Where it fails or answers wrong, the CPU serves on with the very same face,
and the Coral is tried again after a while. What crashes or hangs ends the process: the watchdog's work, and
the next start tells us of it.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal

from edge.config import ModelConfig
from edge.emotion.bundle import Bundle
from edge.emotion.canary import Canary, find_difference
from edge.emotion.classifier import Classifier
from edge.emotion.coral import Trial, is_compiled, let_go, one_line, try_coral
from edge.emotion.delegates import find_sticks
from edge.records import Box, Gray, Scores
from edge.stages import Stages

logger = logging.getLogger(__name__)

#: How often a Coral that serves is asked about the canaries: a wrong one may serve this long, seconds.
CANARY_INTERVAL_S = 2.0

#: How long closing waits for a Coral that is being opened or let go, seconds.
_CLOSE_S = 2.0


@dataclass(frozen=True, slots=True)
class AcceleratorReport:
    """What `info` says of the accelerator.

    Attributes:
        cpu_ms, edgetpu_ms: median time for a face, milliseconds; None until both were timed side by side.
        problem: one line: why a Coral does not serve although one was asked for or is there.
        library: what the Coral was reached through.
    """

    asked: Literal["auto", "cpu", "edgetpu"]
    in_use: Literal["cpu", "edgetpu"]
    cpu_ms: float | None = None
    edgetpu_ms: float | None = None
    problem: str | None = None
    library: str | None = None


class Accelerator:
    """Classifies on the CPU or on a Coral, by `model.accelerator`. Used from one thread, the loop's.

    Args:
        failed_before: what the last process ended in, where that was the Coral's fault: it is then left
            alone at first.
        sysfs, dev: where the kernel shows its devices.

    Raises:
        ModelError: the bundle's model for the CPU cannot be used.
    """

    def __init__(
        self,
        bundle: Bundle,
        model: ModelConfig,
        stages: Stages,
        failed_before: str | None = None,
        *,
        sysfs: Path = Path("/sys"),
        dev: Path = Path("/dev"),
    ) -> None:
        self._cpu = Classifier.open(bundle, model.threads)
        self.classes: Sequence[str] = self._cpu.classes
        self._bundle, self._model, self._stages = bundle, model, stages
        self._sysfs, self._dev = sysfs, dev
        self._coral: list[Classifier] = []  # the only reference to it: emptying the list lets it go
        self._canaries: tuple[Canary, ...] = ()
        self._canary_due_s = 0.0
        self._trials: SimpleQueue[Trial] = SimpleQueue()
        self._background: threading.Thread | None = None
        self._is_closed = False
        self._report = AcceleratorReport(asked=model.accelerator, in_use="cpu")
        self._retry_due_s: float | None = None
        if model.accelerator != "cpu":
            if failed_before:
                self._put_off(failed_before, time.monotonic())
            else:
                self._begin_trial(time.monotonic())
        self._told = self._report

    @property
    def report(self) -> AcceleratorReport:
        return self._report

    def scores(self, gray: Gray, box: Box) -> Scores:
        """Score the face in a box of a frame, (H, W), 0..255. The scores add up to 1."""
        fault = None
        if self._coral:
            try:
                with self._stages.during("loop", "classify on edgetpu"):
                    return self._coral[0].scores(gray, box)
            except RuntimeError as error:
                fault = one_line(error)
        if fault is not None:  # outside of the handler: the error holds on to the Coral that is to be let go
            self._put_out(f"the Coral failed while it served: {fault}", time.monotonic())
        with self._stages.during("loop", "classify"):
            return self._cpu.scores(gray, box)

    def tend(self, now_s: float) -> bool:
        """Between two frames: swap a Coral in or out, ask it about the canaries, try it again when it is time.

        Args:
            now_s: by `time.monotonic`.

        Returns:
            Whether `report` is another one than at the last call.
        """
        self._take_trial(now_s)
        if self._coral and now_s >= self._canary_due_s:
            self._canary_due_s = now_s + CANARY_INTERVAL_S
            self._ask_canaries(now_s)
        if self._retry_due_s is not None and now_s >= self._retry_due_s and not self._is_busy():
            self._begin_trial(now_s)
        is_news, self._told = self._report != self._told, self._report
        return is_news

    def close(self) -> None:
        """Let the Coral go. The CPU goes on serving."""
        self._is_closed = True
        self._retry_due_s = None
        self._wait()
        self._take_trial(time.monotonic())
        if self._coral:
            self._let_go()
            self._report = replace(self._report, in_use="cpu")
            self._wait()

    def _wait(self) -> None:
        if self._background:
            self._background.join(_CLOSE_S)

    def _is_busy(self) -> bool:
        return self._background is not None and self._background.is_alive()

    def _begin_trial(self, now_s: float) -> None:
        """Try the Coral in the background, where there is one or should be one."""
        is_expected = self._model.accelerator == "edgetpu" or is_compiled(self._bundle)
        if not is_expected and not find_sticks(self._sysfs, self._dev):
            self._put_off(None, now_s)  # a look at sysfs now and then: it may be plugged in later
            return
        self._retry_due_s = None
        self._background = threading.Thread(target=self._try, name="coral", daemon=True)
        self._background.start()

    def _try(self) -> None:
        trial = try_coral(self._bundle, self._model, self._stages, self._sysfs, self._dev)
        if trial.coral and (self._is_closed or not self._is_wanted(trial)):
            held = [trial.coral]
            trial = replace(trial, coral=None)
            let_go(held, self._stages)
        self._trials.put(trial)

    def _is_wanted(self, trial: Trial) -> bool:
        if self._model.accelerator == "edgetpu":
            return True
        return trial.edgetpu_ms is not None and trial.cpu_ms is not None and trial.edgetpu_ms < trial.cpu_ms

    def _take_trial(self, now_s: float) -> None:
        try:
            trial = self._trials.get_nowait()
        except Empty:
            return
        self._report = replace(
            self._report,
            problem=None,
            cpu_ms=_rounded(trial.cpu_ms),
            edgetpu_ms=_rounded(trial.edgetpu_ms),
            library=trial.library,
        )
        if trial.problem:
            self._put_off(trial.problem, now_s)
        elif trial.coral:
            self._coral.append(trial.coral)
            self._canaries = trial.canaries
            self._canary_due_s = now_s + CANARY_INTERVAL_S
            self._report = replace(self._report, in_use="edgetpu")
            logger.info("the Coral serves, %s: %.2f ms a face, the CPU %.2f ms", *_times(trial))
        else:
            logger.info("the CPU serves on; the Coral, %s: %.2f ms a face, the CPU %.2f ms", *_times(trial))

    def _ask_canaries(self, now_s: float) -> None:
        fault = None
        try:
            with self._stages.during("loop", "coral canary"):
                difference = find_difference(self._coral[0], self._canaries)
        except RuntimeError as error:
            difference, fault = None, one_line(error)
        if fault is not None:
            self._put_out(f"the Coral failed while it served: {fault}", now_s)
        elif difference is not None:
            self._put_out(f"the Coral answers wrong: {difference}", now_s)

    def _put_out(self, problem: str, now_s: float) -> None:
        self._let_go()
        self._report = replace(self._report, in_use="cpu")
        self._put_off(problem, now_s)

    def _put_off(self, problem: str | None, now_s: float) -> None:
        """Leave the Coral alone for a while."""
        self._retry_due_s = now_s + self._model.retry_s
        if problem is None:
            self._report = replace(self._report, problem=None)
            return
        logger.warning("%s", problem)
        told = f"{problem}; the CPU serves, and the Coral is tried again every {self._model.retry_s:g} s"
        self._report = replace(self._report, problem=told)

    def _let_go(self) -> None:
        """Close the Coral in the background: what failed once may hang now."""
        held, self._coral, self._canaries = self._coral, [], ()
        self._background = threading.Thread(target=let_go, args=(held, self._stages), name="coral", daemon=True)
        del held
        self._background.start()


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)


def _times(trial: Trial) -> tuple[str | None, float | None, float | None]:
    return trial.library, trial.edgetpu_ms, trial.cpu_ms
