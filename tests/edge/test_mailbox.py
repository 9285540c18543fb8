import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edge.cameras.mailbox import Mailbox, frames_of
from edge.errors import CameraError
from edge.records import Frame
from tests.conftest import wait_until


def frame(index: int) -> Frame:
    return Frame(np.zeros((2, 2), np.uint8), index / 10, time.monotonic(), index)


class ScriptedCamera:
    """Gives the frames of a script, which may wait or fail; stands where a camera would."""

    name = "scripted"

    def __init__(self, script: Callable[[], Iterator[Frame]], is_live: bool = True) -> None:
        self.is_live, self.has_sensor = is_live, False
        self.is_closed = False
        self._script = script

    def __iter__(self) -> Iterator[Frame]:
        return self._script()

    def close(self) -> None:
        self.is_closed = True


def test_a_slow_reader_gets_the_newest_frame_and_the_others_count_as_dropped() -> None:
    all_given, go_on = threading.Event(), threading.Event()

    def script() -> Iterator[Frame]:
        yield from map(frame, range(8))
        all_given.set()
        go_on.wait(5)
        yield frame(8)

    mailbox = Mailbox(ScriptedCamera(script))
    assert all_given.wait(5)
    frames = mailbox.frames(patience_s=5)
    assert next(frames).index == 7
    assert mailbox.dropped == 7
    go_on.set()
    assert next(frames).index == 8
    assert mailbox.dropped == 7
    assert list(frames) == []


def test_none_comes_when_the_camera_is_silent() -> None:
    go_on = threading.Event()

    def script() -> Iterator[Frame]:
        go_on.wait(5)
        yield frame(0)

    frames = Mailbox(ScriptedCamera(script)).frames(patience_s=0.05)
    assert next(frames) is None
    assert next(frames) is None
    go_on.set()
    assert wait_until(lambda: next(frames) is not None)


def test_a_failure_of_the_camera_reaches_the_reader_after_its_last_frame() -> None:
    def script() -> Iterator[Frame]:
        yield frame(0)
        raise CameraError("unplugged")

    mailbox = Mailbox(ScriptedCamera(script))
    got = []
    with pytest.raises(CameraError, match="unplugged"):
        for got_frame in mailbox.frames(patience_s=5):
            got.append(got_frame.index)
    assert got == [0]


def test_every_frame_of_a_recording_is_given() -> None:
    camera = ScriptedCamera(lambda: map(frame, range(50)), is_live=False)
    with frames_of(camera, patience_s=5) as frames:
        assert [got.index for got in frames if got] == list(range(50))
    assert camera.is_closed


def test_of_a_live_camera_the_newest_is_given_and_it_is_closed_in_the_end() -> None:
    def script() -> Iterator[Frame]:
        for index in range(1000):
            time.sleep(0.001)
            yield frame(index)

    camera = ScriptedCamera(script)
    with frames_of(camera, patience_s=5) as frames:
        first = next(frames)
        time.sleep(0.1)
        second = next(frames)
        assert first and second and second.index > first.index + 1
    assert camera.is_closed


def test_a_camera_that_hangs_is_not_closed_under_its_driver() -> None:
    let_go = threading.Event()

    def script() -> Iterator[Frame]:
        yield frame(0)
        let_go.wait(10)

    camera = ScriptedCamera(script)
    with frames_of(camera, patience_s=5) as frames:
        next(frames)
    assert not camera.is_closed
    let_go.set()
    assert wait_until(lambda: camera.is_closed), "when the driver's call returns at last"


def test_each_dropped_frame_is_told_of() -> None:
    told: list[int] = []

    def script() -> Iterator[Frame]:
        yield from map(frame, range(8))

    camera = ScriptedCamera(script)
    with frames_of(camera, patience_s=5, on_drop=lambda: told.append(1)) as frames:
        time.sleep(0.1)
        assert next(frames)
    assert len(told) == 7
