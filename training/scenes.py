"""Made scenes: a face of a data set pasted into a room of noise and furniture, so that it must be found.

Real photographs with labelled faces at known places are not to be had without a licence. FER2013's tight crops
in made rooms are harder to find than whole heads before real walls, and as easy or hard to read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Box, Gray
from training.splits import Pictures

WIDTH_PX, HEIGHT_PX = 640, 480
_SIDES_PX = (72, 160)  # a face at some 1.5 to 0.6 m from a usual webcam
_ROOMS = 24
_EDGE = 0.08  # of the side: where the face goes over into the room
_SENSOR_NOISE = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture and what is in it.

    Attributes:
        gray: (480, 640), 0..255.
        face: where the whole crop lies.
        row: which face of the data.
    """

    gray: Gray
    face: Box
    row: int


def make_scenes(pictures: Pictures, rows: NDArray[np.intp], seed: int = 0) -> Iterator[Scene]:
    """One scene for each row, always the same for the same seed."""
    random = np.random.default_rng(seed)
    rooms = [make_room(random) for _ in range(_ROOMS)]
    for row in rows.tolist():
        room = rooms[int(random.integers(_ROOMS))]
        side_px = int(random.integers(*_SIDES_PX))
        x, y = (int(random.integers(0, most - side_px)) for most in (WIDTH_PX, HEIGHT_PX))
        face = Box(x, y, side_px, side_px)
        noise = random.normal(0, _SENSOR_NOISE, (HEIGHT_PX, WIDTH_PX))
        yield Scene(_paste(room, pictures[row], face, noise), face, row)


def make_room(random: np.random.Generator) -> Gray:
    """A wall with light from one side, texture at every scale, and some edges as furniture has them."""
    light = np.linspace(*random.uniform(70, 190, 2), WIDTH_PX)[np.newaxis, :] + np.zeros((HEIGHT_PX, 1))
    room = light + _texture(random) * random.uniform(4, 20)
    for _ in range(int(random.integers(4, 14))):
        x, y = int(random.integers(-60, WIDTH_PX)), int(random.integers(-60, HEIGHT_PX))
        width, height = (int(side) for side in random.integers(20, 260, 2))
        corners = cv2.boxPoints(((x, y), (width, height), float(random.normal(0, 6))))
        cv2.fillPoly(room, [corners.astype(np.int32)], float(random.uniform(30, 220)))
    return np.clip(cv2.GaussianBlur(room, (0, 0), 1.2), 0, 255).astype(np.uint8)


def _texture(random: np.random.Generator) -> NDArray[np.float64]:
    """Noise whose strength falls with its frequency, as that of photographs does; deviation 1."""
    across, down = np.fft.fftfreq(WIDTH_PX), np.fft.fftfreq(HEIGHT_PX)
    frequency = np.hypot(across[np.newaxis, :], down[:, np.newaxis])
    frequency[0, 0] = 1
    spectrum = np.fft.fft2(random.normal(size=(HEIGHT_PX, WIDTH_PX))) / frequency
    texture = np.real(np.fft.ifft2(spectrum))
    return np.asarray((texture - texture.mean()) / texture.std(), np.float64)


def _paste(room: Gray, picture: Gray, face: Box, noise: NDArray[np.float64]) -> Gray:
    side_px = face.width
    enlarged = cv2.resize(picture, (side_px, side_px), interpolation=cv2.INTER_CUBIC)
    from_edge_px = np.minimum(np.arange(side_px), np.arange(side_px)[::-1]) + 1.0
    ramp = np.minimum(from_edge_px / (_EDGE * side_px), 1)
    share = ramp[np.newaxis, :] * ramp[:, np.newaxis]
    scene = room.astype(np.float64)
    part = scene[face.y : face.y + side_px, face.x : face.x + side_px]
    part[:] = share * enlarged + (1 - share) * part
    return np.clip(scene + noise, 0, 255).astype(np.uint8)
