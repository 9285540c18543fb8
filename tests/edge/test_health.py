"""What `health` says of the loop, and when."""

import time
from typing import Any

import pytest

from edge.cameras.recovery import RecoveringCamera
from edge.health import Health
from edge.machine import Reading
from edge.mqtt import payloads
from edge.pipeline import Processed
from edge.stages import Stages

READING = Reading(48.5, 0x50005, 96.04, 400.0, None, False)


class World:
    """A camera that was never opened, and messages that were dropped."""

    def __init__(self) -> None:
        self.camera = RecoveringCamera(lambda: None, Stages(), comes_back=True, waits=True)  # type: ignore[arg-type,return-value]
        self.dropped = {"no_broker": 0}
        self.waiting = 2
        self.health = Health(self.camera, self)

    def report(self, problems: dict[str, str] | None = None) -> dict[str, Any]:
        return self.health.report("degraded" if problems else "online", problems or {}, READING)


@pytest.fixture
def world() -> World:
    return World()


def processed(search_ms: float, **rejected: int) -> Processed:
    return Processed([], [], {"search": search_ms, "publish": 0.1}, rejected)


def test_it_counts_what_happened_since_the_last_one(world: World) -> None:
    for number in range(100):
        world.health.count(processed(number, small=1, dark=number % 2))
    world.camera.dropped, world.dropped = 7, {"no_broker": 1, "outbox_old": 2}
    time.sleep(0.05)
    first = world.report()
    assert first["stages"]["search"] == {"median": 49.5, "p95": pytest.approx(94.05)}
    assert first["rejected"] == {"small": 100, "dark": 50}
    assert (first["dropped_frames"], first["dropped_messages"]) == (7, 3)
    assert (first["dropped_by_reason"], first["waiting_messages"]) == ({"no_broker": 1, "outbox_old": 2}, 2)
    assert first["fps"] == pytest.approx(100 / first["interval_s"], rel=0.01)
    world.camera.dropped = 9
    second = world.report()
    assert (second["dropped_frames"], second["dropped_messages"]) == (2, 0)
    assert (second["rejected"], second["stages"], second["fps"]) == ({}, {}, 0)
    assert second["uptime_s"] >= first["interval_s"] - 0.1


def test_it_says_what_the_machine_says(world: World) -> None:
    told = world.report({"power": "under-voltage"})
    assert told["throttling"] == {
        "now": ["under-voltage", "throttled"],
        "before": ["under-voltage", "throttled"],
    }
    assert (told["temperature_c"], told["memory_mb"], told["memory_free_mb"]) == (48.5, 96.0, 400)
    assert told["clock_synchronized"] is None
    assert (told["status"], told["problems"]) == ("degraded", {"power": "under-voltage"})


def test_what_it_says_follows_the_schema(world: World) -> None:
    world.health.count(processed(1.5, small=1))
    message = payloads.Health(session="abcd", seq=0, ts="1970-01-01T00:00:00.000Z", **world.report())
    assert payloads.Health.model_validate_json(message.model_dump_json()) == message


def test_more_frames_than_it_keeps_leave_the_newest(world: World) -> None:
    for number in range(10_000):
        world.health.count(processed(100.0 if number < 5000 else 2.0))
    assert world.report()["stages"]["search"] == {"median": 2.0, "p95": 2.0}


def test_it_is_due_after_a_minute_and_five_seconds_after_something_went_wrong(world: World) -> None:
    now_s = time.monotonic()
    assert not world.health.is_due(now_s + 59)
    assert world.health.is_due(now_s + 60.1)
    world.health.hurry({"camera": "unplugged"})
    assert not world.health.is_due(now_s + 4)
    assert world.health.is_due(now_s + 5.1)
    world.report({"camera": "unplugged"})
    world.health.hurry({"camera": "unplugged"})
    assert not world.health.is_due(time.monotonic() + 59), "that was told"
    world.health.hurry({})
    assert world.health.is_due(time.monotonic() + 5.1), "and so is that it is over"
