"""OpenFace's own program, where the user has it: as a binary, or in a container."""

import logging
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from edge.errors import MienError, PictureError, UsageError
from training.explain.unit_files import join_tables, read_units, without_face
from training.explain.unit_pictures import UnitPicture
from training.explain.unit_table import UnitTable

logger = logging.getLogger(__name__)

PROGRAM = "FaceLandmarkImg"
#: Where it stands below the folder that people build it in, and in the images that are about.
_BINARY_PLACES = (PROGRAM, f"bin/{PROGRAM}", f"build/bin/{PROGRAM}")
_IMAGE_PLACES = (f"/home/openface-build/build/bin/{PROGRAM}", f"/opt/OpenFace/build/bin/{PROGRAM}")
#: It finds no face in less; small faces are enlarged, with a border, as for the mesh.
_LEAST_SIDE_PX, _BORDER = 192, 0.25


class OpenFaceMeter:
    """See training.explain.measuring.Meter."""

    def __init__(self, binary: Path | None = None, image: str | None = None) -> None:
        """Find the program.

        Args:
            binary: FaceLandmarkImg, or the folder of OpenFace that holds it.
            image: the name of a container's image, in place of it.

        Raises:
            UsageError: it is not there, or there is nothing to run containers with.
        """
        self._image = image
        self._program = _find_engine() if image else str(_find_binary(binary or Path(PROGRAM)))
        self.settings = repr(("OpenFace", self._program, image))

    def measure(self, pictures: Sequence[UnitPicture]) -> UnitTable:
        """Measure them.

        Raises:
            MienError: the program failed.
        """
        with tempfile.TemporaryDirectory(prefix="mien-openface-") as name:
            folder = Path(name)
            shown, out = folder / "pictures", folder / "out"
            shown.mkdir()
            out.mkdir()
            placed = [_write(picture, shown / f"{row:06d}.png") for row, picture in enumerate(pictures)]
            self._run(folder, shown, out)
            return _table_of(pictures, placed, out)

    def _run(self, folder: Path, shown: Path, out: Path) -> None:
        options = ["-aus", "-2Dfp", "-wild"]
        if self._image is None:
            command = [self._program, "-fdir", str(shown), "-out_dir", str(out), *options]
        else:
            find = " || ".join(f"command -v {place}" for place in (PROGRAM, *_IMAGE_PLACES))
            inside = f'exec "$({find})" -fdir /mien/pictures -out_dir /mien/out {" ".join(options)}'
            command = [
                self._program, "run", "--rm", "--network", "none", "--volume", f"{folder}:/mien",
                "--entrypoint", "/bin/sh", self._image, "-c", inside,
            ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode:
            last = ((done.stderr or done.stdout).strip().splitlines() or ["it said nothing"])[-1]
            raise MienError(f"OpenFace ended with status {done.returncode}: {last[:200]}")


def _find_binary(given: Path) -> Path:
    places = [given / place for place in _BINARY_PLACES] if given.is_dir() else [given]
    for place in places:
        found = shutil.which(place)
        if found:
            return Path(found)
    raise UsageError(f"--openface is {given}; expected OpenFace's {PROGRAM}, or the folder that holds it")


def _find_engine() -> str:
    for name in ("podman", "docker"):
        if found := shutil.which(name):
            return found
    raise UsageError("--openface-image needs podman or docker, and neither is on this machine's PATH")


def _write(picture: UnitPicture, path: Path) -> tuple[float, float] | None:
    """How much larger it was made, and the border in pixels; None where the picture cannot be read."""
    try:
        rgb = picture.read()
    except PictureError as error:
        logger.warning("%s", error)
        return None
    scale, border = 1.0, 0
    if picture.is_face or max(rgb.shape[:2]) < _LEAST_SIDE_PX:
        scale = max(1.0, _LEAST_SIDE_PX / max(rgb.shape[:2]))
        border = round(_BORDER * scale * max(rgb.shape[:2]))
        larger = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        rgb = cv2.copyMakeBorder(larger, border, border, border, border, cv2.BORDER_REPLICATE)  # type: ignore[assignment]
    cv2.imwrite(str(path), cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
    return scale, border


def _table_of(
    pictures: Sequence[UnitPicture], placed: Sequence[tuple[float, float] | None], out: Path
) -> UnitTable:
    """One table in the order of the pictures; of a picture without a face OpenFace may write nothing."""
    found = {path.stem: read_units(path) for path in sorted(out.glob("*.csv"))}
    if not found:
        raise MienError("OpenFace wrote no table, so it saw no face in any of the pictures")
    like = next(iter(found.values()))
    tables = []
    for row, (picture, place) in enumerate(zip(pictures, placed, strict=True)):
        table = found.get(f"{row:06d}")
        tables.append(_renamed(table or without_face("", like), picture, place or (1, 0)))
    return join_tables(tables, [Path(picture.name) for picture in pictures])


def _renamed(table: UnitTable, picture: UnitPicture, place: tuple[float, float]) -> UnitTable:
    scale, border = place
    points = None if table.landmarks is None else ((table.landmarks - border) / scale).astype(np.float32)
    return replace(
        table,
        files=(picture.name,) * len(table),
        landmarks=points,
        labels=(picture.label,) * len(table) if picture.label else None,
    )
