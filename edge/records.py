"""The records that travel from step to step. All are frozen; none knows who made it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

#: One grey picture, (height, width), 0..255.
Gray = NDArray[np.uint8]

#: Probability of each class by name, in the card's order; they add up to 1.
Scores = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the full frame; (x, y) is its upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area_px(self) -> int:
        return self.width * self.height

    def clip(self, frame_height: int, frame_width: int) -> Self:
        """The part of the box that lies within the frame; its area is 0 where none does."""
        left, top = max(self.x, 0), max(self.y, 0)
        right = max(left, min(self.x + self.width, frame_width))
        bottom = max(top, min(self.y + self.height, frame_height))
        return type(self)(left, top, right - left, bottom - top)

    def expand(self, factor: float) -> Self:
        """The box with `factor` times its sides around the same centre; it may leave the frame."""
        width, height = round(self.width * factor), round(self.height * factor)
        return type(self)(
            self.x - (width - self.width) // 2, self.y - (height - self.height) // 2, width, height
        )

    def overlap(self, other: "Box") -> float:
        """Intersection over union with another box, 0..1."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        shared = max(width, 0) * max(height, 0)
        union = self.area_px + other.area_px - shared
        return shared / union if union else 0.0

    def as_list(self) -> list[int]:
        return [self.x, self.y, self.width, self.height]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a camera.

    Attributes:
        gray: (height, width), 0..255. Nothing downstream needs colour.
        time_s: when it was taken, in seconds of the camera's own clock: monotonic time for a live
            camera, the position in the recording for a file. Every duration downstream is a
            difference of two of these, so that a recording gives the same result at any speed.
        captured_s: when it came into this process, by `time.monotonic`; for `age_ms`.
        index: counts the frames of the camera from 0; dropped frames count.
        stamp_s: what the device itself says of when it was taken, as it came; None where it says nothing. It
            may be of any clock, or stand still.
    """

    gray: Gray
    time_s: float
    captured_s: float
    index: int
    stamp_s: float | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """A face in one frame, and the track that it belongs to.

    Attributes:
        is_seen: found in this very frame; else it was there a moment ago and the box is its last one.
        visible: share of the box, as it was found, that lies within the frame; `box` is that part.
    """

    box: Box
    track: int
    is_seen: bool = True
    visible: float = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said of one track at one moment."""

    track: int
    box: Box
    emotion: str
    confidence: float
    scores: Scores
    since_s: float
    first_seen_s: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What is said of the room as a whole at one moment.

    Attributes:
        lead: the leading face, which may have gone a moment ago; None where there is nobody.
        faces: how many are there, the leading one with them.
        summary: of the last minute; only in the frame that ends one.
    """

    lead: Reading | None = None
    faces: int = 0
    summary: "Summary | None" = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What the last minute was like.

    Attributes:
        watched_s: how much of it was watched, seconds.
        shares: of the time that faces were there, how much each emotion had; they add up to 1. Two faces for
            a second are two seconds. Empty where there was nobody.
        faces: how many were there on average.
    """

    watched_s: float = 0.0
    shares: Mapping[str, float] = field(default_factory=dict)
    faces: float = 0.0
