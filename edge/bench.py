"""What a frame costs, stage by stage, and the same frames through the plain loop for comparison.

The plain loop is what most projects do: Haar on the whole frame, every frame, every box classified.
"""

import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.cameras import open_camera
from edge.clip import write_clip
from edge.config import Config, parse_config
from edge.emotion.bundle import load_bundle
from edge.emotion.classifier import Classifier
from edge.emotion.mood import Moods
from edge.errors import CameraError
from edge.faces.detector import HaarDetector
from edge.faces.schedule import FaceFinder
from edge.mqtt.publisher import LogTransport, Publisher
from edge.mqtt.topics import Topics
from edge.pipeline import Pipeline
from edge.records import Box, Frame

#: Overlap (IoU) from which two boxes are the same face.
_AGREE_OVERLAP = 0.4

#: Told how many frames are done.
Progress = Callable[[int], None]


@dataclass(slots=True)
class _Run:
    """What one loop did with the frames.

    CPU is that of the calling thread, which with one OpenCV and one LiteRT thread is all there is.
    """

    boxes: list[list[Box]] = field(default_factory=list)
    cpu_s: float = 0.0
    wall_s: float = 0.0

    @contextmanager
    def clock(self) -> Iterator[None]:
        begun = time.thread_time(), time.perf_counter()
        yield
        self.cpu_s += time.thread_time() - begun[0]
        self.wall_s += time.perf_counter() - begun[1]


@dataclass(slots=True)
class _Measured:
    """Both loops over the same frames, and what only ours has."""

    ours: _Run = field(default_factory=_Run)
    plain: _Run = field(default_factory=_Run)
    stages_ms: dict[str, list[float]] = field(default_factory=dict)
    latencies_ms: list[float] = field(default_factory=list)
    frame_size: str = ""


def bench(source: str | None, bundle: str, frames: int, progress: Progress) -> dict[str, Any]:
    """Run both loops, in turn, over every frame of a source; give what `mien bench --json` prints.

    Args:
        source: as `camera.source`; None for a made clip of one face at 640x480, 30 frames a second.
        frames: how many at most.
        progress: called with the count after each frame.

    Raises:
        MienError: the source or the model cannot be used.
    """
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder:
        if source is None:
            clip = Path(folder) / "astronaut.mp4"
            write_clip(clip, seconds=frames / 30)
            source = f"file:{clip}"
        config = parse_config({"camera": {"source": source, "realtime": False}, "model": {"bundle": bundle}})
        return _figures(_measure(config, frames, progress))


def format_bench(figures: Mapping[str, Any]) -> str:
    """The figures as lines for people."""
    rows = [f"{'stage':<10}{'median ms':>10}{'p95 ms':>10}"]
    for stage, times in figures["stages"].items():
        rows.append(f"{stage:<10}{times['median']:>10.3f}{times['p95']:>10.3f}")
    ratio = figures["plain_cpu_ms_per_frame"] / figures["cpu_ms_per_frame"]
    agree = figures["faces_agree"]
    return "\n".join(
        [
            f"{figures['frames']} frames of {figures['frame_size']} on {figures['machine']}",
            "",
            *rows,
            "",
            f"mien        {figures['cpu_ms_per_frame']:8.2f} ms of CPU a frame",
            f"plain loop  {figures['plain_cpu_ms_per_frame']:8.2f} ms of CPU a frame: {ratio:.1f} times more",
            "faces       "
            + (
                f"{agree:8.1%} of the frames in which the plain loop finds a face have ours there too"
                if agree is not None
                else "the plain loop found none"
            ),
            f"full speed  {figures['fps']:8.0f} frames a second, capture and decoding included",
            f"latency     {figures['latency_p95_ms']:8.2f} ms from frame to message (p95)",
            f"memory      {figures['rss_mb']:8.0f} MB at most",
        ]
    )


