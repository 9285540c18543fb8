"""The order of the steps: a frame goes in, messages come out. No step knows its neighbours."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from edge.emotion.mood import Moods
from edge.faces.schedule import FaceFinder
from edge.records import Box, Face, Frame, Gray, Reading, Scores
from edge.stages import Stages


class Classifier(Protocol):
    """What scores a face: an interpreter, or whichever of two is in use."""

    def scores(self, gray: Gray, box: Box) -> Scores: ...


class Publisher(Protocol):
    """Where readings go."""

    def publish(self, frame: Frame, readings: list[Reading]) -> None: ...


@dataclass(frozen=True, slots=True)
class Processed:
    """What became of one frame.

    Attributes:
        stage_ms: wall time of each step, in the order of the steps.
        rejected: how many faces the quality gate kept from being read, by its reason.
    """

    faces: list[Face]
    readings: list[Reading]
    stage_ms: Mapping[str, float]
    rejected: Mapping[str, int] = field(default_factory=dict)


class Pipeline:
    """Built once, then fed frame by frame."""

    def __init__(
        self,
        finder: FaceFinder,
        classifier: Classifier,
        moods: Moods,
        publisher: Publisher,
        stages: Stages | None = None,
    ) -> None:
        self._finder = finder
        self._classifier = classifier
        self._moods = moods
        self._publisher = publisher
        self._stages = stages or Stages()

    def process(self, frame: Frame) -> Processed:
        stage_ms: dict[str, float] = {}
        with self._timed("search", stage_ms):
            faces = self._finder.find(frame)
        with self._timed("classify", stage_ms):
            scored = [
                (face, self._classifier.scores(frame.gray, face.box) if face.is_seen else None)
                for face in faces
            ]
        with self._timed("mood", stage_ms):
            readings = self._moods.update(scored, frame.time_s)
        with self._timed("publish", stage_ms):
            self._publisher.publish(frame, readings)
        return Processed(faces, readings, stage_ms)

    @contextmanager
    def _timed(self, stage: str, stage_ms: dict[str, float]) -> Iterator[None]:
        begun_s = time.perf_counter()
        with self._stages.during("loop", stage):
            yield
        stage_ms[stage] = (time.perf_counter() - begun_s) * 1000
