"""Files of action units: ours, OpenFace's, and what people made of them."""

import csv
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from edge.files import replacing
from training.classes import canonical
from training.explain.delimited import TextTable, read_text_table
from training.explain.facs import MOST
from training.explain.unit_columns import POINTS, Columns, find_columns
from training.explain.unit_table import UnitTable

logger = logging.getLogger(__name__)

OPENFACE = "OpenFace"
#: OpenFace writes two decimals; what is beyond the ends by less is rounding.
_ROUNDING = 0.01
_DETAILS_SUFFIX = "_of_details.txt"


def read_units(path: Path, *, min_confidence: float = 0.0) -> UnitTable:
    """Read a table of action units, or a folder of OpenFace's tables.

    It may be one of `write_units`; OpenFace's, as `FaceLandmarkImg`, `FeatureExtraction` and
    `FaceLandmarkVidMulti` of versions 2.0 to 2.2 write it; or one that was put together by hand and has only
    some of the columns. A row is one without a face where `success` is 0, where there is no `success` and
    `confidence` is 0, where the confidence is below `min_confidence`, or where all intensities are missing.

    Args:
        path: the table, or a folder of them.
        min_confidence: 0..1.

    Raises:
        DataError: it cannot be read as such; the line says where, which value, and what was expected.
    """
    if not path.is_dir():
        return _read(path, min_confidence)
    paths = sorted(one for one in path.iterdir() if one.suffix.lower() == ".csv")
    if not paths:
        raise DataError(f"{path} holds no .csv file; expected tables of action units, as OpenFace writes them")
    table = join_tables([_read(one, min_confidence) for one in paths], paths)
    stems = {one.stem for one in paths}
    details = sorted(one for one in path.iterdir() if one.name.endswith(_DETAILS_SUFFIX))
    missing = [one for one in details if one.name.removesuffix(_DETAILS_SUFFIX) not in stems]
    if not missing:  # of a picture without a face FaceLandmarkImg writes the details, and no table
        return table
    empty = [without_face(_input_of(one) or one.name.removesuffix(_DETAILS_SUFFIX), table) for one in missing]
    return join_tables([table, *empty], [path, *missing])


def without_face(file: str, like: UnitTable) -> UnitTable:
    """The one row of a picture in which no face was found, to be joined to `like`."""
    points = like.landmarks
    return UnitTable(
        (file,), np.zeros(1, np.intp), np.zeros(1, bool), np.zeros(1, np.float32), like.units,
        np.full((1, len(like.units)), np.nan, np.float32),
        None if points is None else np.full((1, *points.shape[1:]), np.nan, np.float32),
        source=like.source,
    )  # fmt: skip


def join_tables(tables: Sequence[UnitTable], paths: Sequence[Path]) -> UnitTable:
    """One table after another.

    Raises:
        DataError: they do not have the same units.
    """
    first = tables[0]
    for table, path in zip(tables, paths, strict=True):
        if table.units != first.units:
            odd = sorted(set(table.units) ^ set(first.units))
            raise DataError(f"{path} and {paths[0]} differ in {', '.join(odd)}; expected the same units in all")
    has_points = all(table.landmarks is not None for table in tables)
    return UnitTable(
        tuple(name for table in tables for name in table.files),
        np.concatenate([table.faces for table in tables]),
        np.concatenate([table.is_found for table in tables]),
        np.concatenate([table.confidence for table in tables]),
        first.units,
        np.concatenate([table.intensities for table in tables]),
        np.concatenate([table.landmarks for table in tables]) if has_points else None,  # type: ignore[misc]
        _joined([table.labels for table in tables], tables),
        _joined([table.groups for table in tables], tables),
        first.source if all(table.source == first.source for table in tables) else "",
    )


def _joined(texts: Sequence[tuple[str, ...] | None], tables: Sequence[UnitTable]) -> tuple[str, ...] | None:
    if all(text is None for text in texts):
        return None
    return tuple(one for text, table in zip(texts, tables, strict=True) for one in text or ("",) * len(table))


def write_units(path: Path, table: UnitTable) -> None:
    """Write a table that `read_units`, and whatever reads OpenFace's, can read."""
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        optional = {"label": table.labels, "group": table.groups}
        texts = {name: values for name, values in optional.items() if values is not None}
        points = table.landmarks
        names = [f"{axis}_{point}" for axis in "xy" for point in range(POINTS)] if points is not None else []
        units = [f"{unit}_r" for unit in table.units]
        writer.writerow(["file", "face", "confidence", "success", *texts, "source", *units, *names])
        for row in range(len(table)):
            writer.writerow(
                [
                    table.files[row],
                    int(table.faces[row]),
                    *_written(table.confidence[row : row + 1], 3),
                    int(table.is_found[row]),
                    *(values[row] for values in texts.values()),
                    table.source,
                    *_written(table.intensities[row], 3),
                    *(_written(points[row].T.ravel(), 2) if points is not None else ()),
                ]
            )


def _written(values: NDArray[np.float32], digits: int) -> Iterator[str]:
    return ("" if np.isnan(value) else f"{value:.{digits}f}" for value in values.tolist())


