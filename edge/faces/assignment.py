"""Which of these is which of those, so that all together fit best."""

import math
from collections.abc import Sequence


def assign(costs: Sequence[Sequence[float]], most: float) -> list[tuple[int, int]]:
    """Pair rows with columns for the least total cost; the Hungarian method (Kuhn 1955), by shortest paths.

    Args:
        costs: one row each; all of one length; infinite where a pair cannot be.
        most: what it costs to leave a row alone; a dearer pair is never made.

    Returns:
        (row, column) of the pairs, in the order of the rows.
    """
    rows, columns = len(costs), len(costs[0]) if costs else 0
    if not columns:
        return []
    # Every row may take a column of its own that means "none"; so there always is a solution.
    forbidden = 1e6 * (1 + most)
    padded = [
        [min(cost, forbidden) for cost in row]
        + [most if other == index else forbidden for other in range(rows)]
        for index, row in enumerate(costs)
    ]
    taken = _columns_of(padded)
    return [(row, column) for row, column in enumerate(taken) if column < columns and costs[row][column] < most]


def _columns_of(costs: list[list[float]]) -> list[int]:
    """The column of each row; as many columns as rows or more."""
    width = len(costs[0])
    row_of: list[int | None] = [None] * width
    row_price, column_price = [0.0] * len(costs), [0.0] * width
    for start in range(len(costs)):
        _place(start, costs, row_of, row_price, column_price)
    columns = [0] * len(costs)
    for column, row in enumerate(row_of):
        if row is not None:
            columns[row] = column
    return columns


def _place(
    start: int,
    costs: list[list[float]],
    row_of: list[int | None],
    row_price: list[float],
    column_price: list[float],
) -> None:
    """Find a column for one more row, moving others on where that is cheaper (Dijkstra over columns)."""
    width = len(column_price)
    nearest, came_from, is_done = [math.inf] * width, [-1] * width, [False] * width
    row, column = start, -1
    while True:
        step, best = math.inf, -1
        for other in range(width):
            if is_done[other]:
                continue
            reduced = costs[row][other] - row_price[row] - column_price[other]
            if reduced < nearest[other]:
                nearest[other], came_from[other] = reduced, column
            if nearest[other] < step:
                step, best = nearest[other], other
        row_price[start] += step
        for other in range(width):
            if is_done[other]:
                held = row_of[other]
                assert held is not None
                row_price[held] += step
                column_price[other] -= step
            else:
                nearest[other] -= step
        column, is_done[best] = best, True
        occupant = row_of[column]
        if occupant is None:
            break
        row = occupant
    while column >= 0:
        before = came_from[column]
        row_of[column] = start if before < 0 else row_of[before]
        column = before
