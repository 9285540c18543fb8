"""A small FER2013 for tests: drawn patterns, one for each class, that a network can learn in a few steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

COLUMNS = "neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
#: Where the votes for each of our classes stand in FER+'s order.
VOTE_COLUMN = (4, 5, 6, 1, 3, 2, 0)
SIDE_PX = 48


def draw_face(label: int, seed: int) -> NDArray[np.uint8]:
    """A grating of the class's own direction and width, with noise."""
    random = np.random.default_rng((label, seed))
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    wave = np.sin((x * np.cos(label * 0.45) + y * np.sin(label * 0.45)) * (0.2 + 0.12 * label))
    return np.clip(128 + 90 * wave + random.normal(0, 12, wave.shape), 0, 255).astype(np.uint8)


def votes_for(label: int) -> list[int]:
    votes = [0] * 10
    votes[VOTE_COLUMN[label]] = 8
    votes[VOTE_COLUMN[(label + 1) % 7]] += 1
    votes[8] += 1
    return votes


def csv_line(label: int, seed: int, usage: str) -> str:
    return f"{label},{' '.join(map(str, draw_face(label, seed).ravel()))},{usage}"


def write_lines(folder: Path, lines: Sequence[str], header: str = "emotion,pixels,Usage") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fer2013.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def write_csv(folder: Path, per_class: Mapping[str, int], *, votes: bool = True) -> Path:
    """Write so many faces of each class for each Usage; returns the folder."""
    rows = [
        (label, index, usage)
        for usage, count in per_class.items()
        for index in range(count)
        for label in range(7)
    ]
    seeds = {"Training": 0, "PublicTest": 10_000, "PrivateTest": 20_000}
    write_lines(folder, [csv_line(label, seeds[usage] + index, usage) for label, index, usage in rows])
    if votes:
        lines = [f"{usage},fer.png,{','.join(map(str, votes_for(label)))}" for label, _, usage in rows]
        (folder / "fer2013new.csv").write_text("\n".join([f"Usage,Image name,{COLUMNS}", *lines]) + "\n")
    return folder
