"""From pictures, a data set or OpenFace's tables to one table of action units."""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import Progress

from edge.errors import UsageError
from edge.files import refuse_existing
from training.datasets import Split
from training.explain.facs import name_of
from training.explain.measuring import Meter, measure_all
from training.explain.mesh import cores, find_python
from training.explain.mesh_meter import MeshMeter
from training.explain.openface import OpenFaceMeter
from training.explain.unit_files import join_tables, read_units, write_units
from training.explain.unit_pictures import UnitPicture, pictures_of_data, pictures_of_files
from training.explain.unit_table import UnitTable

_TABLE_SUFFIX = ".csv"


def run_units(options: argparse.Namespace) -> None:
    """Measure, write the table, and tell.

    Raises:
        UsageError: options that do not go together, --out is in use, or what measures is not there.
        DataError: pictures or tables cannot be read as such.
    """
    if options.out.suffix.lower() != _TABLE_SUFFIX:
        raise UsageError(f"--out is {options.out}; expected a name that ends in .csv")
    refuse_existing(options.out, options.force)
    if _are_tables(options.pictures):
        table = join_tables([read_units(path) for path in options.pictures], options.pictures)
        write_units(options.out, table)
    else:
        pictures = _pictures(options)
        with _meter(options, len(pictures)) as meter, _told(len(pictures)) as told:
            table = measure_all(meter, pictures, options.out, told)
    _tell(table, options)


def _are_tables(paths: list[Path]) -> bool:
    is_table = [path.suffix.lower() == _TABLE_SUFFIX or _holds_tables(path) for path in paths]
    if any(is_table) and not all(is_table):
        raise UsageError("PICTURES are tables and pictures at once; expected one or the other")
    return any(is_table)


def _holds_tables(path: Path) -> bool:
    return path.is_dir() and any(one.suffix.lower() == _TABLE_SUFFIX for one in path.iterdir())


def _pictures(options: argparse.Namespace) -> list[UnitPicture]:
    if bool(options.pictures) == (options.data is not None):
        raise UsageError("expected PICTURES, or --data with --split, and not both")
    if options.data is not None:
        return pictures_of_data(
            options.data,
            Split(options.split or Split.PUBLIC),
            min_votes=options.min_votes,
            most=options.most,
            seed=options.seed,
        )
    if options.split or options.min_votes or options.most:
        raise UsageError("--split, --min-votes and --most belong to --data")
    return pictures_of_files(options.pictures)


@contextmanager
def _meter(options: argparse.Namespace, pictures: int) -> Iterator[Meter]:
    if options.openface or options.openface_image:
        if options.neutral:
            raise UsageError("--neutral is for face geometry; OpenFace has its own idea of a neutral face")
        yield OpenFaceMeter(options.openface, options.openface_image)
        return
    python = find_python(options.mesh_python)
    jobs = min(options.jobs or cores(), pictures)  # a process takes seconds to start
    with MeshMeter(python, neutral=options.neutral, most_faces=options.faces, jobs=jobs) as meter:
        yield meter


@contextmanager
def _told(total: int) -> Iterator[Any]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("pictures", total=total)
        yield lambda done: bar.update(task, completed=done)


def _tell(table: UnitTable, options: argparse.Namespace) -> None:
    pictures = len(set(table.files))
    counts = {
        "out": str(options.out),
        "source": table.source,
        "pictures": pictures,
        "without_face": table.failed,
        "faces": int(table.is_found.sum()),
        "units": {unit: _mean(table, place) for place, unit in enumerate(table.units)},
    }
    if options.json:
        print(json.dumps(counts, indent=2))
        return
    share = 100 * (1 - table.failed / len(table))
    found = f"{_counted(pictures, 'picture')}, {_counted(counts['faces'], 'face')}"
    print(f"{found}; no face in {table.failed:,} ({share:.1f}% found)")
    for unit, mean in counts["units"].items():
        print(f"  {name_of(unit):<28} mean {'-' if mean is None else f'{mean:.2f}'}")
    print(f"units: {options.out}")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _mean(table: UnitTable, place: int) -> float | None:
    found = table.intensities[table.is_found, place]
    return round(float(np.nanmean(found)), 3) if len(found) and not np.isnan(found).all() else None
