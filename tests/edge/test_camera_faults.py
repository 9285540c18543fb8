"""A camera that fails in every way we know, under the real daemon: named, opened again, told to be well."""

import json
from collections.abc import Callable, Iterator

import pytest

from edge.records import Gray
from edge.watchdog import Watchdog
from tests.conftest import wait_until
from tests.edge.fakes.webcam import Fault, Webcam
from tests.edge.rig import Rig

QUICKLY = {"frozen_after_s": 0.7, "black_after_s": 0.7}


@pytest.fixture
def webcam(room: Callable[..., Gray]) -> Webcam:
    picture = room((200, 150))
    return Webcam(lambda: picture)


@pytest.fixture
def rig(webcam: Webcam) -> Iterator[Rig]:
    rig = Rig(webcam.open, Watchdog(None), QUICKLY)
    assert wait_until(lambda: rig.told("status") == ["online"])
    begun = webcam.frames
    assert wait_until(lambda: webcam.frames > begun + 10), "its time stamps must have been seen to move"
    yield rig
    rig.end()


def problem(rig: Rig) -> str | None:
    return rig.last("info").get("problems", {}).get("camera")


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("torn out", "v4l2:/dev/video7 gives no more frames; was it unplugged?"),
        ("frozen", "v4l2:/dev/video7 repeats its last picture"),
        ("old stamps", "v4l2:/dev/video7 repeats its last picture"),
        ("garbled", "a picture of v4l2:/dev/video7 is no JPEG"),
    ],
)
def test_a_fault_that_opening_cures_is_named_and_cured(
    fault: Fault, named: str, webcam: Webcam, rig: Rig
) -> None:
    webcam.fault = fault
    assert wait_until(lambda: problem(rig) == named)
    assert rig.told("status")[-1] == "degraded"
    assert wait_until(lambda: rig.told("status")[-1] == "online")
    assert wait_until(lambda: problem(rig) is None)
    assert webcam.openings == 2


def test_an_unplugged_camera_is_tried_until_it_is_there(webcam: Webcam, rig: Rig) -> None:
    webcam.fault = "unplugged"
    assert wait_until(lambda: problem(rig) == "/dev/video7 is not there; is the camera plugged in?")
    webcam.fault = None
    assert wait_until(lambda: rig.told("status")[-1] == "online")
    assert wait_until(lambda: problem(rig) is None)


def test_black_is_named_and_looked_through_until_there_is_light(webcam: Webcam, rig: Rig) -> None:
    assert wait_until(lambda: rig.last("state").get("faces") == 1)
    webcam.fault = "black"
    assert wait_until(lambda: "sees only black; is its lens covered, or is it dark?" in (problem(rig) or ""))
    assert wait_until(lambda: webcam.openings == 2), "a dead sensor may come back"
    assert wait_until(lambda: rig.last("state")["faces"] == 0), "it is worked on, as it may be night"
    assert rig.told("status")[-1] == "degraded"
    webcam.fault = None
    assert wait_until(lambda: rig.told("status")[-1] == "online")
    assert webcam.openings == 2, "of a black camera a third opening would have to wait a minute"
    assert wait_until(lambda: rig.last("state")["faces"] == 1)


def test_what_a_frozen_camera_showed_is_not_told_as_new_after_it_was_opened(webcam: Webcam, rig: Rig) -> None:
    """Opening does not help at first: the same picture comes out again."""
    still = webcam.picture()
    webcam.picture = lambda: still  # type: ignore[method-assign]
    assert wait_until(lambda: webcam.openings == 4)
    first = rig.told("status").index("degraded")
    assert rig.told("status")[first:] == ["degraded"], "it must not seem well for the time of one frame"
    del webcam.picture  # type: ignore[method-assign]
    assert wait_until(lambda: rig.told("status")[-1] == "online")


def test_health_names_the_fault_soon_and_counts_openings(webcam: Webcam, rig: Rig) -> None:
    webcam.fault = "unplugged"
    assert wait_until(lambda: bool(rig.told("health")), timeout_s=8)
    health = rig.last("health")
    assert health["status"] == "degraded"
    assert health["problems"] == {"camera": "/dev/video7 is not there; is the camera plugged in?"}
    assert health["fps"] > 0 and set(health["stages"]) == {"search", "classify", "mood", "publish"}
    webcam.fault = None
    assert wait_until(lambda: rig.last("health")["problems"] == {}, timeout_s=8)
    assert sum(json.loads(told)["camera_reopened"] for told in rig.told("health")) == 1
