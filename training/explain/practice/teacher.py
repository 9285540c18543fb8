"""What the page is told: a question, and, when it was answered, what people, units and the network say."""

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import UsageError
from edge.labels import name_for_people
from training.explain.face import Measured
from training.explain.opinions import Opinion
from training.explain.plain_words import TRACE, seen
from training.explain.practice.lessons import Lessons
from training.explain.practice.progress import Progress
from training.explain.reasons import Reasons
from training.explain.saliency.maps import METHODS, overlay
from training.explain.sentences import sentence
from training.report.page import picture_uri
from training.splits import Faces
from training.votes import class_votes

_SHOWN_PX = 288


@dataclass(slots=True)
class Teacher:
    """Asks and answers, one learner at a time; requests may come from several threads.

    Attributes:
        faces: the split.
        units: which row of the action units belongs to which row of the split.
        lang: of the names of expressions.
    """

    faces: Faces
    lessons: Lessons
    opinion: Opinion
    progress: Progress
    measured: Measured | None = None
    units: Mapping[int, int] = field(default_factory=dict)
    lang: str = "en"
    chance: random.Random = field(default_factory=random.Random)
    _asked: tuple[int, str] | None = None
    _seen: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def question(self) -> dict[str, Any]:
        """The question that waits for an answer: the same one, if the page is loaded again."""
        with self._lock:
            if self._asked is None:
                self._asked = self.lessons.choose(self.progress, self._seen, self.chance)
                self._seen.add(self._asked[0])
            row, _ = self._asked
            return {
                "id": row,
                "picture": picture_uri(_enlarged(self._face(row))),
                "lang": self.lang,
                "choices": [self._named(name) for name in self.lessons.expressions],
                "hint": self._hint(row),
                "progress": self._progress(),
            }

    def answer(self, row: int, name: str) -> dict[str, Any]:
        """What is to be said of an answer; it counts once.

        Raises:
            UsageError: this is not the question, or no expression that was asked for.
        """
        with self._lock:
            if self._asked is None or self._asked[0] != row or name not in self.lessons.rows:
                raise UsageError("this question has been answered already; load the page again")
            truth = self._asked[1]
            self.progress.add(truth, name == truth)
            self._asked = None
            return {
                "right": name == truth,
                "truth": self._named(truth),
                "verdict": self._verdict(truth, name),
                "people": self._people(row),
                **self._network(row),
                "units": self._units(row),
                "progress": self._progress(),
            }

    def forget(self) -> dict[str, Any]:
        with self._lock:
            self.progress.forget()
            return {"progress": self._progress()}

    def _face(self, row: int) -> NDArray[np.uint8]:
        return np.asarray(self.faces.pixels[row])

    def _named(self, name: str) -> dict[str, str]:
        return {"id": name, "name": name_for_people(name, self.lang)}

    def _verdict(self, truth: str, name: str) -> str:
        right, chosen = (self._named(one)["name"] for one in (truth, name))
        if truth == name:
            return f"Yes: {right}."
        who = "The data set says" if self.faces.votes is None else "Most people see"
        return f"{who} {right} here, not {chosen}."

    def _people(self, row: int) -> str:
        """Whose word the right answer is."""
        if self.faces.votes is None:
            return "So says the data set's label."
        counts = class_votes(self.faces.take(np.array([row])))[0]
        order = [int(place) for place in np.argsort(-counts, kind="stable") if counts[place]]
        said = [f"{counts[place]} {name_for_people(self.faces.classes[place], self.lang)}" for place in order]
        others = int(self.faces.votes[row].sum()) - int(counts.sum())
        return f"Of ten people who looked at it, so many chose: {', '.join([*said, *_rest(others)])}."

    def _network(self, row: int) -> dict[str, Any]:
        face, opinion = self._face(row), self.opinion
        scores = opinion.scores(face)
        place = int(scores.argmax())
        saliency = opinion.look(face, place)
        named = dict(zip(opinion.classes, scores.tolist(), strict=True))
        reasons = self._reasons(row, opinion.classes[place])
        return {
            "network": {**self._named(opinion.classes[place]), "confidence": round(float(scores[place]), 3)},
            "sentence": sentence(named, reasons, self.lang),
            "saliency": picture_uri(overlay(_enlarged(face), saliency)),
            "meaning": f"It glows {METHODS[saliency.method]} ({saliency.method}).",
        }

    def _reasons(self, row: int, rival: str | None) -> Reasons | None:
        if self.measured is None or row not in self.units:
            return None
        return self.measured.reasons(self.units[row], rival)

    def _units(self, row: int) -> list[dict[str, Any]]:
        """What the face does, the most first."""
        reasons = self._reasons(row, None)
        there = [part for part in reasons.parts if part.intensity >= TRACE] if reasons else []
        return [
            {
                "unit": part.unit,
                "in_words": seen(part.unit, part.intensity, usual=0),
                "intensity": round(part.intensity, 1),
            }
            for part in sorted(there, key=lambda part: -part.intensity)
        ]

    def _hint(self, row: int) -> Sequence[str]:
        return [unit["in_words"] for unit in self._units(row)]

    def _progress(self) -> list[dict[str, Any]]:
        return [{**self._named(name), **asdict(self.progress.of(name))} for name in self.lessons.expressions]


def _rest(others: int) -> list[str]:
    return [f"{others} something else, or could not tell"] if others > 0 else []


def _enlarged(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(face, (_SHOWN_PX, _SHOWN_PX), interpolation=cv2.INTER_CUBIC), np.uint8)
