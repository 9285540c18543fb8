import itertools
import math

import numpy as np
import pytest

from edge.faces.assignment import assign


def best_by_trying_all(costs: list[list[float]], most: float) -> float:
    rows, columns = len(costs), len(costs[0])
    choices = [*range(columns), *[None] * rows]
    return min(
        sum(most if column is None else costs[row][column] for row, column in enumerate(chosen))
        for chosen in itertools.permutations(choices, rows)
    )


@pytest.mark.parametrize("seed", range(60))
def test_no_other_pairing_is_cheaper(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, columns = random.integers(1, 4, 2)
    values = random.uniform(0, 20, (rows, columns))
    values[random.random((rows, columns)) < 0.3] = math.inf
    costs, most = values.tolist(), float(random.uniform(3, 16))
    pairs = assign(costs, most)
    total = sum(costs[row][column] for row, column in pairs) + most * (rows - len(pairs))
    assert total == pytest.approx(best_by_trying_all(costs, most))
    assert len({column for _, column in pairs}) == len(pairs)
    assert [row for row, _ in pairs] == sorted({row for row, _ in pairs})


def test_the_nearest_is_given_up_where_all_together_fit_better() -> None:
    assert assign([[1.0, 2.0], [1.5, 9.0]], most=10) == [(0, 1), (1, 0)]


def test_what_is_too_far_stays_alone() -> None:
    assert assign([[5.0, math.inf]], most=4) == []
    assert assign([], most=4) == []
    assert assign([[], []], most=4) == []
