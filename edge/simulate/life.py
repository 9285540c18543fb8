"""A made room: people come, change their looks, and go. The same seed gives the same room."""

import random
from collections import Counter
from dataclasses import dataclass

from edge.labels import EMOTIONS
from edge.records import Box, Reading, Scene, Summary

_MOST_FACES = 4

#: How long a look holds, how long a person stays, and how long it takes until another comes: means, seconds.
_LOOK_S, _STAY_S, _COMES_S = 6.0, 60.0, 40.0

_MINUTE_S = 60.0

#: As raters name faces in photographs, roughly.
_WEIGHTS = (8, 1, 2, 30, 8, 8, 43)

#: More than the step from which a confidence is told anew.
_STEP = (0.06, 0.15)


@dataclass(slots=True)
class _Person:
    track: int
    first_seen_s: float
    leaves_s: float
    emotion: str
    since_s: float
    changes_s: float
    confidence: float
    box: Box


class Life:
    """Says what a camera would show at one moment after another; there is always somebody.

    Args:
        seed: of what happens by chance.
        now_s: when it begins, seconds.
    """

    def __init__(self, seed: int, now_s: float) -> None:
        self._random = random.Random(seed)
        self._tracks = 0
        self._people: list[_Person] = []
        self._comes_s = now_s
        self._seen_s, self._minute_s = now_s, now_s + self._random.uniform(0, _MINUTE_S)
        self._held: Counter[str] = Counter()
        self._watched = 0

    def look(self, now_s: float) -> tuple[list[Reading], Scene]:
        """The faces of this moment, and the room; with a summary once a minute."""
        self._come_and_go(now_s)
        for person in self._people:
            self._change(person, now_s)
        readings = [_read(person) for person in self._people]
        self._watched += 1
        self._held.update(person.emotion for person in self._people)
        return readings, Scene(readings[0], len(readings), self._summary(now_s))

    def _come_and_go(self, now_s: float) -> None:
        self._people = [person for person in self._people if person.leaves_s > now_s]
        is_time = now_s >= self._comes_s and len(self._people) < _MOST_FACES
        if not self._people or is_time:
            self._people.append(self._make_person(now_s))
            self._comes_s = now_s + self._random.expovariate(1 / _COMES_S)

    def _make_person(self, now_s: float) -> _Person:
        self._tracks += 1
        side = self._random.randint(50, 180)
        box = Box(self._random.randint(0, 640 - side), self._random.randint(0, 480 - side), side, side)
        leaves_s = now_s + self._random.expovariate(1 / _STAY_S)
        emotion = self._random.choices(EMOTIONS, _WEIGHTS)[0]
        return _Person(self._tracks, now_s, leaves_s, emotion, now_s, now_s + _LOOK_S, 0.7, box)

    def _change(self, person: _Person, now_s: float) -> None:
        if now_s >= person.changes_s:
            person.emotion, person.since_s = self._random.choices(EMOTIONS, _WEIGHTS)[0], now_s
            person.changes_s = now_s + self._random.expovariate(1 / _LOOK_S)
        step = self._random.uniform(*_STEP)
        person.confidence += step if person.confidence < 0.65 else -step

    def _summary(self, now_s: float) -> Summary | None:
        if now_s < self._minute_s:
            return None
        total = self._held.total()
        shares = {emotion: count / total for emotion, count in self._held.items()}
        summary = Summary(min(now_s - self._seen_s, _MINUTE_S), shares, total / self._watched)
        self._held.clear()
        self._watched, self._seen_s, self._minute_s = 0, now_s, now_s + _MINUTE_S
        return summary


def _read(person: _Person) -> Reading:
    rest = (1 - person.confidence) / (len(EMOTIONS) - 1)
    scores = {emotion: person.confidence if emotion == person.emotion else rest for emotion in EMOTIONS}
    return Reading(
        person.track,
        person.box,
        person.emotion,
        person.confidence,
        scores,
        person.since_s,
        person.first_seen_s,
    )
