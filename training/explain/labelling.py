"""Which class each row of a table of action units is of: as the table says, a file, or a data set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError, UsageError
from training.datasets import Faces, Split, load_splits
from training.explain.delimited import read_text_table
from training.explain.unit_columns import find_places
from training.explain.unit_files import label_of
from training.explain.unit_table import UnitTable
from training.fer2013_csv import FILE as FER2013_FILE
from training.manifests import is_manifest
from training.splits import NO_CLASS
from training.votes import class_votes, plurality


@dataclass(frozen=True, slots=True)
class Label:
    name: str
    group: str = ""


def with_labels(
    table: UnitTable,
    source: Path | None,
    classes: Sequence[str] | None = None,
    min_votes: int = 0,
    meanings: Mapping[str, str] | None = None,
) -> UnitTable:
    """The table with a label in each row that has one; see `UnitTable.labels`.

    A label belongs to a picture. Where several faces were found in it, the surest of them has it.

    Args:
        table: the table.
        source: a CSV of file and label (and group, where rows belong together); or a data set, as
            training.datasets.load_splits takes it, to whose rows "Training/12" and the like belong; None: the
            table's own column.
        classes: what labels count; None: all.
        min_votes: how many raters of the data set must agree.
        meanings: of labels that are numbers, as tables merged by hand have them; None: labels are names.

    Raises:
        DataError: there are no labels, none is of a row, or one has no meaning.
        UsageError: votes are asked for of what has none.
    """
    if source is None:
        if min_votes:
            raise UsageError("--min-votes needs the raters' votes; give the data set as --labels")
        if table.labels is None:
            raise DataError("the table of units has no column of labels; give them as --labels")
        return _of_classes(table, classes, meanings)
    if _is_data(source, table):
        names, groups = _from_data(table, source, classes, min_votes), table.groups
    else:
        if min_votes:
            raise UsageError(f"--min-votes needs the raters' votes; {source} is no data set")
        names, groups = _from_file(table, source)
    if not any(names):
        raise DataError(
            f"{source} has no label for any of the {len(table)} rows, such as {table.files[0]}; expected the "
            "file names (or rows, as Training/12) of the units"
        )
    return _of_classes(replace(table, labels=tuple(names), groups=groups), classes, meanings)


def _is_data(source: Path, table: UnitTable) -> bool:
    """A manifest is a table of files and labels, too: it is a data set where its rows were measured."""
    if source.is_dir() or source.name == FER2013_FILE:
        return True
    are_rows = all(file.partition("/")[0] in tuple(Split) for file in table.files)
    return are_rows and source.is_file() and is_manifest(source)


def _of_classes(
    table: UnitTable, classes: Sequence[str] | None, meanings: Mapping[str, str] | None
) -> UnitTable:
    labels = table.labels or ()
    if meanings is not None:
        if unknown := sorted(set(labels) - set(meanings) - {""}):
            raise DataError(f"the label {unknown[0]} has no name in --label-names; {_listed(meanings)} have")
        labels = tuple(meanings.get(label, "") for label in labels)
    kept = tuple(name if not classes or name in classes else "" for name in labels)
    return replace(table, labels=kept)


def _listed(meanings: Mapping[str, str]) -> str:
    return ", ".join(f"{number} ({name})" for number, name in meanings.items())


def _from_data(table: UnitTable, data: Path, classes: Sequence[str] | None, min_votes: int) -> Sequence[str]:
    parts = [_part(file) for file in table.files]
    wanted = {split for split, _ in parts}
    faces = load_splits(data, wanted, classes=classes)
    names = {split: names_of(found, min_votes) for split, found in faces.items()}
    for file, (split, row) in zip(table.files, parts, strict=True):
        if row >= len(names[split]):
            raise DataError(f"{data} has {len(names[split])} rows of {split}; the units are of {file}")
    return _of_surest(table, [names[split][row] for split, row in parts])


def names_of(faces: Faces, min_votes: int = 0) -> Sequence[str]:
    """The class of each face: of most votes where raters voted, else its label; "" where there is none.

    Args:
        faces: a split.
        min_votes: how many raters must have chosen the class; 0: as many as there are.

    Raises:
        UsageError: votes are asked for and the data has none.
    """
    if faces.votes is None:
        if min_votes:
            raise UsageError("--min-votes needs votes; put FER+'s fer2013new.csv beside fer2013.csv")
        return [faces.classes[label] if label != NO_CLASS else "" for label in faces.labels]
    votes = class_votes(faces)
    is_clear = (plurality(votes).sum(axis=1) == 1) & (votes.max(axis=1) >= min_votes)
    return [
        faces.classes[best] if clear else "" for best, clear in zip(votes.argmax(axis=1), is_clear, strict=True)
    ]


def _part(file: str) -> tuple[Split, int]:
    split, _, row = file.partition("/")
    try:
        return Split(split), int(row)
    except ValueError:
        raise DataError(
            f"{file[:60]!r} is no row of a data set; expected units that `mien-train explain units --data` "
            "measured, or --labels with a CSV of file and label"
        ) from None


def _from_file(table: UnitTable, path: Path) -> tuple[Sequence[str], tuple[str, ...] | None]:
    text = read_text_table(path)
    places = find_places(text.header)
    if missing := [name for name in ("file", "label") if name not in places]:
        raise DataError(f"{path} has no column {missing[0]}; it has {', '.join(text.header[:6])}")
    groups = text.text_of(places["group"]) if "group" in places else [""] * len(text.rows)
    labels = [label_of(name) for name in text.text_of(places["label"])]
    known = _by_name(text.text_of(places["file"]), [Label(*one) for one in zip(labels, groups, strict=True)])
    found = [next((known[key] for key in _keys(file) if key in known), Label("")) for file in table.files]
    names = _of_surest(table, [one.name for one in found])
    return names, tuple(one.group for one in found) if "group" in places else table.groups


def _by_name(files: Sequence[str], labels: Sequence[Label]) -> Mapping[str, Label]:
    """By all that a table may call the picture; what several different labels share is nobody's name."""
    known: dict[str, set[Label]] = {}
    for file, label in zip(files, labels, strict=True):
        for key in _keys(file):
            known.setdefault(key, set()).add(label)
    exact = dict(zip(files, labels, strict=True))
    return {key: exact.get(key, next(iter(several))) for key, several in known.items() if len(several) == 1}


def _keys(file: str) -> Iterator[str]:
    """The path, the file's name, the name without suffix, and the film that a frame is of."""
    path = PurePath(file.replace("\\", "/"))
    yield from dict.fromkeys((file, path.name, path.stem, path.name.partition(":")[0]))


def _of_surest(table: UnitTable, names: Sequence[str]) -> Sequence[str]:
    """Labels of pictures as labels of faces."""
    best = table.surest_rows()
    return [
        name if best[file] == row else ""
        for row, (file, name) in enumerate(zip(table.files, names, strict=True))
    ]


def usable_rows(table: UnitTable, units: Sequence[str]) -> NDArray[np.bool_]:
    """Rows with a label and a number for each unit, (n,)."""
    has_label = np.array([bool(name) for name in table.labels or ()], bool)
    return has_label & table.is_found & ~np.isnan(table.intensities_of(units)).any(axis=1)
