"""Identity on rendered clips: the astronaut's face several times, on known paths, through the whole finder."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from edge.config import DetectConfig
from edge.faces.schedule import FaceFinder
from edge.records import Box, Frame, Gray

#: Centre and side of a face at a moment; None while nobody is there.
Path = Callable[[float], tuple[float, float, float] | None]

HEIGHT_PX, WIDTH_PX = 480, 640


@dataclass
class Watched:
    """What the finder said of each face of a clip.

    Attributes:
        numbers: every number that each face had, in order.
        seen: in how many frames each was found.
        shown: in how many it was there, and not hidden.
        strangers: numbers of what is none of the faces.
    """

    numbers: dict[int, list[int]] = field(default_factory=dict)
    seen: dict[int, int] = field(default_factory=dict)
    shown: dict[int, int] = field(default_factory=dict)
    strangers: set[int] = field(default_factory=set)


def heads(astronaut: Gray) -> list[Gray]:
    """The same head as several people: mirrored, darker, of more contrast."""
    head = astronaut[16:196, 132:312]
    darker = cv2.convertScaleAbs(head, alpha=0.6, beta=10)
    harder = cv2.convertScaleAbs(head, alpha=1.3, beta=-30)
    return [head, np.asarray(darker[:, ::-1], np.uint8), np.asarray(harder, np.uint8)]


def clip_of(astronaut: Gray, paths: Sequence[Path], seconds: float, fps: float) -> Iterator[Frame]:
    """Heads before a wall; the nearer, larger ones hide the others."""
    random, sources = np.random.default_rng(3), heads(astronaut)
    oval = cv2.ellipse(np.zeros((180, 180), np.float32), (90, 95), (62, 84), 0, 0, 360, 1, -1)
    mask = cv2.GaussianBlur(oval, (0, 0), 4)
    for index in range(round(seconds * fps)):
        now_s = index / fps
        scene = np.full((HEIGHT_PX, WIDTH_PX), 115, np.float32)
        scene[:, ::64] = 95
        places = [(place, face) for face, path in enumerate(paths) if (place := path(now_s))]
        for (x, y, side), face in sorted(places, key=lambda entry: entry[0][2]):
            scale = side / 96  # the face is 96 of the head's 180 pixels, at (45, 50)
            matrix = np.array([[scale, 0, x - 93 * scale], [0, scale, y - 98 * scale]])
            size = (WIDTH_PX, HEIGHT_PX)
            share = cv2.warpAffine(mask, matrix, size)
            scene = share * cv2.warpAffine(sources[face].astype(np.float32), matrix, size) + (1 - share) * scene
        noisy = scene + random.normal(0, 2, scene.shape)
        yield Frame(np.clip(noisy, 0, 255).astype(np.uint8), now_s, 0.0, index)


def watch(astronaut: Gray, paths: Sequence[Path], seconds: float, fps: float = 15) -> Watched:
    finder, watched = FaceFinder(DetectConfig()), Watched()
    for frame in clip_of(astronaut, paths, seconds, fps):
        found = finder.find(frame)
        true = {face: place for face, path in enumerate(paths) if (place := path(frame.time_s))}
        taken = set()
        for face, (x, y, side) in true.items():
            is_hidden = any(
                math.hypot(x - other[0], y - other[1]) < 0.9 * other[2]
                for key, other in true.items()
                if key != face and other[2] > side
            )
            there = Box(round(x - side / 2), round(y - side / 2), round(side), round(side))
            is_inside = 0.4 * side < x < WIDTH_PX - 0.4 * side
            best = max(found, key=lambda one: one.box.overlap(there), default=None)  # noqa: B023
            if is_hidden or not is_inside:
                taken.update(one.track for one in found if one.box.overlap(there) > 0.1)
                continue
            watched.shown[face] = watched.shown.get(face, 0) + 1
            if best is not None and best.box.overlap(there) > 0.4:
                taken.add(best.track)
                watched.seen[face] = watched.seen.get(face, 0) + 1
                numbers = watched.numbers.setdefault(face, [])
                if not numbers or numbers[-1] != best.track:
                    numbers.append(best.track)
        watched.strangers |= {one.track for one in found if one.is_seen and one.track not in taken}
    return watched


def assert_no_switch(watched: Watched, faces: int) -> None:
    numbers = sorted(number for numbers in watched.numbers.values() for number in numbers)
    assert numbers == list(range(1, faces + 1)), watched
    assert not watched.strangers, watched
    assert all(watched.seen[face] >= 0.8 * shown for face, shown in watched.shown.items()), watched


@pytest.mark.parametrize("fps", [10, 30])
def test_two_who_pass_each_other_keep_their_numbers(fps: float, astronaut: Gray) -> None:
    paths: list[Path] = [lambda t: (80 + 140 * t, 230, 100), lambda t: (560 - 120 * t, 215, 76)]
    assert_no_switch(watch(astronaut, paths, 3.4, fps), 2)


def test_one_who_passes_behind_two_others_keeps_the_number(astronaut: Gray) -> None:
    paths: list[Path] = [
        lambda t: (210 + 6 * math.sin(2 * t), 240, 84),
        lambda t: (60 + 240 * t, 225, 64),
        lambda t: (440, 250 + 6 * math.sin(3 * t), 80),
    ]
    assert_no_switch(watch(astronaut, paths, 2.2), 3)


def test_one_who_leaves_and_comes_back_at_once_keeps_the_number(astronaut: Gray) -> None:
    def out_and_in(now_s: float) -> tuple[float, float, float]:
        return 560 + 95 * math.sin(3.4 * now_s - 1), 240, 100

    paths: list[Path] = [out_and_in, lambda t: (160, 220, 84)]
    assert_no_switch(watch(astronaut, paths, 2.6), 2)


def test_one_who_is_hidden_for_a_moment_keeps_the_number(astronaut: Gray) -> None:
    paths: list[Path] = [lambda t: None if 1.2 < t < 1.7 else (150 + 100 * t, 240, 90)]
    assert_no_switch(watch(astronaut, paths, 3), 1)
