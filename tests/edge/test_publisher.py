"""What is told and when. The transport collects; it stands where a broker would."""

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from edge.config import PublishConfig
from edge.mqtt.payloads import FaceEvent, LastMinute, State
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.mqtt.transport import Handle, LogTransport, message_line
from edge.records import Box, Frame, Gray, Reading, Scene, Summary


@dataclass(frozen=True)
class Sent:
    topic: str
    payload: str
    qos: int
    retain: bool

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.payload)
        return content


class Collector:
    """A transport that keeps what it is given, and connects when it is told to."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.is_closed = False
        self.dropped: dict[str, int] = {}
        self.waiting = 0
        self.problem: str | None = None
        self.connect: Callable[[], None] = lambda: None

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        pass

    def deliver(self) -> None:
        pass

    def start(self, on_connect: Callable[[], None]) -> None:
        self.connect = on_connect

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        assert not self.is_closed
        self.sent.append(Sent(topic, payload, qos, retain))

    def close(self) -> None:
        self.is_closed = True

    def take(self, kind: str) -> list[Sent]:
        """The messages of a kind since the last look; forgets all."""
        taken = [sent for sent in self.sent if sent.topic.startswith(f"mien/lab/{kind}")]
        self.sent.clear()
        return taken


@pytest.fixture
def world() -> Collector:
    return Collector()


@pytest.fixture
def publisher(world: Collector) -> Publisher:
    publisher = Publisher(world, Topics("lab"), PublishConfig(interval_s=1, heartbeat_s=10))
    publisher.start()
    return publisher


@pytest.fixture
def at(empty_room: Gray) -> Callable[[float], Frame]:
    return lambda time_s: Frame(empty_room, time_s, captured_s=0.0, index=0)


def reading(
    track: int = 1, emotion: str = "happy", confidence: float = 0.8, x: int = 100, since_s: float = 0.0
) -> Reading:
    scores = {"happy": confidence, "sad": 1 - confidence}
    return Reading(track, Box(x, 50, 90, 90), emotion, confidence, scores, since_s, first_seen_s=0.0)


def tell(publisher: Publisher, frame: Frame, readings: list[Reading], summary: Summary | None = None) -> None:
    """Publish readings; the first of them leads."""
    publisher.publish(frame, readings, Scene(readings[0] if readings else None, len(readings), summary))


At = Callable[[float], Frame]


def test_the_first_frame_is_told(world: Collector, publisher: Publisher, at: At) -> None:
    tell(publisher, at(0), [])
    (state,) = world.take("state")
    assert state.content["emotion"] == "no_face"
    assert (state.qos, state.retain) == (0, False)


def test_a_state_that_stays_is_told_once(world: Collector, publisher: Publisher, at: At) -> None:
    for tenth in range(50):
        tell(publisher, at(tenth / 10), [reading()])
    assert len(world.take("state")) == 1


@pytest.mark.parametrize(
    "after",
    [
        [],
        [reading(emotion="sad")],
        [reading(track=2)],
        [reading(confidence=0.86)],
        [reading(confidence=0.74)],
        [reading(), reading(track=2)],
    ],
    ids=["face gone", "emotion", "leading track", "confidence up", "confidence down", "face count"],
)
def test_a_state_that_changes_is_told(
    after: list[Reading], world: Collector, publisher: Publisher, at: At
) -> None:
    tell(publisher, at(0), [reading()])
    tell(publisher, at(2), after)
    assert len(world.take("state")) == 2


@pytest.mark.parametrize(
    "after",
    [[reading(confidence=0.84)], [reading(x=300)], [reading(since_s=1.0)]],
    ids=["confidence by less than 0.05", "place", "since"],
)
def test_a_state_that_hardly_changes_is_not_told(
    after: list[Reading], world: Collector, publisher: Publisher, at: At
) -> None:
    tell(publisher, at(0), [reading()])
    tell(publisher, at(2), after)
    assert len(world.take("state")) == 1


def test_confidence_that_creeps_is_told_when_it_has_gone_far_enough(
    world: Collector, publisher: Publisher, at: At
) -> None:
    for step in range(8):
        tell(publisher, at(2 * step), [reading(confidence=0.6 + 0.02 * step)])
    told = [round(state.content["confidence"], 2) for state in world.take("state")]
    assert told[:3] == [0.6, 0.66, 0.72]


def test_states_come_no_more_often_than_the_interval_and_the_last_value_comes(
    world: Collector, publisher: Publisher, at: At
) -> None:
    tell(publisher, at(0), [])
    tell(publisher, at(0.3), [reading()])
    tell(publisher, at(0.6), [reading(emotion="sad")])
    assert len(world.take("state")) == 1
    tell(publisher, at(1.0), [reading(emotion="sad")])
    (state,) = world.take("state")
    assert state.content["emotion"] == "sad"


def test_a_change_that_is_taken_back_within_the_interval_is_not_told(
    world: Collector, publisher: Publisher, at: At
) -> None:
    tell(publisher, at(0), [])
    tell(publisher, at(0.3), [reading()])
    tell(publisher, at(0.6), [])
    tell(publisher, at(1.5), [])
    assert len(world.take("state")) == 1


def test_a_heartbeat_comes_without_a_change(world: Collector, publisher: Publisher, at: At) -> None:
    for second in range(36):
        tell(publisher, at(second), [reading()])
    assert len(world.take("state")) == 4


def test_a_connect_tells_what_is_retained_and_the_newest_state_at_once(
    world: Collector, publisher: Publisher, empty_room: Gray
) -> None:
    publisher.set_status("online")
    tell(publisher, Frame(empty_room, 0.0, time.monotonic(), index=0), [reading()])
    tell(publisher, Frame(empty_room, 0.1, time.monotonic(), index=1), [reading(emotion="sad")])
    world.sent.clear()
    world.connect()
    assert [sent.topic.rpartition("/")[2] for sent in world.sent] == ["status", "state"]
    assert world.sent[1].content["emotion"] == "sad", "and not the one that was told last"
    tell(publisher, Frame(empty_room, 0.2, time.monotonic(), index=2), [reading(emotion="sad")])
    assert len(world.sent) == 2, "that was told"


def test_a_connect_does_not_tell_a_state_of_long_ago(
    world: Collector, publisher: Publisher, empty_room: Gray
) -> None:
    tell(publisher, Frame(empty_room, 0.0, time.monotonic() - 6, index=0), [reading()])
    world.sent.clear()
    world.connect()
    assert world.take("state") == [], "it would look live"


def test_a_connect_makes_the_next_frame_tell_status_and_state_again(
    world: Collector, publisher: Publisher, at: At
) -> None:
    publisher.set_status("online")
    tell(publisher, at(0), [reading()])
    world.sent.clear()
    world.connect()
    tell(publisher, at(0.1), [reading()])
    tell(publisher, at(0.2), [reading()])
    kinds = [sent.topic.rpartition("/")[2] for sent in world.sent]
    assert kinds == ["status", "state"]
    assert world.sent[0].payload == "online"


def test_before_there_is_a_status_a_connect_tells_none(world: Collector, publisher: Publisher) -> None:
    world.connect()
    assert world.sent == []


def test_a_status_is_retained_and_told_once(world: Collector, publisher: Publisher) -> None:
    for status in ("online", "online", "degraded", "online"):
        publisher.set_status(status)
    sent = world.take("status")
    assert [status.payload for status in sent] == ["online", "degraded", "online"]
    assert all((status.qos, status.retain) == (1, True) for status in sent)


def test_every_message_counts_its_kind_from_0_in_one_session(
    world: Collector, publisher: Publisher, at: At
) -> None:
    for second in range(0, 10, 2):
        tell(publisher, at(second), [reading(track=second)])
    messages = [sent for sent in world.sent if sent.payload.startswith("{")]
    states = [sent.content["seq"] for sent in messages if sent.topic.endswith("/state")]
    faces = [sent.content["seq"] for sent in messages if "/faces/" in sent.topic]
    assert states == list(range(5))
    assert faces == list(range(9)), "one count for all faces: five come, four go"
    assert len({sent.content["session"] for sent in messages}) == 1


def test_two_starts_have_different_sessions(at: At) -> None:
    sessions = set()
    for _ in range(3):
        world = Collector()
        tell(Publisher(world, Topics("lab"), PublishConfig()), at(0), [])
        sessions.add(world.sent[0].content["session"])
    assert len(sessions) == 3


def test_every_message_holds_to_its_schema(world: Collector, publisher: Publisher, at: At) -> None:
    tell(publisher, at(0), [reading()])
    tell(publisher, at(2), [reading(x=400)])
    tell(publisher, at(4), [])
    for sent in world.sent:
        schema = State if sent.topic.endswith("/state") else FaceEvent
        assert schema.model_validate_json(sent.payload).model_dump(mode="json") == sent.content


def test_a_face_comes_changes_and_goes(world: Collector, publisher: Publisher, at: At) -> None:
    tell(publisher, at(0), [reading()])
    tell(publisher, at(1), [reading(emotion="sad", since_s=0.75)])
    tell(publisher, at(2), [])
    faces = world.take("faces/1")
    assert [face.content["type"] for face in faces] == ["new", "update", "end"]
    assert [face.qos for face in faces] == [1, 0, 1]
    assert not any(face.retain for face in faces)
    assert faces[1].content["dwell_s"] == 0.25
    assert faces[2].content["emotion"] == "sad", "the end tells the last that was known"


def test_each_face_has_a_topic_of_its_own(world: Collector, publisher: Publisher, at: At) -> None:
    tell(publisher, at(0), [reading(track=4), reading(track=7)])
    assert [sent.topic for sent in world.take("faces")] == ["mien/lab/faces/4", "mien/lab/faces/7"]


@pytest.mark.parametrize(
    "after",
    [reading(emotion="sad"), reading(confidence=0.7), reading(x=130)],
    ids=["emotion", "confidence", "place"],
)
def test_a_face_that_changes_is_told_at_most_once_an_interval(
    after: Reading, world: Collector, publisher: Publisher, at: At
) -> None:
    tell(publisher, at(0), [reading()])
    tell(publisher, at(0.5), [after])
    assert len(world.take("faces")) == 1
    for tenth in range(10, 19):
        tell(publisher, at(tenth / 10), [after])
    (update,) = world.take("faces")
    assert update.content["type"] == "update"


def test_a_face_that_hardly_changes_is_not_told(world: Collector, publisher: Publisher, at: At) -> None:
    tell(publisher, at(0), [reading()])
    tell(publisher, at(5), [reading(confidence=0.81, x=103)])
    assert [sent.content["type"] for sent in world.take("faces")] == ["new"]


def test_closing_tells_the_last_value_the_end_of_every_face_and_the_status(
    world: Collector, publisher: Publisher, at: At
) -> None:
    publisher.set_status("online")
    tell(publisher, at(0), [])
    tell(publisher, at(0.2), [reading(track=1), reading(track=2)])
    world.sent.clear()
    publisher.close("stopped")
    assert world.is_closed
    state, *ends, status = world.sent
    assert (state.topic, state.content["faces"]) == ("mien/lab/state", 2)
    assert sorted((end.topic, end.content["type"]) for end in ends) == [
        ("mien/lab/faces/1", "end"),
        ("mien/lab/faces/2", "end"),
    ]
    assert (status.topic, status.payload) == ("mien/lab/status", "stopped")


def test_closing_does_not_tell_again_what_was_told(world: Collector, publisher: Publisher, at: At) -> None:
    tell(publisher, at(0), [])
    world.sent.clear()
    publisher.close("stopped")
    assert [sent.payload for sent in world.sent] == ["stopped"]


def test_closing_before_the_first_frame_tells_only_the_status(world: Collector, publisher: Publisher) -> None:
    publisher.close("offline")
    assert [sent.payload for sent in world.sent] == ["offline"]


def test_the_log_gives_one_line_of_json_per_message(at: At) -> None:
    stream = io.StringIO()
    publisher = Publisher(LogTransport(stream), Topics("lab"), PublishConfig())
    publisher.start()
    publisher.set_status("online")
    tell(publisher, at(0), [reading()])
    publisher.close("stopped")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["topic"].removeprefix("mien/lab/") for line in lines] == [
        "status",
        "faces/1",
        "state",
        "faces/1",
        "status",
    ]
    assert lines[0]["payload"] == "online"
    assert lines[2]["payload"]["emotion"] == "happy"


@pytest.mark.parametrize("payload", ["offline", "", "{broken", '{"a": 1} and more', "{" * 10, "喜び"])
def test_a_payload_that_is_not_json_stands_in_the_line_as_text(payload: str) -> None:
    line = message_line("mien/lab/x", payload)
    assert "\n" not in line
    assert json.loads(line) == {"topic": "mien/lab/x", "payload": payload}


def test_a_change_that_was_held_back_is_told_though_no_frame_follows(
    world: Collector, publisher: Publisher, empty_room: Gray
) -> None:
    def frame(age_s: float) -> Frame:
        """A live camera's frame: its time is the monotonic clock's."""
        taken_s = time.monotonic() - age_s
        return Frame(empty_room, taken_s, taken_s, index=0)

    tell(publisher, frame(age_s=2.0), [reading()])
    tell(publisher, frame(age_s=1.5), [reading(emotion="sad")])
    assert [sent.content["emotion"] for sent in world.take("state")] == ["happy"]
    publisher.flush()
    assert [sent.content["emotion"] for sent in world.take("state")] == ["sad"]
    publisher.flush()
    assert not world.take("state"), "told once"
    tell(publisher, frame(age_s=0.0), [reading(emotion="happy")])
    publisher.flush()
    assert not world.take("state"), "the interval holds, without frames, too"


def test_a_state_tells_of_the_leading_face_though_it_went_a_moment_ago(
    world: Collector, publisher: Publisher, at: At
) -> None:
    publisher.publish(at(0), [reading()], Scene(reading(), 1))
    publisher.publish(at(2), [], Scene(reading(), 1))
    assert [state.content["emotion"] for state in world.take("state")] == ["happy"], "nothing is new"
    publisher.publish(at(4), [], Scene())
    (state,) = world.take("state")
    assert (state.content["emotion"], state.content["faces"]) == ("no_face", 0)


def test_a_minute_that_is_over_is_told_once_and_surely(world: Collector, publisher: Publisher, at: At) -> None:
    last = Summary(watched_s=59.96, shares={"happy": 2 / 3, "uncertain": 1 / 3}, faces=1.234)
    tell(publisher, at(0), [reading()], last)
    tell(publisher, at(1), [reading()])
    (summary,) = world.take("summary")
    assert (summary.qos, summary.retain) == (1, False)
    assert LastMinute.model_validate(summary.content).model_dump(include={"watched_s", "shares", "faces"}) == {
        "watched_s": 60.0,
        "shares": {"happy": 0.667, "uncertain": 0.333},
        "faces": 1.23,
    }


def test_what_is_announced_is_retained_and_told_again_at_every_connect(
    world: Collector, publisher: Publisher
) -> None:
    publisher.announce("homeassistant/device/lab/config", "{}")
    world.connect()
    assert world.sent == [Sent("homeassistant/device/lab/config", "{}", 1, True)] * 2


def test_where_nothing_of_a_single_face_is_told_the_summary_is_all(world: Collector, at: At) -> None:
    publisher = Publisher(world, Topics("lab"), PublishConfig(), tells_faces=False)
    publisher.start()
    for tenth in range(20):
        tell(publisher, at(tenth / 10), [reading(x=10 * tenth)])
    publisher.flush()
    world.connect()
    publisher.rest()
    assert not world.sent
    tell(publisher, at(2), [reading()], Summary(60, {"happy": 1.0}, 3.0))
    publisher.close("stopped")
    assert [sent.topic.rpartition("/")[2] for sent in world.sent] == ["summary", "status"]
