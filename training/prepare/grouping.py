"""Near-copies are put into one group: by hash, mirrored ones too, without comparing each picture with each.

Two hashes of which few bits differ nearly always agree in one of eight pieces of their coarse bits; so only
what shares a piece is compared, some 5% of all pairs. (Measured on FER2013: of the copies within the bound that
were shifted or scaled by 2%, 98% and more share a piece; of those with noise or after JPEG all.)
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.prepare.hashing import BITS, mirrored

Hashes = NDArray[np.uint8]

#: Crops of which at most so many of 143 bits differ are near-copies. Measured on FER2013's 35,887: of faces
#: shifted by 2%, 95% are within 24, and the largest group has 25; at 32 it has 183, at 36 2,715 strangers.
_NEAR_CROP = 24

#: A photograph that was only scaled, compressed or brightened; its box may then lie a little otherwise, so that
#: the crops differ more. Strangers' crops differ in about 65.
_SAME_PHOTO, _CROP_OF_SAME_PHOTO = 4, 44

_PIECES = 8
_TILE = 1024


class Groups:
    """A union-find forest over n things; every root is the first of its group."""

    def __init__(self, count: int) -> None:
        self._parent = np.arange(count)

    def roots(self, members: NDArray[np.intp]) -> NDArray[np.intp]:
        found = self._parent[members]
        while (above := self._parent[found]).tobytes() != found.tobytes():
            found = above
        self._parent[members] = found
        return found

    def unite(self, members: NDArray[np.intp]) -> None:
        roots = self.roots(members)
        self._parent[roots] = roots.min()

    def all_roots(self) -> NDArray[np.intp]:
        return self.roots(np.arange(len(self._parent)))


def group_near_copies(crops: Hashes, photos: Hashes, inputs: NDArray[np.int64]) -> NDArray[np.intp]:
    """Find groups.

    Args:
        crops: each face's hash, (n, BYTES).
        photos: the hash of the picture that it is in, (n, BYTES).
        inputs: which picture that is, (n,); faces of one picture belong together.

    Returns:
        (n,), for each face the first face of its group.
    """
    groups = Groups(len(crops))
    for same in sets_of(inputs):
        groups.unite(same)
    _unite_near(groups, crops, crops, _NEAR_CROP, _NEAR_CROP)
    _unite_near(groups, photos, crops, _SAME_PHOTO, _CROP_OF_SAME_PHOTO)
    return groups.all_roots()


def sets_of(keys: NDArray[Any]) -> Iterator[NDArray[np.intp]]:
    """The indices that share a key, in their order, for each key that two or more have."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.concatenate([[0], edges]), np.append(edges, len(keys))
    for at in np.flatnonzero(ends - starts > 1):
        yield order[starts[at] : ends[at]]


def _unite_near(groups: Groups, hashes: Hashes, crops: Hashes, limit: int, crop_limit: int) -> None:
    """Unite those whose hashes, and crops, differ in at most so many bits, as they are or mirrored."""
    both, both_crops = (np.concatenate([some, mirrored(some)]) for some in (hashes, crops))
    for bucket in _buckets(both):
        upright = bucket[bucket < len(hashes)]
        for start in range(0, len(upright), _TILE):
            rows = upright[start : start + _TILE]
            for other in range(0, len(bucket), _TILE):
                columns = bucket[other : other + _TILE]
                _unite_tile(groups, rows, columns, (both, limit), (both_crops, crop_limit))


def _buckets(hashes: Hashes) -> Iterator[NDArray[np.intp]]:
    """Those that share a piece, two or more, for each piece."""
    for piece in range(_PIECES):
        yield from sets_of(hashes[:, piece])


def _unite_tile(
    groups: Groups, rows: NDArray[np.intp], columns: NDArray[np.intp], *bounds: tuple[Hashes, int]
) -> None:
    count = len(bounds[0][0]) // 2
    row_roots, column_roots = groups.roots(rows), groups.roots(columns % count)
    near = row_roots[:, None] != column_roots[None, :]
    if not near.any():
        return
    for hashes, limit in bounds:
        near &= _distances(hashes[rows], hashes[columns]) <= limit
    for row in np.flatnonzero(near.any(axis=1)):
        others = columns[near[row]] % count
        if (groups.roots(others) != groups.roots(rows[row : row + 1])).any():
            groups.unite(np.append(others, rows[row]))


def _distances(some: Hashes, others: Hashes) -> NDArray[np.float32]:
    """How many bits differ, (n, m): for +1 and -1 a product is the bits that agree less those that differ."""
    signs = [np.unpackbits(part, axis=1, count=BITS).astype(np.float32) * 2 - 1 for part in (some, others)]
    return np.asarray((BITS - signs[0] @ signs[1].T) / 2, np.float32)