def _read(path: Path, min_confidence: float) -> UnitTable:
    text = read_text_table(path)
    columns = find_columns(path, text.header)
    if not text.rows:  # FaceLandmarkImg, where it found no face
        return _without_face(path, columns)
    if columns.are_bare:
        logger.info("%s: columns such as AU12 are taken for intensities, 0 to 5", path)
    places = columns.places
    intensities = _intensities(text, columns)
    confidence = _column(text, places.get("confidence"), float("nan"))
    is_found = ~np.isnan(intensities).all(axis=1)
    if "success" in places:
        is_found &= np.array([_is_success(text, row, places["success"]) for row in range(len(text.rows))])
    elif "confidence" in places:
        is_found &= ~(confidence <= 0)
    is_found &= ~(confidence < min_confidence)
    intensities[~is_found] = np.nan
    points = _landmarks(text, columns)
    if points is not None:
        points[~is_found] = np.nan
    faces = np.nan_to_num(_column(text, places.get("face"), 0.0)).astype(np.intp)
    return UnitTable(
        _files(path, text, columns),
        faces,
        is_found,
        confidence.astype(np.float32),
        tuple(columns.units),
        intensities,
        points,
        tuple(label_of(cell) for cell in text.text_of(places["label"])) if "label" in places else None,
        tuple(text.text_of(places["group"])) if "group" in places else None,
        text.rows[0][places["source"]] if "source" in places else "" if columns.are_bare else OPENFACE,
    )


def _without_face(path: Path, columns: Columns) -> UnitTable:
    nothing = np.full((1, len(columns.units)), np.nan, np.float32)
    return UnitTable(
        (_picture_of(path),), np.zeros(1, np.intp), np.zeros(1, bool), np.zeros(1, np.float32),
        tuple(columns.units), nothing, np.full((1, POINTS, 2), np.nan, np.float32) if columns.points else None,
        source=OPENFACE,
    )  # fmt: skip


def _column(text: TextTable, place: int | None, missing: float) -> NDArray[np.float64]:
    if place is None:
        return np.full(len(text.rows), missing)
    return np.array(text.numbers_of(place), np.float64)


def _intensities(text: TextTable, columns: Columns) -> NDArray[np.float32]:
    found = np.empty((len(text.rows), len(columns.units)), np.float32)
    for index, (unit, places) in enumerate(columns.units.items()):
        several = [np.array(text.numbers_of(place), np.float64) for place in places]
        if any(not np.array_equal(one, several[0], equal_nan=True) for one in several):
            shown = " and ".join(str(place + 1) for place in places)
            raise DataError(
                f"{text.path} has {text.header[places[0]]} in the columns {shown}, with different values; "
                f"remove those that are not the intensity of {unit}"
            )
        values = several[0]
        is_out = (values < -_ROUNDING) | (values > MOST + _ROUNDING)
        if is_out.any():
            row = int(np.flatnonzero(is_out)[0])
            raise DataError(
                f"{text.where(row)}: {text.header[places[0]]} is {text.rows[row][places[0]]}; expected an "
                f"intensity of 0 to {MOST:g}, as OpenFace writes it"
            )
        found[:, index] = np.clip(values, 0, MOST)
    return found


def _is_success(text: TextTable, row: int, place: int) -> bool:
    cell = text.rows[row][place].lower()
    if cell in ("true", "yes"):
        return True
    if cell in ("false", "no", ""):
        return False
    try:
        return float(cell.replace(",", ".")) > 0
    except ValueError:
        raise DataError(f"{text.where(row)}: success is {cell[:20]!r}; expected 1 or 0") from None


def _landmarks(text: TextTable, columns: Columns) -> NDArray[np.float32] | None:
    if not columns.points:
        return None
    axes = [[text.numbers_of(place) for place in places] for places in columns.points]
    return np.array(axes, np.float32).transpose(2, 1, 0).copy()


def _files(path: Path, text: TextTable, columns: Columns) -> tuple[str, ...]:
    places = columns.places
    if "file" in places:
        return tuple(text.text_of(places["file"]))
    if "frame" in places:  # of a film: one row is one frame
        return tuple(f"{path.stem}:{_whole(cell)}" for cell in text.text_of(places["frame"]))
    if "face" in places:  # FaceLandmarkImg: one table is one picture
        return (_picture_of(path),) * len(text.rows)
    return tuple(f"{path.stem}:{line}" for line in text.lines)


def _picture_of(path: Path) -> str:
    """The picture of a table of FaceLandmarkImg, as the file beside it tells; else the table's own name."""
    details = path.with_name(path.stem + _DETAILS_SUFFIX)
    return (_input_of(details) if details.is_file() else "") or path.stem


def _input_of(details: Path) -> str:
    """The picture that OpenFace read, as it was named to it; "" where the file does not tell."""
    for line in details.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "input" and value.strip():
            return value.strip()
    return ""


def label_of(cell: str) -> str:
    """As classes are written: Happy is happy, and 3.0 is 3."""
    return canonical(_whole(cell))


def _whole(cell: str) -> str:
    """3.0, as pandas writes a 3 of a column with gaps, is 3."""
    try:
        value = float(cell)
    except ValueError:
        return cell
    return str(int(value)) if value.is_integer() else "" if value != value else cell
