"""A manifest: a CSV file with a line for each picture, of at least the columns file, label and split."""

import csv
import logging
from collections.abc import Iterator
from pathlib import Path

from edge.errors import DataError
from training.classes import canonical
from training.picture_files import SPLIT_OF_NAME, PictureFile, PictureFiles

COLUMNS = ("file", "label", "split")

logger = logging.getLogger(__name__)


def is_manifest(path: Path) -> bool:
    """Whether the first line of a CSV file is a manifest's."""
    with path.open("rb") as file:
        header = file.readline().decode("utf-8-sig", "replace").replace('"', "").strip()
    return set(COLUMNS) <= {name.strip() for name in header.split(",")}


def open_manifest(path: Path) -> PictureFiles:
    """List the pictures of a manifest; none is opened. Lines without a file or a split are left out.

    Raises:
        DataError: a line is not as expected; its number is named.
    """
    lines = list(_lines(path))
    files = [file for file in lines if file is not None]
    if len(files) < len(lines):  # such as what `mien-train prepare` could not use
        logger.info("%s: %d lines without a file or a split left out", path, len(lines) - len(files))
    if not files:
        raise DataError(f"{path} names no picture with a split; expected lines of {','.join(COLUMNS)}")
    return PictureFiles(path, files, sorted({file.label for file in files}), "labels")


def _lines(path: Path) -> Iterator[PictureFile | None]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        for line, row in enumerate(csv.DictReader(file, skipinitialspace=True), start=2):
            name, label, split = ((row.get(column) or "").strip() for column in COLUMNS)
            if not name or not split:
                yield None
                continue
            where = f"{path}, line {line}"
            if not label:
                raise DataError(f"{where}: label is empty; expected a class's name")
            if split.lower() not in SPLIT_OF_NAME:
                raise DataError(f"{where}: split is {split[:20]!r}; expected train, valid or test")
            if not (path.parent / name).is_file():
                raise DataError(f"{where}: {path.parent / name} is not there; paths start at the manifest")
            yield PictureFile(path.parent / name, canonical(label), SPLIT_OF_NAME[split.lower()])
