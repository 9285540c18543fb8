"""The result: made whole in the hidden folder, and given its name by one rename."""

import csv
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.errors import UsageError
from training.classes import CLASSES_FILE
from training.prepare.finding import crop_path
from training.prepare.journal import Journal, shown
from training.prepare.settings import SIDES

MANIFEST_FILE = "manifest.csv"
SHEET_FILE = "contact_sheet.png"

_COLUMNS = (
    "source",
    "label",
    "split",
    "file",
    "status",
    "reason",
    "x",
    "y",
    "width",
    "height",
    "hash",
    "group",
)
_KEPT = "SELECT input, number, file FROM outcomes WHERE status = 'kept' ORDER BY split, file"
_ROWS = """SELECT path, label, split, file, status, reason, why, x, y, width, height, hash, grp
    FROM inputs LEFT JOIN outcomes ON input = id ORDER BY path, number"""


class DataCard(BaseModel):
    """classes.json: the class order and how the data was made."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    v: Literal[1] = 1
    classes: tuple[str, ...] = Field(min_length=2)
    side_px: int = Field(ge=8)
    colour: Literal["gray"] = "gray"
    faces: str
    crop_margin: float
    command: str
    seed: int
    split: str


def build(journal: Journal, crops: Path, result: Path, card: DataCard) -> Iterator[None]:
    """Write all but the contact sheet into a new folder; yields once for each face."""
    for side in SIDES:
        (result / side).mkdir(parents=True)
    for label in card.classes:
        for side in SIDES:
            (result / side / label).mkdir()
    for identity, number, file in journal.database.execute(_KEPT):
        _place(crop_path(crops, identity, number), result / file)
        yield
    _write_manifest(journal, result / MANIFEST_FILE, card.classes)
    text = json.dumps(card.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (result / CLASSES_FILE).write_text(text + "\n", encoding="utf-8")


def _place(crop: Path, target: Path) -> None:
    """A second name for the crop's bytes, or a copy where the file system has no such names."""
    try:
        os.link(crop, target)
    except OSError:
        shutil.copyfile(crop, target)


def _write_manifest(journal: Journal, path: Path, classes: Sequence[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
        for source, label, split, name, status, reason, why, *box, bits, group in journal.database.execute(
            _ROWS
        ):
            if status is None:
                because = reason or left_out(label, classes)
                table.writerow([shown(source), label, "", "", "skipped", because, *box, "", ""])
                continue
            table.writerow([shown(source), label, split, name, status, why, *box, bits.hex(), group])


def left_out(label: str, classes: Sequence[str]) -> str:
    return "" if label in classes else f"label left out: {label}"


def count_faces(journal: Journal, classes: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
    """How many faces were kept, by label and side."""
    counts = {label: dict.fromkeys(SIDES, 0) for label in classes}
    query = """SELECT label, split, COUNT(*) FROM outcomes JOIN inputs ON id = input WHERE status = 'kept'
        GROUP BY label, split"""
    for label, side, count in journal.database.execute(query):
        counts[label][side] = count
    return counts


def is_result(folder: Path) -> bool:
    return (folder / CLASSES_FILE).is_file() and (folder / MANIFEST_FILE).is_file()


def expect_free(out: Path, force: bool) -> None:
    """Refuse a folder that may not be replaced.

    Raises:
        UsageError: it holds a result and `force` is off, or it holds something else.
    """
    if not os.path.lexists(out) or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir() or not is_result(out):
        raise UsageError(f"{out} is there and no result of `mien-train prepare`; give --out a new name")
    if not force:
        raise UsageError(f"{out} is there already; try another name, or --force to replace it")


def publish(result: Path, out: Path, old: Path) -> None:
    """Give the finished folder its name; what had it goes to `old`."""
    if out.is_dir():
        os.rename(out, old)
    out.parent.mkdir(parents=True, exist_ok=True)
    os.rename(result, out)
