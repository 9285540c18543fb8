"""Tables of action units whose faces were drawn, so that which unit speaks for which class is known."""

from pathlib import Path

import numpy as np

from training.explain.unit_files import write_units
from training.explain.unit_table import UnitTable

UNITS = ("AU01", "AU04", "AU12", "AU26")
#: What each class shows more than others.
SHOWN = {"angry": (0, 3, 0, 0), "happy": (0, 0, 3, 0.5), "neutral": (0, 0, 0, 0), "surprise": (2.5, 0, 0, 3)}
CLASSES = tuple(SHOWN)


def drawn_table(
    per_class: int = 40,
    *,
    seed: int = 0,
    noise: float = 0.8,
    people: int | None = None,
    missing: int = 0,
    classes: tuple[str, ...] = CLASSES,
) -> UnitTable:
    """So many faces of each class, and then `missing` pictures without a face; of so many people."""
    random = np.random.default_rng(seed)
    names = [name for name in classes for _ in range(per_class)]
    means = np.array([SHOWN[name] for name in names]) + 0.7
    intensities = np.clip(means + random.normal(0, noise, means.shape), 0, 5).astype(np.float32)
    intensities = np.vstack([intensities, np.full((missing, len(UNITS)), np.nan, np.float32)])
    names += [classes[row % len(classes)] for row in range(missing)]
    count = len(names)
    is_found = np.arange(count) < count - missing
    return UnitTable(
        tuple(f"{row:04d}.png" for row in range(count)),
        np.zeros(count, np.intp),
        is_found,
        is_found.astype(np.float32),
        UNITS,
        intensities,
        labels=tuple(names),
        groups=tuple(f"person {row % people}" for row in range(count)) if people else None,
        source="drawn",
    )


def written(path: Path, table: UnitTable) -> Path:
    write_units(path, table)
    return path
