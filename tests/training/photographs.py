"""Photographs for tests: the astronaut's face in as many guises as are wanted, and pictures without a face."""

import functools
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from edge.faces.schedule import find_once
from edge.records import Gray

#: Where her face is in the photograph of 512x512 pixels.
_CROP = slice(20, 220), slice(110, 310)


@functools.cache
def guises(count: int) -> list[Gray]:
    """Pictures of 200x200 with a face for the device, each so bent and lit that it is no other's near-copy."""
    found: list[Gray] = []
    seed = 0
    while len(found) < count:
        picture = _guise(seed)
        seed += 1
        if len(find_once(picture)) == 1:
            found.append(picture)
    return found


def _guise(seed: int) -> Gray:
    random = np.random.default_rng(seed)
    face = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)[_CROP].astype(np.float32)
    side_px = len(face)
    y, x = np.mgrid[:side_px, :side_px].astype(np.float32)
    bend_x, bend_y = (_clouds(random, side_px, 4) * 7 for _ in range(2))
    bent = cv2.remap(face, x + bend_x, y + bend_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    lit = bent + _clouds(random, side_px, 5) * 22 + _clouds(random, side_px, 12) * 16
    return np.clip(lit, 0, 255).astype(np.uint8)


def texture(seed: int, side_px: int = 60) -> Gray:
    """No face, and like no other texture."""
    clouds = _clouds(np.random.default_rng(seed), side_px, 14)
    return np.clip(128 + 50 * clouds, 0, 255).astype(np.uint8)


def _clouds(random: np.random.Generator, side_px: int, cells: int) -> NDArray[np.float32]:
    coarse = random.normal(0, 1, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (side_px, side_px), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def write(path: Path, picture: Gray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)
    return path


def write_textures(raw: Path, per_label: dict[str, int]) -> Path:
    """Write RAW of crops that are all different."""
    seed = 0
    for label, count in per_label.items():
        for index in range(count):
            write(raw / label / f"{index:05d}.png", texture(seed))
            seed += 1
    return raw
