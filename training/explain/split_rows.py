"""The rows of a table of action units that are about the faces of a data set's split."""

from collections.abc import Mapping

import numpy as np

from training.explain.unit_table import UnitTable
from training.splits import Split


def rows_of_split(table: UnitTable, split: Split) -> Mapping[int, int]:
    """By the face's place in the split, the row of the table; of several faces in one picture the surest.

    `mien-train explain units --data` names a face "PublicTest/12". What was not found there has no row here.
    """
    found: dict[int, int] = {}
    confidence = np.nan_to_num(table.confidence)
    for row, file in enumerate(table.files):
        part, _, place = file.partition("/")
        if part != split or not place.isdecimal() or not table.is_found[row]:
            continue
        known = found.get(int(place))
        if known is None or confidence[row] > confidence[known]:
            found[int(place)] = row
    return found
