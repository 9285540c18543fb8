"""Many devices in one table."""

import io
import json
import re
import time
from typing import Any

import pytest
from rich.console import Console

from edge.watch import Board
from edge.watch.devices import Device


class Hall:
    """A board and its time."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.board = Board("en", clock=lambda: self.now_s)
        self._sequence: dict[str, int] = {}

    def online(self, *names: str) -> None:
        for name in names:
            self.board.add(f"mien/{name}/status", "online")

    def state(self, name: str, seq: int, **changes: Any) -> None:
        content = {"session": "s", "seq": seq, "faces": 1, "emotion": "happy", "confidence": 0.9} | changes
        self.board.add(f"mien/{name}/state", json.dumps(content))

    def shown(self, rows: int | None = None, width: int = 140) -> list[str]:
        console = Console(file=io.StringIO(), width=width)
        console.print(self.board.render(rows))
        assert isinstance(console.file, io.StringIO)
        return console.file.getvalue().splitlines()

    def row(self, name: str) -> str:
        return next(line for line in self.shown() if f" {name} " in line)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_row_says_status_faces_emotion_rate_and_what_is_wrong(hall: Hall) -> None:
    hall.online("a", "b")
    hall.board.add("mien/b/info", json.dumps({"problems": {"camera": "unplugged"}}))
    hall.board.add("mien/b/status", "degraded")
    for seq in range(30):
        hall.state("a", seq)
        hall.now_s += 0.5
    assert re.split(r"\s{2,}", hall.row("a").strip()) == ["a", "online", "1", "happy 90%", "2.0", "0 s"]
    assert "degraded" in hall.row("b") and "camera: unplugged" in hall.row("b")


def test_a_thousand_devices_take_what_the_screen_holds_and_trouble_comes_first(hall: Hall) -> None:
    hall.online(*(f"d{number:04d}" for number in range(1000)))
    hall.board.add("mien/d0777/status", "offline")
    hall.board.add("mien/d0500/health", json.dumps({"problems": {"heat": "slow"}}))
    lines = hall.shown(rows=40)
    assert len(lines) <= 40
    rows = [line for line in lines if " d0" in line]
    assert ["d0777" in rows[0], "d0500" in rows[1], "d0000" in rows[2]] == [True, True, True]
    assert "1000 devices: 999 online, 1 offline" in lines[-1]
    assert f"{1000 - len(rows)} rows have no room here" in "".join(hall.shown(rows=40))


def test_where_all_have_room_a_row_stays_where_it_is(hall: Hall) -> None:
    hall.online("a", "b", "c")
    hall.board.add("mien/c/status", "offline")
    rows = [line.split() for line in hall.shown(rows=40) if "line " in line]
    assert [row[0] for row in rows] == ["a", "b", "c"]


def test_a_device_that_claims_to_live_and_is_silent_is_told(hall: Hall) -> None:
    hall.online("a", "b")
    hall.board.add("mien/c/status", "stopped")
    hall.now_s += 300
    hall.online("b")
    assert "silent for 5 min" in hall.row("a")
    assert "silent" not in hall.row("b") + hall.row("c")


def test_gaps_are_losses_and_what_comes_late_or_twice_is_none(hall: Hall) -> None:
    hall.online("a", "b")
    for seq in (5, 6, 9, 9, 10):
        hall.state("a", seq)
    assert "2 messages lost" in hall.row("a")
    hall.state("a", 7)
    hall.state("a", 7)
    assert "1 messages lost" in hall.row("a")
    hall.state("a", 0, session="anew")
    hall.state("a", 1, session="anew")
    assert "1 messages lost" in hall.row("a")


def test_absurd_numbers_take_no_memory() -> None:
    device = Device(0.0)
    for number in (0, 10**18, True, -5, 10**18 + 5):
        device.take("state", json.dumps({"session": "s", "seq": number}), 0.0)
    assert device.lost == pytest.approx(10**18, rel=0.01)


def test_a_flood_of_names_is_bounded_and_drawn_in_time(hall: Hall) -> None:
    hall.online(*(f"x{number}" for number in range(10_050)))
    assert len(hall.board.devices) == 10_000
    begun_s = time.perf_counter()
    hall.shown(rows=50)
    assert time.perf_counter() - begun_s < 2


def test_the_rate_of_one_that_went_silent_goes_to_nothing(hall: Hall) -> None:
    hall.online("a", "b")
    for seq in range(20):
        hall.state("a", seq)
        hall.now_s += 1
    assert hall.board.devices["a"].rate(hall.now_s) == pytest.approx(1, abs=0.3)
    hall.now_s += 60
    assert hall.board.devices["a"].rate(hall.now_s) < 0.1


def test_a_device_that_was_taken_back_from_the_broker_is_gone(hall: Hall) -> None:
    hall.online("a", "b")
    hall.board.add("mien/b/status", "")
    hall.board.add("mien/nobody/status", "")
    assert list(hall.board.devices) == ["a"]


@pytest.mark.parametrize("width", [80, 64])
def test_a_narrow_screen_keeps_a_row_a_device(hall: Hall, width: int) -> None:
    hall.online(*(f"oslo-hall-{number}" for number in range(10)))
    hall.board.add("mien/oslo-hall-3/info", json.dumps({"problems": {"camera": "unplugged " * 9}}))
    for number in range(10):
        hall.state(f"oslo-hall-{number}", 0, emotion="surprise")
    lines = hall.shown(rows=30, width=width)
    assert "camera: unplu" in "".join(lines) or width < 80
    assert all(len(line) <= width for line in lines) and len(lines) <= 30
    assert sum("oslo-hall-" in line and "online" in line for line in lines) == 10
