"""A line that repeats itself does not fill the log, and none is lost without a count."""

import io
import logging
from collections.abc import Iterator

import pytest

from edge.logs import CountingHandler


class World:
    def __init__(self) -> None:
        self.now_s = 0.0
        self.stream = io.StringIO()
        self.handler = CountingHandler(self.stream, lambda: self.now_s)
        self.logger = logging.getLogger("tests.edge.test_logs")
        self.logger.propagate = False
        self.logger.addHandler(self.handler)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.logger.removeHandler(world.handler)


def test_a_flood_becomes_five_lines_and_a_count(world: World) -> None:
    for _ in range(1000):
        world.logger.warning("camera %s fails", 7)
        world.now_s += 0.05
    assert world.lines == ["camera 7 fails"] * 5
    world.now_s = 61
    world.logger.warning("something else")
    assert world.lines[5:] == ["camera 7 fails (and 995 more in that minute)", "something else"]


def test_a_minute_later_it_is_said_again(world: World) -> None:
    for _ in range(3):
        world.logger.warning("again")
        world.now_s += 61
    assert world.lines == ["again"] * 3


def test_other_lines_and_levels_are_not_held_back(world: World) -> None:
    for number in range(50):
        world.logger.warning("line %d", number)
    for _ in range(5):
        world.logger.warning("x")
        world.logger.error("x")
    assert len(world.lines) == 60


def test_the_count_comes_at_the_end_at_the_latest(world: World) -> None:
    for _ in range(8):
        world.logger.warning("again")
    world.handler.close()
    assert world.lines[-1] == "again (and 3 more in that minute)"


def test_many_different_lines_are_all_said_and_counted(world: World) -> None:
    for _ in range(8):
        world.logger.warning("again")
    for number in range(5000):
        world.logger.warning("line %d", number)
    assert world.lines.count("again (and 3 more in that minute)") == 1
    assert len(world.lines) == 5 + 1 + 5000


def test_a_traceback_comes_with_its_line_and_not_with_the_count(world: World) -> None:
    for _ in range(7):
        try:
            raise ValueError("deep")
        except ValueError:
            world.logger.exception("failed")
    world.handler.close()
    assert world.stream.getvalue().count("Traceback") == 5
    assert world.lines[-1] == "failed (and 2 more in that minute)"
