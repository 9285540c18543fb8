from edge.faces.budget import Budget
from edge.pace import Pace
from tests.edge.test_budget import Clock, spend


def taken(pace: Pace, times_s: list[float], is_idle: bool) -> list[float]:
    return [now_s for now_s in times_s if pace.is_due(now_s, is_idle=is_idle)]


def times(fps: float, seconds: float, start_s: float = 0.0) -> list[float]:
    return [start_s + index / fps for index in range(round(fps * seconds))]


def test_while_somebody_is_there_every_frame_is_taken() -> None:
    assert len(taken(Pace(idle_fps=5), times(30, 2), is_idle=False)) == 60


def test_an_idle_room_is_looked_at_as_often_as_asked_for() -> None:
    for fps in (10, 15, 24, 30):
        frames = taken(Pace(idle_fps=5), times(fps, 10), is_idle=True)
        assert 45 <= len(frames) <= 55, fps
        assert max(b - a for a, b in zip(frames, frames[1:], strict=False)) < 0.3


def test_a_camera_slower_than_idle_gives_every_frame() -> None:
    assert len(taken(Pace(idle_fps=5), times(4, 5), is_idle=True)) == 20


def test_the_first_frame_after_idling_is_taken() -> None:
    pace = Pace(idle_fps=1)
    taken(pace, times(30, 2), is_idle=True)
    assert pace.is_due(2.0, is_idle=False)


def test_frames_are_left_out_so_that_the_budget_is_kept() -> None:
    clock = Clock()
    budget = Budget(10, clock)
    pace = Pace(idle_fps=5, budget=budget)
    processed = 0
    for now_s in times(30, 20):
        if pace.is_due(now_s, is_idle=False):
            spend(budget, clock, 0.01)
            processed += 1
    assert 190 <= processed <= 215, "ten frames a second of 10 ms are 10% of a core"


def test_however_little_may_be_spent_a_frame_a_second_is_taken() -> None:
    clock = Clock()
    budget = Budget(1, clock)
    pace = Pace(idle_fps=5, budget=budget)
    pace.is_due(0, is_idle=False)
    spend(budget, clock, 60)
    assert 9 <= len(taken(pace, times(30, 10, start_s=0.03), is_idle=False)) <= 11


def test_a_frame_in_which_nothing_is_due_is_left_out_but_for_one_a_second() -> None:
    pace = Pace(idle_fps=5)
    frames = [now_s for now_s in times(30, 10) if pace.is_due(now_s, is_idle=False, has_work=False)]
    assert 9 <= len(frames) <= 11
    assert pace.is_due(10.0, is_idle=False, has_work=True)


def test_a_clock_that_goes_back_is_no_reason_to_wait() -> None:
    pace = Pace(idle_fps=1)
    pace.is_due(1000, is_idle=True)
    assert pace.is_due(1, is_idle=True)
