"""Where a face is going: its box by constant velocity, and how far off a found box may lie.

A Kalman filter over the centre. Lengths are counted in sides of the face, so that near and far faces, and both
directions, share one small covariance. The size only follows.
"""

import math
from dataclasses import dataclass

from edge.records import Box

#: How far the finder's boxes jump about a face that stands still, in sides: 2 to 5% from frame to frame.
_JITTER = 0.05

#: How hard a person turns or stops, sides a second squared, standard deviation.
_ACCELERATION = 4.0

#: How fast a face that is seen for the first time may be going, sides a second, standard deviation.
_FIRST_SPEED = 2.0

#: A face that is not seen goes on, but ever slower, with this time constant.
_COAST_S = 1.5

#: How the logarithm of the found sides jumps, standard deviation, and how much of the news the size takes.
_SIZE_JITTER = 0.12
_SIZE_GAIN = 0.5

#: Farther off than this many deviations, or sides, it is another face.
_GATE_DEVIATIONS = 4.0
_GATE_SIDES = 2.0

#: What no distance reaches: any pair within the gate is better than none.
FARTHEST = 100.0


@dataclass(frozen=True, slots=True)
class _Variance:
    """How unsure the filter is, in sides: of the place, of the speed, and of both together."""

    place: float
    speed: float
    both: float

    def after(self, elapsed_s: float) -> "_Variance":
        """Grown by an unknown acceleration."""
        push = _ACCELERATION**2
        return _Variance(
            self.place + 2 * elapsed_s * self.both + elapsed_s**2 * self.speed + push * elapsed_s**4 / 4,
            self.speed + push * elapsed_s**2,
            self.both + elapsed_s * self.speed + push * elapsed_s**3 / 2,
        )


class Trajectory:
    """Centre, size and speed of one face."""

    def __init__(self, box: Box, now_s: float) -> None:
        self._centre, self._size = _centre_of(box), _size_of(box)
        self._speed = 0j
        self._variance = _Variance(_JITTER**2, _FIRST_SPEED**2, 0.0)
        self._time_s = now_s

    def box_at(self, now_s: float) -> Box:
        """Where the face should be by now."""
        centre, side = self._centre_at(now_s), math.exp(self._size)
        return Box(round(centre.real - side / 2), round(centre.imag - side / 2), round(side), round(side))

    def distance(self, box: Box, now_s: float) -> float:
        """How unlikely it is that a box found now is this face: log likelihood; infinite if too far.

        One that was not seen for a while may be anywhere, and is the less likely at any place: else it would
        take the box of the face that hides it.
        """
        off = abs(_centre_of(box) - self._centre_at(now_s)) / math.exp(self._size)
        growth = (_size_of(box) - self._size) / _SIZE_JITTER
        variance = self._variance.after(self._since(now_s)).place + _JITTER**2
        squared = off**2 / variance + growth**2
        is_near = off < _GATE_SIDES and squared < _GATE_DEVIATIONS**2
        return squared + 2 * math.log(variance / _JITTER**2) if is_near else math.inf

    def sides_per_s(self) -> float:
        """How fast it is going."""
        return abs(self._speed) / math.exp(self._size)

    def correct(self, box: Box, now_s: float) -> None:
        """Take a box that was found."""
        centre, variance = self._centre_at(now_s), self._variance.after(self._since(now_s))
        off = _centre_of(box) - centre
        gain, speed_gain = (part / (variance.place + _JITTER**2) for part in (variance.place, variance.both))
        self._speed = self._speed * math.exp(-self._since(now_s) / _COAST_S) + speed_gain * off
        self._centre = centre + gain * off
        self._size += _SIZE_GAIN * (_size_of(box) - self._size)
        self._variance = _Variance(
            (1 - gain) * variance.place,
            variance.speed - speed_gain * variance.both,
            (1 - gain) * variance.both,
        )
        self._time_s = now_s

    def keep_within(self, height_px: int, width_px: int, now_s: float) -> None:
        """Let a face that is not seen wait at the frame's border, where it may come back."""
        centre = self._centre_at(now_s)
        if not (0 <= centre.real < width_px and 0 <= centre.imag < height_px):
            self._variance = self._variance.after(self._since(now_s))
            self._centre = complex(
                min(max(centre.real, 0.0), width_px - 1.0), min(max(centre.imag, 0.0), height_px - 1.0)
            )
            self._speed, self._time_s = 0j, now_s

    def _centre_at(self, now_s: float) -> complex:
        going_s = _COAST_S * -math.expm1(-self._since(now_s) / _COAST_S)
        return self._centre + going_s * self._speed

    def _since(self, now_s: float) -> float:
        return max(0.0, now_s - self._time_s)


def _centre_of(box: Box) -> complex:
    """X and y, pixels."""
    return complex(box.x + box.width / 2, box.y + box.height / 2)


def _size_of(box: Box) -> float:
    """Logarithm of the side in pixels, so that growing and shrinking are alike."""
    return math.log(max(1.0, math.sqrt(box.area_px)))