def _measure(config: Config, limit: int, progress: Progress) -> _Measured:
    measured = _Measured()
    classifier = Classifier.open(load_bundle(config.model.bundle), config.model.threads)
    plain_detector = HaarDetector(scale_factor=1.1, min_neighbors=5)
    with open(os.devnull, "w") as nowhere:
        publisher = Publisher(LogTransport(nowhere), Topics("bench"), config.publish)
        pipeline = Pipeline(FaceFinder(config.detect), classifier, Moods(config.mood), publisher)
        for capture_ms, frame in _timed_frames(config, limit):
            _run_ours(pipeline, frame, capture_ms, measured)
            _run_plain(plain_detector, classifier, frame, measured.plain)
            progress(len(measured.ours.boxes))
    return measured


def _run_ours(pipeline: Pipeline, frame: Frame, capture_ms: float, measured: _Measured) -> None:
    begun_s = time.monotonic()
    with measured.ours.clock():
        processed = pipeline.process(frame)
    measured.latencies_ms.append((time.monotonic() - begun_s) * 1000)
    measured.ours.boxes.append([face.box for face in processed.faces])
    for stage, elapsed_ms in {"capture": capture_ms, **processed.stage_ms}.items():
        measured.stages_ms.setdefault(stage, []).append(elapsed_ms)
    measured.frame_size = f"{frame.gray.shape[1]}x{frame.gray.shape[0]}"


def _run_plain(detector: HaarDetector, classifier: Classifier, frame: Frame, run: _Run) -> None:
    gray = frame.gray
    height, width = gray.shape
    if gray.shape != (480, 640):
        gray = cv2.resize(gray, (640, 480), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    with run.clock():
        found = detector.find(gray, min_px=0)
        for box in found:
            classifier.scores(gray, box)
    run.boxes.append([_scaled(box, width / 640, height / 480) for box in found])


def _timed_frames(config: Config, limit: int) -> Iterator[tuple[float, Frame]]:
    """Frames with the milliseconds of their capture, decoding and turning to grey."""
    camera = open_camera(config.camera)
    try:
        frames = islice(camera, limit)
        while True:
            begun_s = time.perf_counter()
            frame = next(frames, None)
            if frame is None:
                return
            yield (time.perf_counter() - begun_s) * 1000, frame
    finally:
        camera.close()


def _figures(measured: _Measured) -> dict[str, Any]:
    ours, plain = measured.ours, measured.plain
    count = len(ours.boxes)
    if not count:
        raise CameraError("the source gave no frame")
    spent_s = ours.wall_s + sum(measured.stages_ms["capture"]) / 1000
    return {
        "cpu_ms_per_frame": round(ours.cpu_s / count * 1000, 3),
        "plain_cpu_ms_per_frame": round(plain.cpu_s / count * 1000, 3),
        "faces_agree": faces_agree(ours.boxes, plain.boxes),
        "fps": round(count / spent_s, 1),
        "latency_p95_ms": _percentile(measured.latencies_ms, 95),
        "rss_mb": round(_peak_memory_mb(), 1),
        "frames": count,
        "frame_size": measured.frame_size,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "stages": {
            stage: {"median": _percentile(times_ms, 50), "p95": _percentile(times_ms, 95)}
            for stage, times_ms in measured.stages_ms.items()
        },
    }


def _percentile(values: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 4)


def faces_agree(ours: Sequence[list[Box]], plain: Sequence[list[Box]]) -> float | None:
    """Of the frames in which the plain loop finds a face, the share in which ours has one there.

    None where the plain loop finds none at all.
    """
    pairs = [(mine, theirs) for mine, theirs in zip(ours, plain, strict=False) if theirs]
    if not pairs:
        return None
    agreeing = sum(any(a.overlap(b) >= _AGREE_OVERLAP for a in mine for b in theirs) for mine, theirs in pairs)
    return round(agreeing / len(pairs), 4)


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(round(box.x * across), round(box.y * down), round(box.width * across), round(box.height * down))


def _peak_memory_mb() -> float:
    """The most resident memory this process had. (The system's rusage remembers its parent's, too.)"""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
