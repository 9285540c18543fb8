"""What a soaked daemon told and had, and whether that is well."""

import json
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.edge.fakes.webcam import Fault

#: What `info` says of each.
NAMED: Mapping[Fault, str] = {
    "unplugged": "is the camera plugged in?",
    "torn out": "gives no more frames",
    "frozen": "repeats its last picture",
    "old stamps": "repeats its last picture",
    "black": "sees only black",
    "garbled": "is no JPEG",
}

#: Begins the line on standard error with which a fault is announced.
FAULT_LINE = "SOAK "


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process has at one moment."""

    at_s: float
    memory_mb: float
    threads: int
    handles: int


@dataclass(slots=True)
class Heard:
    """What the daemon told, and when, by the monotonic clock."""

    faults: list[tuple[float, Fault]] = field(default_factory=list)
    statuses: list[tuple[float, str]] = field(default_factory=list)
    problems: list[tuple[float, str]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    frames: float = 0

    def take_message(self, line: str) -> None:
        message = json.loads(line)
        kind, payload, now_s = message["topic"].split("/")[2], message["payload"], time.monotonic()
        self.kinds[kind] += 1
        if kind == "status":
            self.statuses.append((now_s, payload))
        elif kind == "info" and payload["problems"]:
            self.problems.append((now_s, payload["problems"].get("camera", "")))
        elif kind == "health":
            self.frames += payload["fps"] * payload["interval_s"]

    def take_log(self, line: str) -> None:
        if line.startswith(FAULT_LINE):
            name: Any = line.removeprefix(FAULT_LINE).strip()
            self.faults.append((time.monotonic(), name))
        else:
            self.log = [*self.log[-50:], line.rstrip()]

    def recovery_s(self, number: int) -> float | None:
        """From a fault to `online`; None where it was not named, or not over before the next one."""
        begun_s, fault = self.faults[number]
        end_s = self.faults[number + 1][0] if number + 1 < len(self.faults) else float("inf")
        is_named = any(NAMED[fault] in line for at_s, line in self.problems if begun_s <= at_s < end_s)
        told = [(at_s, status) for at_s, status in self.statuses if begun_s <= at_s < end_s]
        if not is_named or not told or told[-1][1] != "online":
            return None
        return told[-1][0] - begun_s


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it.

    Attributes:
        recovered: by kind of fault: how many, and of how many.
        slowest_s: from a fault to `online`, at most.
        growth: of memory (MB, median), threads and handles (at most), from after the warm-up to the end.
        failures: one line each; none where all is well.
    """

    seconds: float
    faults: int
    recovered: Mapping[str, str]
    slowest_s: float
    frames: int
    messages: Mapping[str, int]
    memory_mb: float
    growth: Mapping[str, float]
    failures: Sequence[str]


def judge(
    heard: Heard, samples: Sequence[Sample], has_lived: bool, most_growth_mb: float, seconds: float
) -> Verdict:
    times_s = {number: heard.recovery_s(number) for number in range(len(heard.faults) - 1)}
    kinds = Counter(heard.faults[number][1] for number in times_s)
    well = Counter(heard.faults[number][1] for number, took_s in times_s.items() if took_s is not None)
    growth = _growth(samples)
    failures = [
        f"{kind}: {kinds[kind] - well[kind]} not recovered" for kind in kinds if well[kind] < kinds[kind]
    ]
    if not has_lived:
        failures.append("the daemon ended by itself: " + " | ".join(heard.log[-3:]))
    if not times_s:
        failures.append("there was no fault; run for longer")
    failures += [f"{what} grew by {growth[what]:g}" for what in ("threads", "handles") if growth[what] > 0]
    if growth["memory_mb"] > most_growth_mb:
        failures.append(f"memory grew by {growth['memory_mb']:.2f} MB; expected at most {most_growth_mb:g}")
    return Verdict(
        seconds=seconds,
        faults=len(times_s),
        recovered={kind: f"{well[kind]} of {count}" for kind, count in kinds.items()},
        slowest_s=round(max((took_s for took_s in times_s.values() if took_s), default=0.0), 2),
        frames=round(heard.frames),
        messages=dict(heard.kinds),
        memory_mb=round(max((sample.memory_mb for sample in samples), default=0.0), 1),
        growth=growth,
        failures=failures,
    )


def _growth(samples: Sequence[Sample]) -> dict[str, float]:
    """From the first minute of these to the last, or from the first third of a shorter run to its last."""
    count = min(60, max(1, len(samples) // 3))
    first, last = samples[:count], samples[-count:]
    if not samples:
        return {"memory_mb": 0.0, "threads": 0, "handles": 0}
    memory_mb = [statistics.median(sample.memory_mb for sample in part) for part in (first, last)]
    return {
        "memory_mb": round(memory_mb[1] - memory_mb[0], 2),
        "threads": max(s.threads for s in last) - max(s.threads for s in first),
        "handles": max(s.handles for s in last) - max(s.handles for s in first),
    }
