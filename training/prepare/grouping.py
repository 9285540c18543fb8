"""Near-copies are put into one group: by hash, mirrored ones too, without comparing each picture with each.

Two hashes of which few bits differ nearly always agree in one of eight pieces of their coarse bits; so only
what shares a piece is compared, some 5% of all pairs. (Measured on FER2013: of the copies within the bound that
were shifted or scaled by 2%, 98% and more share a piece; of those with noise or after JPEG all.)
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.prepare.hashing import mirrored

Hashes = NDArray[np.uint8]
Words = NDArray[np.uint64]

#: Crops of which at most so many of 143 bits differ are near-copies. Measured on FER2013's 35,887: of faces
#: shifted by 2%, 95% are within 24, and the largest group has 25; at 32 it has 183, at 36 2,715 strangers.
_NEAR_CROP = 24

#: A photograph that was only scaled, compressed or brightened; its box may then lie a little otherwise, so that
#: the crops differ more. Strangers' crops differ in about 65.
_SAME_PHOTO, _CROP_OF_SAME_PHOTO = 4, 44

_PIECES = 8
_TILE = 512
_COUNTS = np.array([value.bit_count() for value in range(1 << 16)], np.uint8)


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
    _unite_near(groups, crops, _NEAR_CROP)
    _unite_near(groups, photos, _SAME_PHOTO, crops, _CROP_OF_SAME_PHOTO)
    return groups.all_roots()


def sets_of(keys: NDArray[Any]) -> Iterator[NDArray[np.intp]]:
    """The indices that share a key, in their order, for each key that two or more have."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.concatenate([[0], edges]), np.append(edges, len(keys))
    for at in np.flatnonzero(ends - starts > 1):
        yield order[starts[at] : ends[at]]


def _unite_near(
    groups: Groups, hashes: Hashes, limit: int, crops: Hashes | None = None, crop_limit: int = 0
) -> None:
    """Unite those whose hashes differ in at most `limit` bits, as they are or mirrored.

    Args:
        groups: to unite in.
        hashes: (n, BYTES).
        limit: bits.
        crops: a second hash of each, which may differ in at most `crop_limit` bits; None asks no more.
        crop_limit: bits.
    """
    both = np.concatenate([hashes, mirrored(hashes)])
    bounds = [(_words(both), limit)]
    if crops is not None:
        bounds.append((_words(np.concatenate([crops, mirrored(crops)])), crop_limit))
    for bucket in _buckets(both):
        upright = bucket[bucket < len(hashes)]
        for start in range(0, len(upright), _TILE):
            for other in range(0, len(bucket), _TILE):
                _unite_tile(groups, upright[start : start + _TILE], bucket[other : other + _TILE], bounds)


def _buckets(hashes: Hashes) -> Iterator[NDArray[np.intp]]:
    """Those that share a piece, two or more, for each piece."""
    for piece in range(_PIECES):
        yield from sets_of(hashes[:, piece])


def _unite_tile(
    groups: Groups, rows: NDArray[np.intp], columns: NDArray[np.intp], bounds: Sequence[tuple[Words, int]]
) -> None:
    count = len(bounds[0][0]) // 2
    near = groups.roots(rows)[:, None] != groups.roots(columns % count)[None, :]
    for words, limit in bounds:
        if not near.any():
            return
        near &= _distances(words[rows], words[columns]) <= limit
    for row in np.flatnonzero(near.any(axis=1)):
        others = columns[near[row]] % count
        if (groups.roots(others) != groups.roots(rows[row : row + 1])).any():
            groups.unite(np.append(others, rows[row]))


def _words(hashes: Hashes) -> Words:
    """The hashes as (n, words), 64 bits at a time."""
    return np.pad(hashes, ((0, 0), (0, -hashes.shape[1] % 8))).view(np.uint64)


def _distances(some: Words, others: Words) -> NDArray[np.uint8]:
    """How many bits differ, (n, m)."""
    total = np.zeros((len(some), len(others)), np.uint8)
    for word in range(some.shape[1]):
        total += _bit_count(some[:, word, None] ^ others[None, :, word])
    return total


def _bit_count(words: Words) -> NDArray[np.uint8]:
    if hasattr(np, "bitwise_count"):  # numpy 2
        return np.asarray(np.bitwise_count(words), np.uint8)
    quarters = words[..., np.newaxis].view(np.uint16)
    return np.asarray(_COUNTS[quarters].sum(axis=-1, dtype=np.uint8), np.uint8)
