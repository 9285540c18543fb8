"""A made video with one smiling face, for the demo and the benchmark.

The face is that of scikit-image's astronaut picture (Eileen Collins; NASA, public domain). It drifts,
nears and tilts as a person before a camera does; then, if asked for, it leaves the room empty.

    python -m edge.clip OUT.mp4 SECONDS EMPTY_SECONDS FPS
"""

import importlib.util
import math
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.errors import MienError, MissingExtraError

WIDTH_PX, HEIGHT_PX = 640, 480
_FACE_CENTRE = (223.0, 115.0)  # in the picture of 512x512, whose face is some 96 pixels wide
_WALL = 112


def write_clip(path: Path, seconds: float, empty_s: float = 0.0, fps: int = 30) -> None:
    """Make the clip in a process of its own, which leaves this one's memory as small as it was.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    if importlib.util.find_spec("skimage") is None:
        raise MissingExtraError("demo", "scikit-image")
    arguments = [str(path), str(seconds), str(empty_s), str(fps)]
    made = subprocess.run([sys.executable, "-m", "edge.clip", *arguments], capture_output=True, text=True)
    if made.returncode:
        reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MienError(f"the demo's clip could not be made: {reason}")


def render(path: Path, seconds: float, empty_s: float, fps: int) -> None:
    from skimage import data

    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    noise = np.random.default_rng(0).normal(0, 2, (4, HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (WIDTH_PX, HEIGHT_PX))
    if not writer.isOpened():
        sys.exit(f"{path} cannot be written")
    for index in range(round((seconds + empty_s) * fps)):
        time_s = index / fps
        scene = _scene(picture, time_s) if time_s < seconds else _empty_room()
        writer.write(np.clip(scene + noise[index % len(noise)], 0, 255).astype(np.uint8))
    writer.release()


def _scene(picture: NDArray[np.uint8], time_s: float) -> NDArray[np.uint8]:
    """The picture with its face at this moment's place, size and tilt."""
    angle_deg = 5 * math.sin(0.9 * time_s)
    scale = 1.15 + 0.3 * math.sin(0.5 * time_s)
    matrix = cv2.getRotationMatrix2D(_FACE_CENTRE, angle_deg, scale)
    matrix[0, 2] += WIDTH_PX * (0.5 + 0.17 * math.sin(0.7 * time_s)) - _FACE_CENTRE[0]
    matrix[1, 2] += HEIGHT_PX * (0.42 + 0.08 * math.cos(0.6 * time_s)) - _FACE_CENTRE[1]
    wall = (_WALL, _WALL, _WALL)
    return cv2.warpAffine(picture, matrix, (WIDTH_PX, HEIGHT_PX), borderValue=wall)  # type: ignore[return-value]


def _empty_room() -> NDArray[np.uint8]:
    return np.full((HEIGHT_PX, WIDTH_PX, 3), _WALL, np.uint8)


if __name__ == "__main__":
    render(Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
