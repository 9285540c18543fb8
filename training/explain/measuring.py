"""Many pictures measured on all cores, in parts that are kept, so that a stop costs one part."""

import hashlib
import json
import logging
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from edge.errors import DataError
from edge.files import write_text
from training.explain.unit_files import join_tables, read_units, write_units
from training.explain.unit_pictures import UnitPicture
from training.explain.unit_table import UnitTable

logger = logging.getLogger(__name__)

_PART = 256
_PLAN_FILE = "plan.json"


class Meter(Protocol):
    """What measures pictures.

    Attributes:
        settings: all that its figures depend on, beside the pictures.
    """

    settings: str

    def measure(self, pictures: Sequence[UnitPicture]) -> UnitTable:
        """A row for each face, in the order of the pictures, and one for each picture without a face."""


def measure_all(
    meter: Meter, pictures: Sequence[UnitPicture], out: Path, told: Callable[[int], None]
) -> UnitTable:
    """Measure what an earlier call that was stopped has not, and write the table.

    Args:
        meter: what measures.
        pictures: in the order of the table.
        out: the table; its parts lie in a folder beside it until all are there.
        told: is called with the number of pictures that are done.

    Raises:
        DataError: two pictures have the same name.
    """
    if len({picture.name for picture in pictures}) < len(pictures):
        raise DataError("two of the pictures have the same name; the table could not tell them apart")
    folder = out.with_name(f".{out.name}.parts")
    _prepare(folder, _plan(meter, pictures))
    paths = []
    for start in range(0, len(pictures), _PART):
        some = pictures[start : start + _PART]
        path = folder / f"{start:08d}.csv"
        if not path.is_file():
            write_units(path, meter.measure(some))
        paths.append(path)
        told(start + len(some))
    table = join_tables([read_units(path) for path in paths], paths)
    write_units(out, table)
    shutil.rmtree(folder)
    return table


def _plan(meter: Meter, pictures: Sequence[UnitPicture]) -> str:
    content = json.dumps([meter.settings, [[picture.name, picture.stamp] for picture in pictures]])
    return hashlib.sha256(content.encode()).hexdigest()


def _prepare(folder: Path, plan: str) -> None:
    """Parts of other pictures, or measured otherwise, are of no use."""
    path = folder / _PLAN_FILE
    if folder.is_dir():
        if path.is_file() and json.loads(path.read_text(encoding="utf-8")).get("plan") == plan:
            logger.info("going on with the %d parts in %s", len(list(folder.glob("*.csv"))), folder)
            return
        shutil.rmtree(folder)
    write_text(path, json.dumps({"plan": plan}) + "\n")
