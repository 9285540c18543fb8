"""How well moods hold: label changes, delay and accuracy on made recordings, against simpler ways."""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from edge.config import MoodConfig
from edge.emotion.mood import Mood
from training.trials.sequences import Recording

#: What is told at each frame of a recording, (n,): a class, or UNCERTAIN.
Told = NDArray[np.intp]
Method = Callable[[Recording], Told]

UNCERTAIN = -1

#: How many frames the majority is of: what demonstrations of emotion recognition commonly use.
MAJORITY_FRAMES = 10

#: A delay is measured where the network itself names the new face rightly in this share of its frames, from
#: half a second after the change on: how long it takes to tell what is never seen says nothing.
_RECOGNISED = 0.8
_SETTLED_S = 0.5

#: The issue's limit for a delay.
SOON_S = 0.7


@dataclass(frozen=True, slots=True)
class Figures:
    """What a method did.

    Attributes:
        changes_per_minute: of what is told; to uncertain and back are two.
        accuracy: share of all time in which the truth is told; uncertain counts as wrong.
        uncertain: share of all time.
        accuracy_told: share of the time in which an emotion is told.
        delay_s: from the first frame that shows something of a new expression until it is told, median.
        delay_p90_s: the same, of which nine in ten are at most that.
        soon: share of the delays below 0.7 s.
        delays: how many were measured.
    """

    changes_per_minute: float
    accuracy: float
    uncertain: float
    accuracy_told: float
    delay_s: float
    delay_p90_s: float
    soon: float
    delays: int


def measure(recordings: Sequence[Recording], method: Method) -> Figures:
    changes, minutes, delays = 0, 0.0, list[float]()
    right, unsure, frames = 0, 0, 0
    for recording in recordings:
        told = method(recording)
        changes += int(np.count_nonzero(np.diff(told)))
        minutes += _minutes(recording)
        right += int(np.count_nonzero(told == recording.truth))
        unsure += int(np.count_nonzero(told == UNCERTAIN))
        frames += len(told)
        delays += _delays_s(recording, told)
    return Figures(
        changes_per_minute=round(changes / minutes, 2),
        accuracy=round(right / frames, 4),
        uncertain=round(unsure / frames, 4),
        accuracy_told=round(right / max(1, frames - unsure), 4),
        delay_s=round(float(np.median(delays)), 3) if delays else float("nan"),
        delay_p90_s=round(float(np.quantile(delays, 0.9, method="higher")), 3) if delays else float("nan"),
        soon=round(float(np.mean(np.array(delays) < SOON_S)), 4) if delays else float("nan"),
        delays=len(delays),
    )


def true_changes_per_minute(recordings: Sequence[Recording]) -> float:
    """How often what is shown changes: fewer changes than this no right method can tell."""
    changes = sum(np.count_nonzero(np.diff(recording.truth)) for recording in recordings)
    return round(changes / sum(map(_minutes, recordings)), 2)


def unsmoothed(recording: Recording) -> Told:
    return recording.scores.argmax(axis=1)


def majority(recording: Recording, frames: int = MAJORITY_FRAMES) -> Told:
    """The class that is best in most of the last frames; of like ones that which was best last."""
    last: deque[int] = deque(maxlen=frames)
    told = []
    for best in recording.scores.argmax(axis=1).tolist():
        last.append(best)
        votes = Counter(reversed(last))  # equal counts keep the order of their first appearance
        told.append(votes.most_common(1)[0][0])
    return np.array(told)


def by_mood(config: MoodConfig) -> Method:
    """What the device's own code tells."""

    def tell(recording: Recording) -> Told:
        classes = list(map(str, range(recording.scores.shape[1])))
        mood, told = Mood(config, recording.time_s[0]), []
        for now_s, scores in zip(recording.time_s.tolist(), recording.scores.tolist(), strict=True):
            mood.look(dict(zip(classes, scores, strict=True)), now_s)
            told.append(int(mood.emotion) if mood.emotion in classes else UNCERTAIN)
        return np.array(told)

    return tell


def by_mood_of_logarithms(config: MoodConfig) -> Method:
    """The same decisions on scores that were smoothed as logarithms, which is a geometric mean."""
    decide = by_mood(config.model_copy(update={"smoothing_s": 0.0}))

    def tell(recording: Recording) -> Told:
        step = 1 - np.exp(-(recording.time_s[1] - recording.time_s[0]) / config.smoothing_s)
        mean, mass, rows = 0.0, 0.0, []
        for logarithms in np.log(np.maximum(recording.scores, 1e-3)):
            mass = (1 - step) * mass + step
            mean = mean + step / mass * (logarithms - mean)
            rows.append(np.exp(mean))
        scores = np.array(rows)
        return decide(replace(recording, scores=scores / scores.sum(axis=1, keepdims=True)))

    return tell


def methods(config: MoodConfig) -> Mapping[str, Method]:
    """What is compared."""
    return {
        "unsmoothed": unsmoothed,
        f"majority of {MAJORITY_FRAMES} frames": majority,
        "mien": by_mood(config),
    }


def variations(config: MoodConfig) -> Mapping[str, Method]:
    """The usual settings, and each of them changed alone: what they were chosen by."""
    values: Mapping[str, Sequence[float]] = {
        "smoothing_s": (0.1, 0.15, 0.25, 0.3, 0.5, 1.0),
        "switch_margin": (0.0, 0.1, 0.2, 0.25, 0.4),
        "min_confidence": (0.0, 0.3, 0.35, 0.45, 0.5),
        "leave_confidence": (0.0, 0.1, 0.25, 0.3, 0.35),
        "min_dwell_s": (0.0, 0.25, 1.0, 2.0),
    }
    found = {"usual settings": by_mood(config), "smoothing of logarithms": by_mood_of_logarithms(config)}
    for key, others in values.items():
        for value in others:
            found[f"{key} = {value:g}"] = by_mood(config.model_copy(update={key: value}))
    return found


def _minutes(recording: Recording) -> float:
    frame_s = recording.time_s[1] - recording.time_s[0]
    return float(recording.time_s[-1] + frame_s) / 60


def _delays_s(recording: Recording, told: Told) -> list[float]:
    """For each change to another class that the network recognises: how long until it is told."""
    time_s, truth = recording.time_s, recording.truth
    best = recording.scores.argmax(axis=1)
    begins = [*(np.flatnonzero(np.diff(recording.shown)) + 1), len(truth)]
    delays = []
    for begin, end in pairwise(begins):
        is_settled = time_s[begin:end] >= time_s[begin] + _SETTLED_S
        is_recognised = np.mean(best[begin:end][is_settled] == truth[begin]) >= _RECOGNISED
        if truth[begin] == truth[begin - 1] or told[begin - 1] == truth[begin] or not is_recognised:
            continue
        hits = np.flatnonzero(told[begin:end] == truth[begin])
        delays.append(float(time_s[begin + hits[0]] - time_s[begin]) if len(hits) else float("inf"))
    return delays
