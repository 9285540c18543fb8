"""From the scores of single frames to an emotion that holds, per track: smoothing and hysteresis.

The defaults are chosen by `mien-train moods` on made recordings (edge/emotion/README.md shows the figures).
"""

import math
from collections.abc import Iterable
from dataclasses import replace

from edge.config import MoodConfig
from edge.emotion.leading import Leading
from edge.emotion.shares import WINDOW_S, Shares
from edge.labels import UNCERTAIN
from edge.records import Face, Reading, Scene, Scores, Summary

#: The most that one look counts against all before it: a single odd frame must not make a mood, however
#: long ago the last one was.
_MOST_WEIGHT = 0.4


class Mood:
    """The smoothed scores of one face and the emotion told of it.

    Attributes:
        emotion: a class of the model, or "uncertain".
        scores: smoothed, adding up to 1; empty where nothing is known of the face.
        first_seen_s: when the face came.
        since_s: since when the emotion is what it is.
    """

    def __init__(self, config: MoodConfig, now_s: float) -> None:
        self._config = config
        self.emotion = UNCERTAIN
        self.scores: Scores = {}
        self.first_seen_s = self.since_s = self._looked_s = now_s
        self._mass = 0.0  # of all looks, as the newest weighs

    def look(self, scores: Scores, now_s: float) -> None:
        """Take the scores of a frame, weighted by the time since the last: any frame rate smooths alike."""
        is_first = not self.scores
        if is_first:
            self.scores = dict.fromkeys(scores, 1 / len(scores))
        weight = self._weigh(is_first, max(0.0, now_s - self._looked_s))
        self.scores = {name: old + weight * (scores[name] - old) for name, old in self.scores.items()}
        self._looked_s = now_s
        chosen = self._choose()
        has_held = self.emotion == UNCERTAIN or now_s - self.since_s >= self._config.min_dwell_s
        if has_held:
            self._turn(chosen, now_s)

    def wait(self, now_s: float) -> None:
        """Take that there was no look at the face. After a while nothing is known of it any more."""
        if self.scores and self.has_waited(now_s):
            self.scores = {}
            self._turn(UNCERTAIN, now_s)

    def has_waited(self, now_s: float) -> bool:
        """Whether the last look, or the face's coming, is so long ago that it says nothing of now."""
        return now_s - self._looked_s >= self._config.uncertain_after_s

    @property
    def confidence(self) -> float:
        """The score of the emotion told; of the best one while uncertain; 0 where nothing is known."""
        return self.scores.get(self.emotion, max(self.scores.values(), default=0.0))

    def _weigh(self, is_first: bool, elapsed_s: float) -> float:
        """What share of the smoothed scores a look has.

        Looks count the less the older they are. Before the first nothing is known, and that counts as a look
        of its own, so that the first alone must be a clear one to be believed.
        """
        smoothing_s = self._config.smoothing_s
        if not smoothing_s:
            return 1.0
        if is_first:
            self._mass = 0.0
            return 0.5
        step = min(1 - math.exp(-elapsed_s / smoothing_s), _MOST_WEIGHT)
        before = self._mass or step * (2 - step)  # two looks, spaced as this one is from the last
        self._mass = before * (1 - step) + step
        return step / self._mass if self._mass else 0.0

    def _choose(self) -> str:
        """The best class, but the present one as long as it holds and no other leads by the margin."""
        best = max(self.scores, key=self.scores.__getitem__)
        is_clear = self.scores[best] >= self._config.min_confidence
        present = self.scores.get(self.emotion)
        if present is None:
            return best if is_clear else UNCERTAIN
        if is_clear and self.scores[best] >= present + self._config.switch_margin:
            return best
        holds = present >= min(self._config.leave_confidence, self._config.min_confidence)
        return self.emotion if holds else best if is_clear else UNCERTAIN

    def _turn(self, emotion: str, now_s: float) -> None:
        if emotion != self.emotion:
            self.emotion, self.since_s = emotion, now_s


class Moods:
    """The mood of every track that is in view, and of the room as a whole.

    Args:
        least_faces: the summary is of moments in which so many were there, and there is none without one.
    """

    def __init__(self, config: MoodConfig, least_faces: int = 0) -> None:
        self._config = config
        self._moods: dict[int, Mood] = {}
        self._leading = Leading(config.no_face_after_s)
        self._shares, self._least_faces = Shares(least_faces), least_faces
        self._scene = Scene()
        self._summarized_s: float | None = None

    @property
    def scene(self) -> Scene:
        """What is said of the room, as of the last update."""
        return self._scene

    def update(self, scored: Iterable[tuple[Face, Scores | None]], now_s: float) -> list[Reading]:
        """Give what is to be said of each face, in the order given, and forget those that are gone.

        A face without scores was not looked at (not seen, unreadable, waiting for its turn): its mood holds
        for a while, then it is uncertain. One that was never looked at says nothing for that while. A face
        that did not change was looked at: it comes with the scores that it has.
        """
        before, self._moods = self._moods, {}
        readings = []
        for face, scores in scored:
            mood = self._moods[face.track] = before.get(face.track) or Mood(self._config, now_s)
            if scores is None:
                mood.wait(now_s)
            else:
                mood.look(scores, now_s)
            if mood.scores or mood.has_waited(now_s):
                readings.append(_read(face, mood))
        self._shares.add([reading.emotion for reading in readings], now_s)
        scene = self._leading.update(readings, now_s)
        self._scene = replace(scene, summary=self._summarize(now_s))
        return readings

    def _summarize(self, now_s: float) -> Summary | None:
        """The last minute, where one is over."""
        if self._summarized_s is not None and now_s - self._summarized_s < WINDOW_S:
            return None
        is_first, self._summarized_s = self._summarized_s is None, now_s
        summary = self._shares.summary
        is_withheld = self._least_faces and not summary.watched_s
        return None if is_first or is_withheld else summary


def _read(face: Face, mood: Mood) -> Reading:
    return Reading(
        track=face.track,
        box=face.box,
        emotion=mood.emotion,
        confidence=mood.confidence,
        scores=mood.scores,
        since_s=mood.since_s,
        first_seen_s=mood.first_seen_s,
    )
