from collections.abc import Callable

import numpy as np
import pytest

from edge.emotion.classifier import Classifier
from edge.faces.budget import Budget
from edge.faces.scoring import FaceScorer
from edge.records import Box, Face, Frame, Gray, Scores
from tests.edge.test_budget import Clock

Room = Callable[..., Gray]
PLACES = [(30, 60), (200, 60), (370, 60), (30, 300), (200, 300)]
FACES = [Face(Box(x, y, 96, 96), track) for track, (x, y) in enumerate(PLACES, 1)]


class Counting:
    """The real classifier, at a made cost; notes which places it was asked about."""

    def __init__(self, classifier: Classifier, clock: Clock) -> None:
        self._classifier, self._clock = classifier, clock
        self.asked: list[tuple[int, int]] = []

    def scores(self, gray: Gray, box: Box) -> Scores:
        self.asked.append((box.x, box.y))
        self._clock.now_s += 0.01
        return self._classifier.scores(gray, box)


def photographed(gray: Gray, seed: int, noise: float = 3.0) -> Gray:
    return np.clip(gray + np.random.default_rng(seed).normal(0, noise, gray.shape), 0, 255).astype(np.uint8)


def frame(gray: Gray, index: int = 0) -> Frame:
    return Frame(gray, index / 10, 0, index)


def test_a_face_that_has_not_changed_keeps_its_scores(classifier: Classifier, room: Room) -> None:
    counting = Counting(classifier, Clock())
    scorer = FaceScorer(counting)
    first = scorer.score(frame(photographed(room(PLACES[0]), 0)), FACES[:1])
    for index in range(1, 6):
        jumped = Face(Box(30 + index % 3 - 1, 60 + index % 2, 95 + index % 3, 95 + index % 3), 1)
        scored = scorer.score(frame(photographed(room(PLACES[0]), index), index), [jumped])
        assert (scored.classified, scored.reused) == (0, 1)
        assert scored.faces[0][1] == first.faces[0][1]
    assert len(counting.asked) == 1


def test_a_face_of_which_a_part_changes_is_classified_again(classifier: Classifier, room: Room) -> None:
    scorer = FaceScorer(classifier)
    gray = room(PLACES[0])
    scorer.score(frame(gray), FACES[:1])
    speaks = gray.copy()
    speaks[60 + 64 : 60 + 80, 30 + 34 : 30 + 62] = 40  # the mouth opens
    scored = scorer.score(frame(speaks, 1), FACES[:1])
    assert (scored.classified, scored.reused) == (1, 0)


def test_a_face_that_moves_is_classified_again(classifier: Classifier, room: Room) -> None:
    scorer = FaceScorer(classifier)
    scorer.score(frame(room((30, 60))), FACES[:1])
    scored = scorer.score(frame(room((45, 60)), 1), [Face(Box(45, 60, 96, 96), 1)])
    assert scored.classified == 1


def test_within_the_budget_those_come_first_that_waited_longest(classifier: Classifier, room: Room) -> None:
    clock = Clock()
    budget = Budget(50, clock)  # of which two fifths are for classifying: 20 ms a frame of 0.1 s
    counting = Counting(classifier, clock)
    scorer = FaceScorer(counting, budget=budget)
    gray = room(*PLACES)
    for _ in range(30):  # what was saved at first is spent
        with budget.spending("classify"):
            clock.now_s += 0.01
    for index in range(10):
        budget.earn(index / 10)
        scored = scorer.score(frame(np.roll(gray, index, axis=0), index), FACES)
        assert 1 <= scored.classified < len(FACES)
        waiting = sum(scores is None for _, scores in scored.faces)
        assert waiting == len(FACES) - scored.classified
    assert set(counting.asked[:5]) == set(PLACES), "nobody is asked twice before everyone was once"


def test_a_face_that_is_rejected_is_counted_and_not_classified(classifier: Classifier, room: Room) -> None:
    class OnTheLeft:
        def reject(self, gray: Gray, face: Face) -> str | None:
            return "small" if face.box.x < 100 else None

    counting = Counting(classifier, Clock())
    scored = FaceScorer(counting, OnTheLeft()).score(frame(room(*PLACES)), FACES)
    assert scored.rejected == {"small": 2}
    assert [scores is None for _, scores in scored.faces] == [True, False, False, True, False]
    assert len(counting.asked) == scored.classified == 3


def test_a_face_that_is_not_seen_has_no_scores(classifier: Classifier, room: Room) -> None:
    scorer = FaceScorer(classifier)
    scorer.score(frame(room(PLACES[0])), FACES[:1])
    hidden = Face(FACES[0].box, 1, is_seen=False)
    scored = scorer.score(frame(room(PLACES[0]), 1), [hidden])
    assert scored.faces == [(hidden, None)] and scored.classified == scored.reused == 0


def test_a_number_that_ended_is_forgotten(classifier: Classifier, room: Room) -> None:
    scorer = FaceScorer(classifier)
    scorer.score(frame(room(PLACES[0])), FACES[:1])
    scorer.score(frame(room(PLACES[0]), 1), [])
    assert scorer.score(frame(room(PLACES[0]), 2), FACES[:1]).classified == 1


@pytest.mark.parametrize("box", [Box(0, 0, 30, 30), Box(600, 440, 40, 40)])
def test_a_face_at_the_border_is_scored(box: Box, classifier: Classifier, room: Room) -> None:
    assert FaceScorer(classifier).score(frame(room()), [Face(box, 1)]).classified == 1
