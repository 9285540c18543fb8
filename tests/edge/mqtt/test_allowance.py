"""A hard cap, whatever happens; what matters goes before what does not."""

import json
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import PublishConfig
from edge.mqtt.allowance import Allowance
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.records import Box, Frame, Reading, Scene
from tests.edge.rig import CollectingTransport


@given(st.lists(st.tuples(st.sampled_from(["update", "state", "event"]), st.floats(0, 20)), max_size=300))
def test_no_minute_sees_more_than_the_cap(asked: list[tuple[str, float]]) -> None:
    allowance, now_s, gone_s = Allowance(20), 0.0, list[float]()
    for kind, later_s in asked:
        now_s += later_s
        if allowance.take(kind, kind, now_s):
            gone_s.append(now_s)
    for begun_s in gone_s:
        assert sum(begun_s <= at_s < begun_s + 60 for at_s in gone_s) <= 20


def test_updates_wait_first_then_states_and_events_last() -> None:
    allowance = Allowance(20)
    gone = Counter(
        kind for kind in ("update", "state", "event") for _ in range(30) if allowance.take(kind, kind, 0.0)
    )
    assert gone == {"update": 10, "state": 5, "event": 5}
    assert allowance.dropped == {"max_per_minute": 3}, "each that waits is counted once"
    assert allowance.take("update", "update", 60.0)


def test_a_clock_that_goes_back_does_not_shut_it_for_good() -> None:
    allowance = Allowance(20)
    for _ in range(30):
        allowance.take("event", "e", 1e6)
    assert allowance.take("event", "e", 5.0)


@pytest.fixture
def transport() -> CollectingTransport:
    return CollectingTransport()


def frame(time_s: float) -> Frame:
    return Frame(np.zeros((48, 64), np.uint8), time_s, time.monotonic(), 0)


def reading(track: int, emotion: str) -> Reading:
    return Reading(track, Box(0, 0, 9, 9), emotion, 0.9, {emotion: 0.9}, 0.0, first_seen_s=0.0)


def test_a_flood_of_faces_is_capped_and_the_last_value_comes(transport: CollectingTransport) -> None:
    config = PublishConfig(interval_s=0.1, heartbeat_s=10, max_per_minute=20)
    publisher = Publisher(transport, Topics("lab"), config)
    publisher.start()
    for tick in range(600):  # a minute in which everything changes ten times a second
        emotion = "happy" if tick % 2 else "sad"
        readings = [reading(1, emotion), reading(1000 + tick, emotion)]
        publisher.publish(frame(tick / 10), readings, Scene(readings[0], 2))
    assert len(transport.sent) == 20
    assert publisher.dropped["max_per_minute"] > 500
    for tick in range(600, 700):  # and then calm
        publisher.publish(frame(tick / 10), [reading(1, "neutral")], Scene(reading(1, "neutral"), 1))
    states = [json.loads(payload) for topic, payload in transport.sent if topic.endswith("/lab/state")]
    assert states[-1]["emotion"] == "neutral"
    events = [json.loads(payload) for topic, payload in transport.sent if "/faces/" in topic]
    told = Counter((event["track"], event["type"]) for event in events if event["type"] != "update")
    for track in {event["track"] for event in events} - {1}:
        assert told[track, "new"] == told[track, "end"] == 1, "who came is told to have gone"
    assert [event["seq"] for event in events] == list(range(len(events)))


def test_the_farewell_goes_whatever_was_told_before(transport: CollectingTransport) -> None:
    publisher = Publisher(transport, Topics("lab"), PublishConfig(max_per_minute=20))
    publisher.start()
    readings = [reading(track, "happy") for track in range(25)]
    publisher.publish(frame(0), readings, Scene(readings[0], 25))
    publisher.close("stopped")
    kinds = [json.loads(payload)["type"] for topic, payload in transport.sent if "/faces/" in topic]
    assert kinds.count("new") == kinds.count("end") == 20
    assert transport.sent[-1] == ("mien/lab/status", "stopped")
