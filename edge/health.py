"""How the device is: what the loop did, what the machine says, and when that is told."""

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

from edge.cameras.recovery import RecoveringCamera
from edge.machine import FIRST_PLAUSIBLE_UNIX_S, Reading, name_power_bits
from edge.pipeline import Processed

_INTERVAL_S = 60.0

#: What is wrong is told as soon as it changes, but no more often than this.
_SHORTEST_S = 5.0

#: The median and the like are of the last so many frames, at most.
_MOST_SAMPLES = 4096

#: A Pi slows down from here on.
_TOO_HOT_C = 80.0

_UNDER_VOLTAGE = 1 << 0
_HELD_DOWN = 1 << 1 | 1 << 2 | 1 << 3


class Outgoing(Protocol):
    """Tells what became of messages.

    Attributes:
        dropped: how many did not get out since the start, by reason.
        waiting: how many have yet to arrive.
    """

    @property
    def dropped(self) -> Mapping[str, int]: ...

    @property
    def waiting(self) -> int: ...


class Health:
    """Counts what happens between two reports, and says when one is due.

    Args:
        camera: whose dropped frames and openings are told.
        publisher: whose messages that were dropped, and that wait, are told.
    """

    def __init__(self, camera: RecoveringCamera, publisher: Outgoing) -> None:
        self._camera, self._publisher = camera, publisher
        self._begun_s = self._told_s = time.monotonic()
        self._due_s = self._begun_s + _INTERVAL_S
        self._problems: Mapping[str, str] = {}
        self._stage_ms: dict[str, _Samples] = {}
        self._forget()

    def count(self, processed: Processed) -> None:
        """Take what became of a frame."""
        self._frames += 1
        self._rejected.update(processed.rejected)
        for stage, elapsed_ms in processed.stage_ms.items():
            self._stage_ms.setdefault(stage, _Samples()).add(elapsed_ms)

    def hurry(self, problems: Mapping[str, str]) -> None:
        """Something is wrong, or well again: tell it soon."""
        if dict(problems) != self._problems:
            self.repeat()

    def repeat(self) -> None:
        """Somebody who did not hear the last report waits for one: tell it soon."""
        self._due_s = min(self._due_s, self._told_s + _SHORTEST_S)

    def is_due(self, now_s: float) -> bool:
        return now_s >= self._due_s

    def report(self, status: str, problems: Mapping[str, str], reading: Reading) -> dict[str, Any]:
        """The fields of the message `health`; begins to count anew."""
        now_s = time.monotonic()
        interval_s = max(now_s - self._told_s, 1e-3)
        now, before = self._totals(), self._before
        fields = {
            "status": status,
            "problems": dict(problems),
            "uptime_s": round(now_s - self._begun_s, 1),
            "interval_s": round(interval_s, 3),
            "fps": round(self._frames / interval_s, 2),
            "stages": {stage: samples.summary() for stage, samples in self._stage_ms.items() if samples.count},
            "dropped_frames": now["frames"] - before["frames"],
            "dropped_messages": (now["messages"] - before["messages"]).total(),
            "dropped_by_reason": dict(now["messages"] - before["messages"]),
            "waiting_messages": self._publisher.waiting,
            "camera_reopened": now["reopened"] - before["reopened"],
            "rejected": dict(self._rejected),
            "cpu_percent": round(100 * (now["cpu_s"] - before["cpu_s"]) / interval_s, 1),
            **_machine_fields(reading),
        }
        self._told_s, self._due_s, self._problems = now_s, now_s + _INTERVAL_S, dict(problems)
        self._forget()
        return fields

    def _forget(self) -> None:
        self._frames, self._rejected, self._before = 0, Counter[str](), self._totals()
        for samples in self._stage_ms.values():
            samples.clear()

    def _totals(self) -> dict[str, Any]:
        return {
            "frames": self._camera.dropped,
            "messages": Counter(self._publisher.dropped),
            "reopened": self._camera.reopened,
            "cpu_s": time.process_time(),
        }


class _Samples:
    """The last of many numbers, in memory that does not grow."""

    def __init__(self) -> None:
        self._values = np.zeros(_MOST_SAMPLES, np.float32)
        self.count = 0

    def add(self, value: float) -> None:
        self._values[self.count % _MOST_SAMPLES] = value
        self.count += 1

    def clear(self) -> None:
        self.count = 0

    def summary(self) -> dict[str, float]:
        median, p95 = np.percentile(self._values[: self.count], [50, 95])
        return {"median": round(float(median), 3), "p95": round(float(p95), 3)}


def find_problems(reading: Reading, now_unix_s: float) -> dict[str, str | None]:
    """What is wrong with the machine, a line for each part; None where nothing is."""
    bits, celsius = reading.power_bits or 0, reading.temperature_c
    heat = power = clock = None
    if bits & _HELD_DOWN or (celsius is not None and celsius >= _TOO_HOT_C):
        degrees = "" if celsius is None else f" at {celsius:.0f} degrees Celsius"
        heat = f"the processor slows down{degrees}; give it a heat sink or a fan, and air"
    if bits & _UNDER_VOLTAGE:
        power = "under-voltage; use the power supply made for this Pi, with its own cable"
    if now_unix_s < FIRST_PLAUSIBLE_UNIX_S:
        clock = "the clock is wrong: it stands before 2026"
    elif reading.is_clock_awaited and reading.is_clock_set is False:
        clock = "the clock was not set by the network yet; times may be wrong"
    return {"heat": heat, "power": power, "clock": clock}


def _machine_fields(reading: Reading) -> dict[str, Any]:
    throttling = None
    if reading.power_bits is not None:
        now, before = name_power_bits(reading.power_bits)
        throttling = {"now": now, "before": before}
    return {
        "memory_mb": round(reading.memory_mb, 1),
        "memory_free_mb": reading.free_mb,
        "temperature_c": reading.temperature_c,
        "throttling": throttling,
        "clock_synchronized": reading.is_clock_set,
    }
