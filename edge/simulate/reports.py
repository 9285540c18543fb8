"""What came of a stretch of time, as numbers and as a line."""

import os
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edge.simulate.processes import read_cpu_s, read_memory_mb
from edge.simulate.tally import Tally

Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Mark:
    at_s: float
    sent: int
    sent_bytes: int
    acknowledged: int
    received: int
    cpu_s: float
    broker: int | None
    broker_cpu_s: float | None


class Reporter:
    """Makes reports of a tally.

    Args:
        find_broker: its process, where it is on this machine.
    """

    def __init__(self, tally: Tally, devices: int, rate: float, find_broker: Callable[[], int | None]) -> None:
        self._tally, self._devices, self._rate, self._find_broker = tally, devices, rate, find_broker
        self._broker = find_broker()
        self._begun_s = time.monotonic()

    def mark(self) -> _Mark:
        """Now; a report is of the time since a mark."""
        tally = self._tally
        broker_cpu_s = read_cpu_s(self._broker) if self._broker else None
        if self._broker and broker_cpu_s is None:  # it ended; another one may have come
            self._broker = self._find_broker()
        return _Mark(
            time.monotonic(),
            tally.sent,
            tally.sent_bytes,
            tally.acknowledged,
            tally.received,
            time.process_time(),
            self._broker,
            broker_cpu_s,
        )

    def report(self, since: _Mark) -> Report:
        now, tally = self.mark(), self._tally
        elapsed_s = max(now.at_s - since.at_s, 1e-3)
        return {
            "seconds": round(now.at_s - self._begun_s, 1),
            "measured_s": round(elapsed_s, 1),
            "devices": self._devices,
            "connected": tally.connected,
            "wanted_per_s": round(self._devices * self._rate, 1),
            "sent_per_s": round((now.sent - since.sent) / elapsed_s, 1),
            "sent_kb_per_s": round((now.sent_bytes - since.sent_bytes) / elapsed_s / 1000, 1),
            "acknowledged_per_s": round((now.acknowledged - since.acknowledged) / elapsed_s, 1),
            "received_per_s": round((now.received - since.received) / elapsed_s, 1),
            "delay_ms": _spread(list(tally.delays_ms)),
            "behind_s": round(max(0.0, tally.late_s), 3),
            "dropped": tally.dropped,
            "lost_connections": tally.lost_connections,
            "refused": dict(tally.refused),
            "cpu_percent": round(100 * (now.cpu_s - since.cpu_s) / elapsed_s, 1),
            "memory_mb": read_memory_mb(os.getpid()),
            "broker": _broker_of(since, now),
        }


def _broker_of(since: _Mark, now: _Mark) -> dict[str, float] | None:
    """What the broker used between two marks; None where it is not here, or was another process."""
    if now.broker is None or now.broker != since.broker or None in (now.broker_cpu_s, since.broker_cpu_s):
        return None
    used_s = (now.broker_cpu_s or 0.0) - (since.broker_cpu_s or 0.0)
    return {
        "cpu_percent": round(100 * used_s / max(now.at_s - since.at_s, 1e-3), 1),
        "memory_mb": read_memory_mb(now.broker),
    }


def format_report(report: Report) -> str:
    """One line for people."""
    delay = report["delay_ms"]
    parts = [
        f"{report['seconds']:4.0f} s  {report['connected']}/{report['devices']} connected",
        f"{report['sent_per_s']:.0f} sent, {report['acknowledged_per_s']:.0f} acknowledged, "
        f"{report['received_per_s']:.0f} received a second",
    ]
    if delay:
        parts.append(f"after {delay['median']:.0f} ms (p95 {delay['p95']:.0f})")
    parts.append(f"here {report['cpu_percent']:.0f} % CPU, {report['memory_mb']:.0f} MB")
    if broker := report["broker"]:
        parts.append(f"broker {broker['cpu_percent']:.0f} % CPU, {broker['memory_mb']:.0f} MB")
    parts += [f"{count} refused: {reason}" for reason, count in report["refused"].items()]
    return "; ".join(parts)


def _spread(values: list[float]) -> dict[str, float] | None:
    if len(values) < 2:
        return None
    parts = statistics.quantiles(values, n=20)
    return {"median": round(statistics.median(values), 1), "p95": round(parts[18], 1)}
