"""Which side each group goes to, so that every label is divided by the shares. Nothing but numbers."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.prepare.settings import Shares


def divide(
    groups: NDArray[np.intp], labels: NDArray[np.intp], ranks: NDArray[np.uint64], shares: Shares
) -> NDArray[np.intp]:
    """Divide faces, whole groups at a time, each label by the shares.

    Large groups are placed first, where most is still wanted: nearly always in train, so that valid and test
    hold many different pictures and not many copies of one.

    Args:
        groups: (n,), equal for the faces of a group.
        labels: (n,), 0..classes-1.
        ranks: (n,), see `rank`; groups of one size go in the order of their first faces' ranks.
        shares: in percent.

    Returns:
        (n,), indices into SIDES.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sizes = np.diff(starts, append=len(order))
    table = _Table.of(labels, order, starts, sizes, shares)
    sides = np.empty(len(groups), np.intp)
    for group in np.lexsort((ranks[order[starts]], -sizes)):
        members = order[starts[group] : starts[group] + sizes[group]]
        sides[members] = table.place(labels[members])
    return sides


def rank(name: bytes, seed: int) -> int:
    """A face's place in the seed's order, 64 bits, by its name alone: one picture more shuffles no other."""
    key = seed.to_bytes((seed.bit_length() + 7) // 8 or 1)
    return int.from_bytes(hashlib.blake2b(name, key=key[-64:], digest_size=8).digest())


@dataclass(slots=True, eq=False)
class _Table:
    """How far the sides are filled.

    Attributes:
        room: faces that are still wanted, (classes, sides).
        is_empty: sides that are used and have no face of the class yet, (classes, sides).
        left: groups with a face of the class that are not placed yet, (classes,).
        used: the sides that get something.
    """

    room: NDArray[np.int64]
    is_empty: NDArray[np.bool_]
    left: NDArray[np.int64]
    used: NDArray[np.intp]

    @classmethod
    def of(
        cls,
        labels: NDArray[np.intp],
        order: NDArray[np.intp],
        starts: NDArray[np.intp],
        sizes: NDArray[np.intp],
        shares: Shares,
    ) -> "_Table":
        room = np.array([targets(int(total), shares) for total in np.bincount(labels)], np.int64)
        is_empty = np.zeros(room.shape, bool)
        used = np.array(shares.used, np.intp)
        is_empty[:, used] = True
        group_of = np.repeat(np.arange(len(starts)), sizes)
        pairs = np.unique(group_of * len(room) + labels[order])
        left = np.bincount(pairs % len(room), minlength=len(room)).astype(np.int64)
        return cls(room, is_empty, left, used)

    def place(self, labels: NDArray[np.intp]) -> int:
        """The side for a group: where most room is for its labels.

        Where a label has no group to spare, it is a side that lacks the label.
        """
        there, counts = np.unique(labels, return_counts=True) if len(labels) > 1 else (labels, np.ones(1, int))
        choice = self.used
        scarce = there[self.left[there] <= self.is_empty[there].sum(axis=1)]
        if len(scarce):
            lacking = self.is_empty[scarce].any(axis=0)
            choice = np.flatnonzero(lacking) if lacking.any() else self.used
        side = int(choice[np.argmax(counts @ self.room[there][:, choice])])
        self.room[there, side] -= counts
        self.is_empty[there, side] = False
        self.left[there] -= 1
        return side


def targets(total: int, shares: Shares) -> list[int]:
    """Whole numbers by largest remainder, at least one for each side that gets something."""
    exact = [total * share / 100 for share in shares.percent]
    found = [max(int(part), int(index in shares.used)) for index, part in enumerate(exact)]
    while sum(found) < total:
        found[max(shares.used, key=lambda index: exact[index] - found[index])] += 1
    while sum(found) > max(total, len(shares.used)):
        found[max(shares.used, key=lambda index: found[index] - exact[index] if found[index] > 1 else -1)] -= 1
    return found
