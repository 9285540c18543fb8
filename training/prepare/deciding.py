"""What becomes of each face: kept on one side under a number, or left out as a copy. Written into the journal.

The rules, in this order:

1. Equal crops: the first is kept, the others are duplicates. Under different labels none can be believed, and
   all are left out.
2. Near-copies, and the faces of one picture, are a group, and a group lies on one side. Near-copies with
   different labels are kept, for a person's face changes less than a hash sees; the manifest names the labels.
3. Where RAW's own sides are kept and a group lies on several, what is in test stays, or else what is in valid;
   the copies on the other sides are left out.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError
from training.prepare.grouping import group_near_copies, sets_of
from training.prepare.hashing import BYTES
from training.prepare.journal import Journal, shown
from training.prepare.settings import SIDES, Settings, Shares
from training.prepare.splitting import divide, rank

_SELECT = """SELECT input, number, path, label, side, x, y, width, height, photo_width, photo_height,
    hash, photo, digest FROM outcomes JOIN inputs ON id = input WHERE reason IS NULL ORDER BY path, number"""
_DECIDE = """UPDATE outcomes SET status = ?, why = ?, split = ?, file = ?, grp = ?
    WHERE input = ? AND number = ?"""
_KEPT, _DUPLICATE = "kept", "duplicate"


@dataclass(frozen=True, slots=True, eq=False)
class FaceTable:
    """All faces, in the order of their paths: a few numbers each, so that many need little memory.

    Attributes:
        inputs: (n,), which picture.
        numbers: (n,), which face of it.
        labels: (n,), indices into the classes.
        sides: (n,), indices into SIDES; -1 where RAW is not divided.
        ranks: (n,), see training.prepare.splitting.rank.
        crops: hash of each crop, (n, BYTES).
        photos: hash of each picture, (n, BYTES).
        boxes: (n, 4), x, y, width, height as shares of the picture's sides.
        equal: (n,), the first face of which the crop is the same.
    """

    inputs: NDArray[np.int64]
    numbers: NDArray[np.int64]
    labels: NDArray[np.int64]
    sides: NDArray[np.int64]
    ranks: NDArray[np.uint64]
    crops: NDArray[np.uint8]
    photos: NDArray[np.uint8]
    boxes: NDArray[np.float64]
    equal: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.inputs)


def decide(journal: Journal, settings: Settings, classes: Sequence[str], shares: Shares | None) -> None:
    """Write down what becomes of every face; done again, it gives the same.

    Args:
        journal: with all pictures looked at.
        settings: for the seed.
        classes: in their order; faces of other labels are left out.
        shares: how to divide; None keeps RAW's sides.

    Raises:
        DataError: there is no face, or too few of a label.
    """
    found = _read(journal, classes, settings.seed)
    if not len(found):
        raise DataError(
            f"no face was found in any picture of {settings.raw}; where they are crops of faces already, "
            "give --faces skip"
        )
    groups = group_near_copies(found.crops, found.photos, found.boxes, found.inputs)
    why = _why_equal(found, classes, journal)
    sides = found.sides
    if shares is None:
        why |= _why_elsewhere(found, groups, why, journal)
    _expect_enough(found, why, classes, shares)
    if shares is not None:
        usable = np.array([face for face in range(len(found)) if face not in why])
        sides = np.full(len(found), -1)
        sides[usable] = divide(groups[usable], found.labels[usable], found.ranks[usable], shares)
    _write(journal, _verdicts(found, groups, sides, why, classes))


def _read(journal: Journal, classes: Sequence[str], seed: int) -> FaceTable:
    columns = [array("q") for _ in range(4)]
    ranks, boxes = array("Q"), array("q")
    crops, photos, digests = bytearray(), bytearray(), bytearray()
    for identity, number, path, label, side, *box, crop, photo, digest in journal.database.execute(_SELECT):
        if label not in classes:
            continue
        values = (identity, number, classes.index(label), SIDES.index(side) if side else -1)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
        ranks.append(rank(path + b"/%d" % number, seed))
        boxes.extend(box)
        crops += crop
        photos += photo
        digests += digest
    inputs, numbers, labels, sides = (np.array(column, np.int64) for column in columns)
    return FaceTable(
        inputs=inputs,
        numbers=numbers,
        labels=labels,
        sides=sides,
        ranks=np.array(ranks, np.uint64),
        crops=np.frombuffer(crops, np.uint8).reshape(-1, BYTES),
        photos=np.frombuffer(photos, np.uint8).reshape(-1, BYTES),
        boxes=_shares(np.array(boxes, np.int64).reshape(-1, 6)),
        equal=_first_equal(np.frombuffer(digests, np.uint64).reshape(-1, 2)),
    )


def _shares(boxes: NDArray[np.int64]) -> NDArray[np.float64]:
    return boxes[:, :4] / boxes[:, [4, 5, 4, 5]]


def _first_equal(digests: NDArray[np.uint64]) -> NDArray[np.intp]:
    if not len(digests):
        return np.zeros(0, np.intp)
    _, first, back = np.unique(digests, axis=0, return_index=True, return_inverse=True)
    return np.asarray(first[back.reshape(-1)], np.intp)


def _why_equal(found: FaceTable, classes: Sequence[str], journal: Journal) -> dict[int, str]:
    """The faces that rule 1 leaves out, and why."""
    why = {}
    for same in sets_of(found.equal):
        labels = np.unique(found.labels[same])
        # of those on several sides the one stays that rule 3 would keep
        stays = same[np.argmax(found.sides[same])]
        for face in same.tolist():
            if len(labels) > 1:
                why[face] = "equal pictures under different labels: " + ", ".join(classes[i] for i in labels)
            elif face != stays:
                why[face] = f"equal to {_name(journal, found, stays)}"
    return why


def _why_elsewhere(
    found: FaceTable, groups: NDArray[np.intp], why: Mapping[int, str], journal: Journal
) -> dict[int, str]:
    """The faces that rule 3 leaves out, and why."""
    result = {}
    for group in sets_of(groups):
        usable = np.array([face for face in group.tolist() if face not in why], np.intp)
        sides = found.sides[usable]
        if len(np.unique(sides)) < 2:
            continue
        top = usable[np.argmax(sides)]
        because = f"near-copy of a picture in {SIDES[sides.max()]}: {_name(journal, found, top)}"
        result.update(dict.fromkeys(usable[sides < sides.max()].tolist(), because))
    return result


def _expect_enough(
    found: FaceTable, why: Mapping[int, str], classes: Sequence[str], shares: Shares | None
) -> None:
    needed = len(shares.used) if shares else 1
    usable = np.ones(len(found), bool)
    usable[list(why)] = False
    counts = np.bincount(found.labels[usable], minlength=len(classes)).tolist()
    for name, count in zip(classes, counts, strict=True):
        if count < needed:
            faces = f"{count} usable face{'' if count == 1 else 's'}"
            split = f" for --split {shares.text}" if shares else ""
            raise DataError(
                f"label {name} has {faces}; expected at least {needed}{split}; add pictures, or leave the "
                "label out by --classes"
            )


_Verdict = tuple[str, str, str, str, int, int, int]


def _verdicts(
    found: FaceTable,
    groups: NDArray[np.intp],
    sides: NDArray[np.int64],
    why: Mapping[int, str],
    classes: Sequence[str],
) -> Iterator[_Verdict]:
    counts: Counter[tuple[int, int]] = Counter()
    mixed = _mixed_labels(groups, found.labels, classes)
    group_numbers = np.unique(groups, return_inverse=True)[1].reshape(-1) + 1
    for face in range(len(found)):
        key = (int(group_numbers[face]), int(found.inputs[face]), int(found.numbers[face]))
        if face in why:
            yield _DUPLICATE, why[face], "", "", *key
            continue
        place = (int(sides[face]), int(found.labels[face]))
        counts[place] += 1
        side = SIDES[place[0]]
        file = f"{side}/{classes[place[1]]}/{counts[place]:06d}.png"
        yield _KEPT, mixed.get(int(groups[face]), ""), side, file, *key


def _mixed_labels(
    groups: NDArray[np.intp], labels: NDArray[np.int64], classes: Sequence[str]
) -> dict[int, str]:
    """By group, what is to be said of those whose near-copies have different labels."""
    return {
        int(groups[group[0]]): "near-copies have different labels: " + ", ".join(classes[i] for i in there)
        for group in sets_of(groups)
        if len(there := np.unique(labels[group])) > 1
    }


def _write(journal: Journal, verdicts: Iterable[_Verdict]) -> None:
    with journal.database:
        journal.database.execute(
            "UPDATE outcomes SET status = NULL, why = NULL, split = NULL, file = NULL, grp = NULL"
        )
        journal.database.executemany(_DECIDE, verdicts)


def _name(journal: Journal, found: FaceTable, face: int) -> str:
    query = "SELECT path FROM inputs WHERE id = ?"
    (path,) = journal.database.execute(query, (int(found.inputs[face]),)).fetchone()
    return shown(path)
