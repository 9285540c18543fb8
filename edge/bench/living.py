"""Our loop as the daemon runs it: at the camera's rate, with few frames while nobody is there."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.assembly import make_pipeline
from edge.cameras import open_camera
from edge.cameras.mailbox import frames_of
from edge.config import Config
from edge.emotion.classifier import Classifier
from edge.faces.budget import Budget
from edge.mqtt.publisher import Publisher
from edge.pace import Pace

_PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Step:
    """One frame of the camera.

    Attributes:
        time_s: by the camera's clock.
        cpu_s: what it cost, with waiting for it; capture, in a thread of its own, is not in it.
        latency_ms: from its arrival to the end of publishing; None where it was left out.
        faces: how many were told of it; None where it was left out.
    """

    time_s: float
    cpu_s: float
    latency_ms: float | None = None
    faces: int | None = None


def live(config: Config, classifier: Classifier, publisher: Publisher, seconds: float) -> list[Step]:
    """Run over a source for a time of its clock: in real time where `config.camera` says so."""
    budget = Budget(config.detect.cpu_percent if config.camera.is_paced else None)
    pipeline = make_pipeline(config, classifier, publisher, budget=budget)
    pace = Pace(config.camera.idle_fps, budget)
    camera, steps = open_camera(config.camera), list[Step]()
    with frames_of(camera, _PATIENCE_S) as frames:
        spent_s = time.thread_time()
        for frame in frames:
            if frame is None:
                continue
            if not camera.is_live:
                spent_s = time.thread_time()  # it was read in this thread
            has_work = pipeline.is_due(frame.time_s)
            if pace.is_due(frame.time_s, is_idle=pipeline.is_idle, has_work=has_work):
                faces = len(pipeline.process(frame).readings)
                latency_ms = (time.monotonic() - frame.captured_s) * 1000
                steps.append(Step(frame.time_s, time.thread_time() - spent_s, latency_ms, faces))
            else:
                steps.append(Step(frame.time_s, time.thread_time() - spent_s))
            spent_s = time.thread_time()
            if frame.time_s - steps[0].time_s >= seconds:
                break
    return steps


def share(steps: Sequence[Step], begin_s: float, end_s: float) -> float | None:
    """CPU from one moment of the recording to another, percent of one core; None where no frame came."""
    spent_s = [step.cpu_s for step in steps if begin_s <= step.time_s < end_s]
    return round(100 * sum(spent_s) / (end_s - begin_s), 2) if spent_s else None


def wake_s(steps: Sequence[Step], appears_s: float) -> float | None:
    """From the first frame with a face to the one of which it was told; None where it never was."""
    told_s = [step.time_s for step in steps if step.time_s >= appears_s and step.faces]
    return round(told_s[0] - appears_s, 3) if told_s else None


def latency_p95_ms(steps: Sequence[Step]) -> float:
    """From the arrival of a frame to the end of publishing."""
    return round(float(np.percentile([step.latency_ms for step in steps if step.latency_ms], 95)), 3)


def describe(steps: Sequence[Step], phases: dict[str, tuple[float, float]]) -> dict[str, Any]:
    """CPU shares of the phases of a recording, by name."""
    return {name: share(steps, *phase) for name, phase in phases.items()}
