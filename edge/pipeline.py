"""The order of the steps: a frame goes in, messages come out. No step knows its neighbours."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from edge.emotion.classifier import Classifier
from edge.emotion.mood import Moods
from edge.faces.schedule import FaceFinder
from edge.records import Face, Frame, Reading


class Publisher(Protocol):
    """Where readings go."""

    def publish(self, frame: Frame, readings: list[Reading]) -> None: ...


@dataclass(frozen=True, slots=True)
class Processed:
    """What became of one frame.

    Attributes:
        stage_ms: wall time of each step, in the order of the steps.
    """

    faces: list[Face]
    readings: list[Reading]
    stage_ms: Mapping[str, float]


class Pipeline:
    """Built once, then fed frame by frame."""

    def __init__(self, finder: FaceFinder, classifier: Classifier, moods: Moods, publisher: Publisher) -> None:
        self._finder = finder
        self._classifier = classifier
        self._moods = moods
        self._publisher = publisher

    def process(self, frame: Frame) -> Processed:
        clock = _StageClock()
        faces = self._finder.find(frame)
        clock.end("search")
        scored = [
            (face, self._classifier.scores(frame.gray, face.box) if face.is_seen else None) for face in faces
        ]
        clock.end("classify")
        readings = self._moods.update(scored, frame.time_s)
        clock.end("mood")
        self._publisher.publish(frame, readings)
        clock.end("publish")
        return Processed(faces, readings, clock.stage_ms)


class _StageClock:
    def __init__(self) -> None:
        self.stage_ms: dict[str, float] = {}
        self._begun_s = time.perf_counter()

    def end(self, stage: str) -> None:
        now_s = time.perf_counter()
        self.stage_ms[stage] = (now_s - self._begun_s) * 1000
        self._begun_s = now_s
