"""Which faces are classified in a frame: one an inference, those first that have waited longest.

A face that has not changed since it was classified keeps its scores, as the network would only say them again.
One that the budget leaves no time for gets none in this frame, and its mood holds.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np

from edge.faces.budget import Budget
from edge.preprocessing import crop_face, resize_face
from edge.records import Box, Face, Frame, Gray, Scores

#: Faces are compared in this size: each pixel of it averages the noise of many.
_SIDE_PX = 16

#: A face in which no part has changed by more grey levels than this is the same (edge/README.md: why so many).
MOST_LEVELS = 6


class Classifier(Protocol):
    """What scores a face: an interpreter, or whichever of two is in use."""

    def scores(self, gray: Gray, box: Box) -> Scores: ...


class Gate(Protocol):
    """What keeps faces from being read."""

    def reject(self, gray: Gray, face: Face) -> str | None:
        """Why a face cannot be read; None where it can."""
        ...


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of the faces of one frame.

    Attributes:
        faces: each with its scores; None where it was not seen, cannot be read, or has to wait.
        reasons: why a face cannot be read, by its track; those that can are left out.
        classified: how many the network looked at.
        reused: how many kept the scores they had.
    """

    faces: Sequence[tuple[Face, Scores | None]]
    reasons: Mapping[int, str] = field(default_factory=dict)
    classified: int = 0
    reused: int = 0

    @property
    def rejected(self) -> Mapping[str, int]:
        """How many cannot be read, by reason."""
        return Counter(self.reasons.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A face as it was when it was classified."""

    box: Box
    small: Gray
    scores: Scores
    order: int


class FaceScorer:
    """Gives the faces of each frame their scores."""

    def __init__(self, classifier: Classifier, gate: Gate | None = None, budget: Budget | None = None) -> None:
        self._classifier, self._gate, self._budget = classifier, gate, budget or Budget()
        self._looks: dict[int, _Look] = {}
        self._count = 0

    def score(self, frame: Frame, faces: Sequence[Face]) -> Scored:
        present = {face.track for face in faces}
        self._looks = {track: look for track, look in self._looks.items() if track in present}
        seen = [face for face in faces if face.is_seen]
        reasons = self._reject(frame.gray, seen)
        good = [face for face in seen if face.track not in reasons]
        unchanged = {face.track for face in good if self._is_unchanged(frame.gray, face)}
        changed = [face for face in good if face.track not in unchanged]
        classified = self._classify_stalest(frame.gray, changed)
        fresh = unchanged | classified
        return Scored(
            [(face, self._looks[face.track].scores if face.track in fresh else None) for face in faces],
            reasons,
            len(classified),
            len(unchanged),
        )

    def _reject(self, gray: Gray, faces: Sequence[Face]) -> Mapping[int, str]:
        """Why faces cannot be read, by track."""
        if self._gate is None:
            return {}
        reasons = {face.track: self._gate.reject(gray, face) for face in faces}
        return {track: reason for track, reason in reasons.items() if reason is not None}

    def _classify_stalest(self, gray: Gray, faces: Sequence[Face]) -> set[int]:
        """At least one, and as many as the budget allows; which."""
        done: set[int] = set()
        for face in sorted(faces, key=self._staleness):
            if done and not self._budget.allows("classify"):
                break
            with self._budget.spending("classify"):
                scores = self._classifier.scores(gray, face.box)
                self._count += 1
                self._looks[face.track] = _Look(face.box, shrunk_face(gray, face.box), scores, self._count)
            done.add(face.track)
        return done

    def _staleness(self, face: Face) -> int:
        look = self._looks.get(face.track)
        return look.order if look else 0

    def _is_unchanged(self, gray: Gray, face: Face) -> bool:
        """Whether the place where the face was classified looks as it did.

        The place, not the face's box of now: the finder's boxes jump though nothing has moved.
        """
        look = self._looks.get(face.track)
        if look is None or not look.box.clip(*gray.shape).area_px or look.box.overlap(face.box) < 0.5:
            return False
        return levels_apart(shrunk_face(gray, look.box), look.small) <= MOST_LEVELS


def shrunk_face(gray: Gray, box: Box) -> Gray:
    """A face in the size in which faces are compared."""
    return np.asarray(resize_face(crop_face(gray, box), _SIDE_PX), np.uint8)


def levels_apart(face: Gray, other: Gray) -> float:
    """By how many grey levels two shrunk faces differ where they differ most."""
    return float(cv2.norm(face, other, cv2.NORM_INF))
