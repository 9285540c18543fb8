"""From the scores of single frames to an emotion that holds: smoothing and hysteresis, per track."""

import math
from collections.abc import Iterable

from edge.config import MoodConfig
from edge.labels import UNCERTAIN
from edge.records import Face, Reading, Scores


class Mood:
    """The smoothed scores of one face and the emotion told of it."""

    def __init__(self, config: MoodConfig, scores: Scores, now_s: float) -> None:
        self._config = config
        self.scores = dict(scores)
        self.first_seen_s = self.since_s = self._updated_s = now_s
        self.emotion = self._choose(current=None)

    def update(self, scores: Scores, now_s: float) -> None:
        """Take the scores of a frame, weighted by the time since the last: any frame rate smooths alike."""
        elapsed_s = max(0.0, now_s - self._updated_s)
        smoothing_s = self._config.smoothing_s
        weight = 1 - math.exp(-elapsed_s / smoothing_s) if smoothing_s else 1.0
        self.scores = {name: old + weight * (scores[name] - old) for name, old in self.scores.items()}
        self._updated_s = now_s
        if (emotion := self._choose(self.emotion)) != self.emotion:
            self.emotion, self.since_s = emotion, now_s

    @property
    def confidence(self) -> float:
        """The score of the emotion told; of the best one while uncertain."""
        return self.scores.get(self.emotion, max(self.scores.values()))

    def _choose(self, current: str | None) -> str:
        """The best class, but the present one as long as no other leads by the margin."""
        best = max(self.scores, key=self.scores.__getitem__)
        if current in self.scores and self.scores[best] < self.scores[current] + self._config.switch_margin:
            best = current
        return best if self.scores[best] >= self._config.min_confidence else UNCERTAIN


class Moods:
    """The mood of every track that is in view."""

    def __init__(self, config: MoodConfig) -> None:
        self._config = config
        self._moods: dict[int, Mood] = {}

    def update(self, scored: Iterable[tuple[Face, Scores | None]], now_s: float) -> list[Reading]:
        """Give what is to be said of each face, in the order given, and forget those that are gone.

        A face without scores was not seen in this frame: its mood holds. One never scored says nothing.
        """
        readings = [
            self._read(face, scores, now_s)
            for face, scores in scored
            if scores is not None or face.track in self._moods
        ]
        present = {reading.track for reading in readings}
        self._moods = {track: mood for track, mood in self._moods.items() if track in present}
        return readings

    def _read(self, face: Face, scores: Scores | None, now_s: float) -> Reading:
        mood = self._moods.get(face.track)
        if mood is None:
            assert scores is not None
            mood = self._moods[face.track] = Mood(self._config, scores, now_s)
        elif scores is not None:
            mood.update(scores, now_s)
        return Reading(
            track=face.track,
            box=face.box,
            emotion=mood.emotion,
            confidence=mood.confidence,
            scores=mood.scores,
            since_s=mood.since_s,
            first_seen_s=mood.first_seen_s,
        )
