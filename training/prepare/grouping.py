"""Near-copies are put into one group: by hash, mirrored ones too, without comparing each picture with each.

Two hashes of which few bits differ nearly always agree in one of eight pieces of their coarse bits; so only
what shares a piece is compared, some 5% of all pairs. (Measured on FER2013: of the copies within the bound that
were shifted or scaled by 2%, 98% and more share a piece; of those with noise or after JPEG all.)
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.prepare.hashing import BYTES, mirrored

Hashes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Indices = NDArray[np.intp]

#: Crops of which at most so many of 143 bits differ are near-copies. Measured on FER2013's 35,887: of faces
#: shifted by 2%, 95% are within 24, and the largest group has 25; at 32 it has 183, at 36 2,715 strangers.
_NEAR_CROP = 24

#: A photograph that was only scaled, compressed or brightened. Its crops may then differ more, for the detector
#: answers a little otherwise; but no further than this where the boxes lie alike (strangers': some 65).
#: Where they do not, crops cannot be compared, and the photograph alone decides.
_SAME_PHOTO, _CROP_OF_SAME_PHOTO, _SAME_BOX_OVERLAP = 4, 44, 0.8

_PIECES = 8
_TILE = 512
_WORDS = -(-BYTES // 8)
_COUNTS = np.array([value.bit_count() for value in range(1 << 16)], np.uint8)


class Groups:
    """A union-find forest over n things; every root is the first of its group."""

    def __init__(self, count: int) -> None:
        self._parent = np.arange(count)

    def roots(self, members: Indices) -> Indices:
        found = self._parent[members]
        while (above := self._parent[found]).tobytes() != found.tobytes():
            found = above
        self._parent[members] = found
        return found

    def unite(self, members: Indices) -> None:
        roots = self.roots(members)
        self._parent[roots] = roots.min()

    def all_roots(self) -> Indices:
        return self.roots(np.arange(len(self._parent)))


def group_near_copies(
    crops: Hashes, photos: Hashes, boxes: NDArray[np.float64], inputs: NDArray[np.int64]
) -> Indices:
    """Find groups.

    Args:
        crops: each face's hash, (n, BYTES).
        photos: the hash of the picture that it is in, (n, BYTES).
        boxes: where in the picture it is, (n, 4): x, y, width, height as shares of the sides.
        inputs: which picture that is, (n,); faces of one picture belong together.

    Returns:
        (n,), for each face the first face of its group.
    """
    groups = Groups(len(crops))
    for same in sets_of(inputs):
        groups.unite(same)
    _unite_near(groups, crops, _NEAR_CROP)
    both_crops = _words(np.concatenate([crops, mirrored(crops)]))
    both_boxes = np.concatenate([boxes, boxes])
    both_boxes[len(boxes) :, 0] = 1 - boxes[:, 0] - boxes[:, 2]

    def fits(some: Indices, others: Indices) -> NDArray[np.bool_]:
        bits = sum(_bit_count(both_crops[some, word] ^ both_crops[others, word]) for word in range(_WORDS))
        return (bits <= _CROP_OF_SAME_PHOTO) | (
            _overlaps(both_boxes[some], both_boxes[others]) < _SAME_BOX_OVERLAP
        )

    _unite_near(groups, photos, _SAME_PHOTO, fits)
    return groups.all_roots()


def _overlaps(some: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes, (n,)."""
    begin = np.maximum(some[:, :2], others[:, :2])
    end = np.minimum(some[:, :2] + some[:, 2:], others[:, :2] + others[:, 2:])
    shared = np.clip(end - begin, 0, None).prod(axis=1)
    return np.asarray(shared / (some[:, 2:].prod(axis=1) + others[:, 2:].prod(axis=1) - shared), np.float64)


def sets_of(keys: NDArray[Any]) -> Iterator[Indices]:
    """The indices that share a key, in their order, for each key that two or more have."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.concatenate([[0], edges]), np.append(edges, len(keys))
    for at in np.flatnonzero(ends - starts > 1):
        yield order[starts[at] : ends[at]]


def _unite_near(
    groups: Groups,
    hashes: Hashes,
    limit: int,
    fits: Callable[[Indices, Indices], NDArray[np.bool_]] | None = None,
) -> None:
    """Unite those whose hashes differ in at most `limit` bits, as they are or mirrored.

    Args:
        groups: to unite in.
        hashes: (n, BYTES).
        limit: bits.
        fits: what else must hold of pairs, given as two arrays of indices; n and above are the mirrored ones.
    """
    both = np.concatenate([hashes, mirrored(hashes)])
    words = _words(both)
    for bucket in _buckets(both):
        upright = bucket[bucket < len(hashes)]
        for start in range(0, len(upright), _TILE):
            for other in range(0, len(bucket), _TILE):
                rows, columns = upright[start : start + _TILE], bucket[other : other + _TILE]
                near = groups.roots(rows)[:, None] != groups.roots(columns % len(hashes))[None, :]
                if not near.any():
                    continue
                near &= _distances(words[rows], words[columns]) <= limit
                if fits and near.any():
                    at = np.nonzero(near)
                    near[at] = fits(rows[at[0]], columns[at[1]])
                _unite_tile(groups, near, rows, columns % len(hashes))


def _buckets(hashes: Hashes) -> Iterator[Indices]:
    """Those that share a piece, two or more, for each piece."""
    for piece in range(_PIECES):
        yield from sets_of(hashes[:, piece])


def _unite_tile(groups: Groups, near: NDArray[np.bool_], rows: Indices, columns: Indices) -> None:
    for row in np.flatnonzero(near.any(axis=1)):
        others = columns[near[row]]
        if (groups.roots(others) != groups.roots(rows[row : row + 1])).any():
            groups.unite(np.append(others, rows[row]))


def _words(hashes: Hashes) -> Words:
    """The hashes as (n, words), 64 bits at a time."""
    return np.pad(hashes, ((0, 0), (0, 8 * _WORDS - BYTES))).view(np.uint64)


def _distances(some: Words, others: Words) -> NDArray[np.uint8]:
    """How many bits differ, (n, m)."""
    total = np.zeros((len(some), len(others)), np.uint8)
    for word in range(_WORDS):
        total += _bit_count(some[:, word, None] ^ others[None, :, word])
    return total


def _bit_count(words: Words) -> NDArray[np.uint8]:
    if hasattr(np, "bitwise_count"):  # numpy 2
        return np.asarray(np.bitwise_count(words), np.uint8)
    return _bit_count_by_table(words)


def _bit_count_by_table(words: Words) -> NDArray[np.uint8]:
    quarters = np.ascontiguousarray(words)[..., np.newaxis].view(np.uint16)
    return np.asarray(_COUNTS[quarters].sum(axis=-1, dtype=np.uint8), np.uint8)
