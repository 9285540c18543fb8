"""A made video with a smiling face, or several, for the demo and the benchmark.

The face is that of scikit-image's astronaut picture (Eileen Collins; NASA, public domain). It drifts,
nears and tilts as a person before a camera does; then, if asked for, it leaves the room empty, and comes back.

    python -m edge.clip OUT.mp4 SECONDS EMPTY_SECONDS FPS FACES AGAIN_SECONDS
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


def write_clip(
    path: Path, seconds: float, empty_s: float = 0.0, fps: int = 30, faces: int = 1, again_s: float = 0.0
) -> None:
    """Make the clip in a process of its own, which leaves this one's memory as small as it was.

    Args:
        seconds: with the faces.
        empty_s: then without.
        faces: how many, side by side where there are several.
        again_s: then with them once more.

    Raises:
        MissingExtraError: scikit-image is not installed.
    """
    if importlib.util.find_spec("skimage") is None:
        raise MissingExtraError("demo", "scikit-image")
    arguments = [str(path), str(seconds), str(empty_s), str(fps), str(faces), str(again_s)]
    made = subprocess.run([sys.executable, "-m", "edge.clip", *arguments], capture_output=True, text=True)
    if made.returncode:
        reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MienError(f"the demo's clip could not be made: {reason}")


def render(path: Path, seconds: float, empty_s: float, fps: int, faces: int, again_s: float) -> None:
    from skimage import data

    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    noise = np.random.default_rng(0).normal(0, 2, (4, HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (WIDTH_PX, HEIGHT_PX))
    if not writer.isOpened():
        sys.exit(f"{path} cannot be written")
    for index in range(round((seconds + empty_s + again_s) * fps)):
        time_s = index / fps
        if seconds <= time_s < seconds + empty_s:
            scene = _empty_room()
        else:
            scene = _scene(picture, time_s) if faces == 1 else _crowd(picture, time_s, faces)
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


def _crowd(picture: NDArray[np.uint8], time_s: float, faces: int) -> NDArray[np.uint8]:
    """The picture's face many times, each in a field of its own, in which it drifts and tilts."""
    columns = math.ceil(math.sqrt(faces * WIDTH_PX / HEIGHT_PX))
    rows = math.ceil(faces / columns)
    width_px, height_px = WIDTH_PX // columns, HEIGHT_PX // rows
    side_px = min(width_px, height_px)
    scene = _empty_room()
    for number in range(faces):
        phase = time_s + 1.7 * number
        matrix = cv2.getRotationMatrix2D(_FACE_CENTRE, 5 * math.sin(0.9 * phase), 0.55 * side_px / 96)
        matrix[0, 2] += width_px / 2 + 0.12 * side_px * math.sin(0.7 * phase) - _FACE_CENTRE[0]
        matrix[1, 2] += height_px / 2 + 0.06 * side_px * math.cos(0.6 * phase) - _FACE_CENTRE[1]
        field = cv2.warpAffine(picture, matrix, (width_px, height_px), borderValue=(_WALL, _WALL, _WALL))
        left, top = number % columns * width_px, number // columns * height_px
        scene[top : top + height_px, left : left + width_px] = field
    return scene


def _empty_room() -> NDArray[np.uint8]:
    return np.full((HEIGHT_PX, WIDTH_PX, 3), _WALL, np.uint8)


if __name__ == "__main__":
    out, *numbers = sys.argv[1:]
    render(Path(out), float(numbers[0]), float(numbers[1]), int(numbers[2]), int(numbers[3]), float(numbers[4]))
