"""Which picture comes next: expressions that are not yet known come more often, and no picture twice."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.errors import DataError
from training.explain.labelling import names_of
from training.explain.practice.progress import Count, Progress
from training.splits import Faces

#: Two guesses, one of them right, are taken for granted, so that the first answer does not decide.
_BEFORE = Count(2, 1)


@dataclass(frozen=True, slots=True)
class Lessons:
    """Pictures to ask about.

    Attributes:
        rows: of each expression, the rows of the split that show it.
    """

    rows: Mapping[str, Sequence[int]]

    @property
    def expressions(self) -> Sequence[str]:
        return list(self.rows)

    @property
    def pictures(self) -> int:
        return sum(len(rows) for rows in self.rows.values())

    def choose(self, progress: Progress, seen: set[int], chance: random.Random) -> tuple[int, str]:
        """A row and its expression; when all pictures of an expression were seen, they begin anew."""
        names = self.expressions
        name = chance.choices(names, [_need(progress.of(one)) for one in names])[0]
        left = [row for row in self.rows[name] if row not in seen]
        if not left:
            seen.difference_update(self.rows[name])
            left = list(self.rows[name])
        return chance.choice(left), name


def _need(count: Count) -> float:
    """How much an expression needs practice: from 1, where every answer is right, to 4."""
    right = (count.right + _BEFORE.right) / (count.asked + _BEFORE.asked)
    return 1 + 3 * (1 - right)


def make_lessons(faces: Faces, min_votes: int) -> Lessons:
    """The pictures that show one expression clearly.

    Args:
        faces: a split of the data set.
        min_votes: how many of ten raters must have seen the same, where the data has votes.

    Raises:
        DataError: fewer than two expressions are left.
    """
    names = names_of(faces, min_votes if faces.votes is not None else 0)
    rows = {name: [row for row, found in enumerate(names) if found == name] for name in faces.classes}
    kept = {name: found for name, found in rows.items() if found}
    if len(kept) < 2:
        raise DataError(
            f"only {', '.join(kept) or 'no expression'} is left to ask about; expected pictures of two or more "
            "expressions: try fewer --votes"
        )
    return Lessons(kept)
