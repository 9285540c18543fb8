"""What the columns of a table of action units mean, by their names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError
from training.explain.facs import canonical_unit

#: How many points iBUG's markup has, which OpenFace writes as x_0 … x_67, y_0 … y_67.
POINTS = 68

_NAMES: Mapping[str, tuple[str, ...]] = {
    "file": ("file", "filename", "file_name", "image", "image_name", "picture", "path", "input", "name"),
    "face": ("face", "face_id"),
    "frame": ("frame",),
    "confidence": ("confidence",),
    "success": ("success",),
    "label": ("label", "emotion", "expression", "class", "target"),
    "group": ("group", "person", "subject", "participant", "identity"),
    "source": ("source",),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Where what stands.

    Attributes:
        places: of those that occur of file, face, frame, confidence, success, label, group, source.
        units: the places of each unit's intensity, by the unit's number; more than one where it stands twice.
        points: the places of x and of y of all landmarks; empty where there are none.
        are_bare: whether units are written as AU12, without the _r of OpenFace's intensities.
    """

    places: Mapping[str, int]
    units: Mapping[str, tuple[int, ...]]
    points: tuple[tuple[int, ...], ...]
    are_bare: bool


def find_columns(path: Path, header: Sequence[str]) -> Columns:
    """Find them, whatever their case and order; other columns are left alone.

    Raises:
        DataError: there is no intensity of a unit; the line says what there is in its place.
    """
    units, are_bare = _units(path, [name.lower() for name in header])
    return Columns(find_places(header), units, _points(header), are_bare)


def find_places(header: Sequence[str]) -> Mapping[str, int]:
    """Where file, face, frame, confidence, success, label, group and source stand, of those that occur."""
    lower = [name.lower() for name in header]
    places = {}
    for meaning, names in _NAMES.items():
        for name in names:
            if name in lower:
                places[meaning] = lower.index(name)
                break
    return places


def _units(path: Path, lower: Sequence[str]) -> tuple[Mapping[str, tuple[int, ...]], bool]:
    intensities = _ending_in(lower, "_r")
    if intensities:
        return intensities, False
    bare = _ending_in(lower, "")
    if bare:
        return bare, True
    if present := _ending_in(lower, "_c"):
        raise DataError(
            f"{path} has only {next(iter(present))}_c and the like, which say whether a unit is there; "
            "expected intensities, AU01_r and the like: run OpenFace with -aus"
        )
    shown = ", ".join(name for name in lower[:6] if name)
    raise DataError(
        f"{path} has no column of an action unit; it has {shown or 'no names'} …; expected AU01_r and the like"
    )


def _ending_in(lower: Sequence[str], ending: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for place, name in enumerate(lower):
        unit = canonical_unit(name.removesuffix(ending)) if name.endswith(ending) else None
        if unit:
            found[unit] = (*found.get(unit, ()), place)
    return dict(sorted(found.items()))


def _points(header: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """By name as written: X_0 is in millimetres, x_0 in pixels."""
    axes = [[f"{axis}_{point}" for point in range(POINTS)] for axis in "xy"]
    if not all(name in header for axis in axes for name in axis):
        return ()
    return tuple(tuple(header.index(name) for name in axis) for axis in axes)
