"""From what was measured to what is told."""

import importlib.metadata
import os
import platform
import re
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from edge.bench.loops import Loops
from edge.bench.meter import Spent
from edge.errors import CameraError
from edge.machine import ROOT, name_power_bits, read_machine, read_model, read_rss_mb, read_text
from edge.records import Box

#: Overlap (IoU) from which two boxes are the same face.
_AGREE_OVERLAP = 0.4


def make_figures(loops: Loops) -> dict[str, Any]:
    """What both loops cost, and whether they agree. Raises CameraError where no frame came."""
    ours, plain, count = loops.ours, loops.plain, len(loops.times_s)
    if not count:
        raise CameraError("the source gave no frame")
    spent_ms = sum(ours.spent.wall_ms) + sum(loops.capture.wall_ms)
    stages = {"capture": loops.capture, **loops.meter.spent}
    return {
        "cpu_ms_per_frame": _mean(ours.spent.cpu_ms),
        "plain_cpu_ms_per_frame": _mean(plain.spent.cpu_ms),
        "faces_agree": faces_agree(ours.boxes, plain.boxes),
        "fps": round(1000 * count / spent_ms, 1),
        "latency_p95_ms": _percentile(ours.spent.wall_ms, 95),
        "rss_mb": round(read_rss_mb()[1], 1),
        "frames": count,
        "frame_size": loops.frame_size,
        "faces_per_frame": round(float(np.mean([len(boxes) for boxes in ours.boxes])), 2),
        "camera_fps": camera_fps(loops.times_s),
        "stages": {name: _describe(spent) for name, spent in stages.items()},
    }


def describe_machine() -> dict[str, Any]:
    """What a figure means nothing without: the computer, its versions, heat and power now."""
    reading = read_machine()
    what = read_model() or _processor() or platform.machine()
    now, before = name_power_bits(reading.power_bits or 0)
    packages = {name: importlib.metadata.version(name) for name in ("mien", "numpy")}
    return {
        "machine": f"{what}, {os.cpu_count()} cores",
        "architecture": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "versions": {"python": platform.python_version(), "opencv": cv2.__version__, **packages, **_runtime()},
        "temperature_c": reading.temperature_c,
        "throttling": None if reading.power_bits is None else {"now": now, "before": before},
    }


def camera_fps(times_s: Sequence[float]) -> float | None:
    """Frames a second by the camera's own clock; None where there are too few to say."""
    lasted_s = times_s[-1] - times_s[0] if len(times_s) > 1 else 0.0
    return round((len(times_s) - 1) / lasted_s, 2) if lasted_s > 0 else None


def faces_agree(ours: Sequence[list[Box]], plain: Sequence[list[Box]]) -> float | None:
    """Of the frames in which the plain loop finds a face, the share in which ours has one there.

    None where the plain loop finds none at all.
    """
    pairs = [(mine, theirs) for mine, theirs in zip(ours, plain, strict=False) if theirs]
    if not pairs:
        return None
    agreeing = sum(any(a.overlap(b) >= _AGREE_OVERLAP for a in mine for b in theirs) for mine, theirs in pairs)
    return round(agreeing / len(pairs), 4)


def _describe(spent: Spent) -> dict[str, float]:
    """Wall time, and CPU beside it."""
    return {
        "median": _percentile(spent.wall_ms, 50),
        "p95": _percentile(spent.wall_ms, 95),
        "cpu_median": _percentile(spent.cpu_ms, 50),
        "cpu_p95": _percentile(spent.cpu_ms, 95),
        "cpu_mean": _mean(spent.cpu_ms),
    }


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)


def _percentile(values: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 4)


def _processor() -> str | None:
    found = re.search(r"^model name\s*: (.*)$", read_text(ROOT, "/proc/cpuinfo") or "", re.MULTILINE)
    return found[1] if found else None


def _runtime() -> dict[str, str]:
    for name in ("ai-edge-litert", "tflite-runtime"):
        try:
            return {name: importlib.metadata.version(name)}
        except importlib.metadata.PackageNotFoundError:
            continue
    return {}
