"""The order of the steps: a frame goes in, messages come out. No step knows its neighbours."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from edge.emotion.mood import Moods
from edge.faces.budget import Budget
from edge.faces.schedule import FaceFinder, Searched
from edge.faces.scoring import Classifier, FaceScorer, Gate
from edge.records import Box, Face, Frame, Reading, Scene
from edge.stages import Stages


class Publisher(Protocol):
    """Where readings go."""

    def publish(self, frame: Frame, readings: list[Reading], scene: Scene) -> None: ...


@dataclass(frozen=True, slots=True)
class Processed:
    """What became of one frame.

    Attributes:
        stage_ms: wall time of each step, in the order of the steps.
        rejected: how many faces the quality gate kept from being read, by its reason.
        reasons: the same, by track.
        searched: what was searched for faces.
        windows: the parts of the frame that were.
        classified: how many faces the network looked at.
        reused: how many were as they had been, and kept their scores.
    """

    faces: list[Face]
    readings: list[Reading]
    stage_ms: Mapping[str, float]
    rejected: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)
    searched: Searched = "none"
    windows: Sequence[Box] = ()
    classified: int = 0
    reused: int = 0


class Pipeline:
    """Built once, then fed frame by frame.

    Args:
        finder: finds the faces.
        classifier: scores a face.
        moods: what is said of each face.
        publisher: where it goes.
        stages: where it is written what the loop is in.
        gate: keeps faces that cannot be read from the classifier.
        budget: the same as the finder's; what a frame costs is taken from it.
    """

    def __init__(
        self,
        finder: FaceFinder,
        classifier: Classifier,
        moods: Moods,
        publisher: Publisher,
        stages: Stages | None = None,
        gate: Gate | None = None,
        budget: Budget | None = None,
    ) -> None:
        self._finder = finder
        self._budget = budget or Budget()
        self._scorer = FaceScorer(classifier, gate, self._budget)
        self._moods = moods
        self._publisher = publisher
        self._stages = stages or Stages()

    @property
    def is_idle(self) -> bool:
        """Whether nobody was there in the last frame and nothing moved, so that few frames are enough."""
        return self._finder.is_idle

    def is_due(self, now_s: float) -> bool:
        """Whether a frame of this time would tell anything new; to be asked of every frame."""
        return self._finder.is_due(now_s)

    def process(self, frame: Frame) -> Processed:
        self._budget.earn(frame.time_s)
        with self._budget.spending("frames"):
            return self._process(frame)

    def _process(self, frame: Frame) -> Processed:
        stage_ms: dict[str, float] = {}
        with self._timed("search", stage_ms):
            faces = self._finder.find(frame)
        with self._timed("classify", stage_ms):
            scored = self._scorer.score(frame, faces)
        with self._timed("mood", stage_ms):
            readings = self._moods.update(scored.faces, frame.time_s)
        with self._timed("publish", stage_ms):
            self._publisher.publish(frame, readings, self._moods.scene)
        return Processed(
            faces,
            readings,
            stage_ms,
            scored.rejected,
            scored.reasons,
            self._finder.searched,
            self._finder.windows,
            scored.classified,
            scored.reused,
        )

    @contextmanager
    def _timed(self, stage: str, stage_ms: dict[str, float]) -> Iterator[None]:
        begun_s = time.perf_counter()
        with self._stages.during("loop", stage):
            yield
        stage_ms[stage] = (time.perf_counter() - begun_s) * 1000
