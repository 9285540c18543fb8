"""What is sent is what the schema says; what the schema says is what design and README promise."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.mqtt.payloads import FaceEvent, State, make_face_event, make_state, timestamp
from edge.records import Box, Reading, Scene

NOON_S = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC).timestamp()


def reading(confidence: float = 0.9, since_s: float = 0.0) -> Reading:
    scores = {"happy": confidence, "sad": 1 - confidence}
    return Reading(3, Box(-2, 5, 60, 61), "happy", confidence, scores, since_s, first_seen_s=0.0)


def test_a_time_stamp_is_rfc_3339_in_utc_with_milliseconds() -> None:
    assert timestamp(NOON_S) == "2026-11-20T12:00:00.000Z"
    assert timestamp(NOON_S + 0.0625) == "2026-11-20T12:00:00.062Z"


@given(st.floats(0, 4e9))
def test_every_time_stamp_can_be_read_back(unix_s: float) -> None:
    text = timestamp(unix_s)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert abs(datetime.fromisoformat(text).timestamp() - unix_s) < 0.0011


def test_a_state_tells_of_the_leading_face() -> None:
    state = make_state("abcd", 7, NOON_S, age_s=0.01234, scene=Scene(reading(), 2))
    assert json.loads(state.model_dump_json()) == {
        "v": 1,
        "session": "abcd",
        "seq": 7,
        "ts": "2026-11-20T12:00:00.000Z",
        "age_ms": 12.3,
        "faces": 2,
        "emotion": "happy",
        "confidence": 0.9,
        "scores": {"happy": 0.9, "sad": 0.1},
        "track": 3,
    }


def test_a_state_without_a_face_says_no_face() -> None:
    state = make_state("abcd", 0, NOON_S, 0, Scene())
    assert (state.faces, state.emotion, state.confidence, state.scores, state.track) == (
        0,
        "no_face",
        None,
        {},
        None,
    )


def test_an_age_is_never_below_zero() -> None:
    assert make_state("abcd", 0, NOON_S, -0.5, Scene()).age_ms == 0


def test_a_face_event_tells_since_when_and_how_long() -> None:
    event = make_face_event("abcd", 1, NOON_S, frame_s=12.5, kind="update", reading=reading(since_s=10.0))
    assert json.loads(event.model_dump_json()) == {
        "v": 1,
        "session": "abcd",
        "seq": 1,
        "ts": "2026-11-20T12:00:00.000Z",
        "type": "update",
        "track": 3,
        "emotion": "happy",
        "confidence": 0.9,
        "scores": {"happy": 0.9, "sad": 0.1},
        "box": [-2, 5, 60, 61],
        "since": "2026-11-20T11:59:57.500Z",
        "dwell_s": 2.5,
    }


@given(st.floats(-0.002, 1.002))
def test_errors_of_rounding_leave_no_share_outside_0_and_1(share: float) -> None:
    state = make_state("abcd", 0, NOON_S, 0, Scene(reading(share), 1))
    event = make_face_event("abcd", 0, NOON_S, 0, "new", reading(share))
    for message in (state, event):
        assert all(0 <= value <= 1 for value in (message.confidence or 0, *message.scores.values()))
        assert message.scores["happy"] == pytest.approx(share, abs=0.0026)


@pytest.mark.parametrize("kind", [State, FaceEvent])
def test_every_field_of_a_message_is_required_by_its_schema_or_has_one_value(
    kind: type[State] | type[FaceEvent],
) -> None:
    schema = kind.model_json_schema()
    assert set(schema["required"]) | {"v"} == set(schema["properties"])
    assert schema["properties"]["v"]["const"] == 1
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    "change",
    [{"v": 2}, {"seq": -1}, {"confidence": 1.2}, {"scores": {"happy": -0.1}}, {"faces": "one"}, {"extra": 1}],
)
def test_a_message_against_the_schema_is_refused(change: dict[str, object]) -> None:
    good = make_state("abcd", 0, NOON_S, 0, Scene(reading(), 1)).model_dump()
    State.model_validate(good)
    with pytest.raises(ValidationError):
        State.model_validate(good | change)
