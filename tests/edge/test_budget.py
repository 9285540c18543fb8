"""The budget by a made clock of CPU time, so that what it allows is the same everywhere."""

from edge.faces.budget import Budget


class Clock:
    """CPU seconds that work takes when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def spend(budget: Budget, clock: Clock, cost_s: float) -> None:
    with budget.spending("frames"):
        clock.now_s += cost_s


def test_work_goes_on_while_less_is_spent_than_earned() -> None:
    clock = Clock()
    budget = Budget(20, clock)
    for index in range(200):
        budget.earn(index / 10)
        assert budget.allows("frames")
        spend(budget, clock, 0.019)


def test_over_time_no_more_is_spent_than_the_share_of_one_core() -> None:
    clock = Clock()
    budget = Budget(20, clock)
    for index in range(3000):
        budget.earn(index / 30)
        if budget.allows("frames"):
            spend(budget, clock, 0.05)
    assert 19 < clock.now_s < 20 + 0.2 + 0.05


def test_what_was_not_spent_is_saved_for_a_second_only() -> None:
    clock = Clock()
    budget = Budget(10, clock)
    budget.earn(0)
    budget.earn(3600)
    spend(budget, clock, 0.11)
    assert not budget.allows("frames")


def test_a_dear_search_leaves_frames_their_part() -> None:
    clock = Clock()
    budget = Budget(10, clock)
    budget.earn(0)
    with budget.spending("frames"), budget.spending("whole"):
        clock.now_s += 0.07
    assert not budget.allows("whole") and budget.allows("frames")
    budget.earn(0.3)
    assert budget.allows("whole")


def test_without_a_limit_everything_is_allowed() -> None:
    clock = Clock()
    budget = Budget(None, clock)
    spend(budget, clock, 1000)
    assert budget.allows("frames") and budget.allows("whole") and budget.allows("classify")


def test_real_work_is_measured() -> None:
    budget = Budget(1)
    with budget.spending("frames"):
        sum(range(3_000_000))
    assert not budget.allows("frames")
