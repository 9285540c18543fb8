import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from edge.cameras.recovery import RecoveringCamera
from edge.config import CameraConfig, comes_back
from edge.errors import CameraError
from edge.records import Frame
from edge.stages import Stages


class Recording:
    name = "recording"
    is_live = False
    has_sensor = False

    def __init__(self, frames: int, fails: bool = False) -> None:
        self._frames, self._fails = frames, fails

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self._frames):
            yield Frame(np.zeros((4, 4), np.uint8), index / 10, 0.0, index)
        if self._fails:
            raise CameraError("it breaks off")

    def close(self) -> None:
        pass


def recovering(open_camera: Callable[[], Recording], comes_back: bool, waits: bool = False) -> RecoveringCamera:
    return RecoveringCamera(open_camera, Stages(), comes_back=comes_back, waits=waits)


def test_a_recording_is_given_to_its_end_once() -> None:
    camera = recovering(lambda: Recording(3), comes_back=False)
    assert len(list(camera.frames(0.1, threading.Event()))) == 3


def test_a_recording_that_breaks_off_is_not_begun_again() -> None:
    camera = recovering(lambda: Recording(3, fails=True), comes_back=False)
    with pytest.raises(CameraError, match="breaks off"):
        list(camera.frames(0.1, threading.Event()))


def test_a_device_that_is_not_there_at_the_start_is_waited_for_by_a_service_alone() -> None:
    tries = 0

    def open_camera() -> Recording:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise CameraError("not there")
        return Recording(1)

    with pytest.raises(CameraError, match="not there"):
        list(recovering(open_camera, comes_back=True).frames(0.1, threading.Event()))
    tries = 0
    frames = list(recovering(open_camera, comes_back=True, waits=True).frames(0.1, threading.Event()))
    assert frames[0] is None, "the loop must run while the camera is waited for"
    assert frames[-1] is not None


def test_the_delay_between_two_tries_doubles_until_frames_come() -> None:
    stop = threading.Event()

    def open_camera() -> Recording:
        raise CameraError("not there")

    camera = recovering(open_camera, comes_back=True, waits=True)
    delays_s: list[float] = []
    for _ in camera.frames(0.05, stop):
        delays_s.append(camera._delay_s)
        if camera._delay_s == 2:
            stop.set()
    assert sorted(set(delays_s)) == [0.5, 1, 2]
    assert delays_s.count(1) > 1.5 * delays_s.count(0.5)
    assert camera.trouble == "not there"


@pytest.mark.parametrize(
    "source,expected",
    {"v4l2:0": True, "picamera2": True, "file:rtsp://camera/1": True, "file:/home/clip.mp4": False}.items(),
)
def test_devices_and_networks_come_back_and_files_do_not(source: str, expected: bool) -> None:
    assert comes_back(source) == expected


class OneNewPicture:
    """A device that gives one new picture at each opening and repeats it for ever."""

    name, granted = "v4l2:/dev/video7", ""
    is_live = has_sensor = True
    openings = 0

    def __init__(self) -> None:
        type(self).openings += 1
        self._is_closed = False

    def __iter__(self) -> Iterator[Frame]:
        gray = np.full((32, 32), 100 + self.openings, np.uint8)
        while not self._is_closed:
            time.sleep(0.005)
            yield Frame(gray, time.monotonic(), time.monotonic(), 0)

    def close(self) -> None:
        self._is_closed = True


def test_a_camera_that_works_for_a_moment_after_each_opening_is_opened_with_growing_delay() -> None:
    stop = threading.Event()
    config = CameraConfig(frozen_after_s=0.1)
    camera = RecoveringCamera(OneNewPicture, Stages(), config, comes_back=True, waits=False)
    delays_s: set[float] = set()
    for _ in camera.frames(0.05, stop):
        delays_s.add(camera._delay_s)
        if camera._delay_s == 2:
            stop.set()
    assert delays_s == {0.5, 1, 2}
    assert camera.reopened == 2


def test_frames_that_were_passed_over_are_counted_through_all_openings() -> None:
    class Quick(OneNewPicture):
        def __iter__(self) -> Iterator[Frame]:
            for index in range(11):
                yield Frame(np.zeros((8, 8), np.uint8), index / 10, time.monotonic(), index)
            raise CameraError("unplugged")

    stop = threading.Event()
    camera = RecoveringCamera(Quick, Stages(), comes_back=True, waits=False)
    given = 0
    for frame in camera.frames(0.05, stop):
        given += frame is not None
        time.sleep(0.05)
        if camera.reopened == 1 and frame is not None:
            stop.set()
    assert camera.dropped + given == 22


def test_a_picture_that_was_found_old_is_not_given_again_after_an_opening() -> None:
    class Stuck(OneNewPicture):
        def __iter__(self) -> Iterator[Frame]:
            while not self._is_closed:
                time.sleep(0.005)
                yield Frame(np.full((32, 32), 100, np.uint8), time.monotonic(), time.monotonic(), 0)

    stop = threading.Event()
    camera = RecoveringCamera(Stuck, Stages(), CameraConfig(frozen_after_s=0.1), comes_back=True, waits=False)
    given_after = 0
    for frame in camera.frames(0.05, stop):
        given_after += frame is not None and camera.reopened > 0
        if camera.reopened == 2:
            stop.set()
    assert given_after == 0
    assert camera.trouble == "v4l2:/dev/video7 repeats its last picture"


def test_a_black_camera_is_given_and_opened_again_once_and_then_not_for_a_minute() -> None:
    class Black(OneNewPicture):
        def __iter__(self) -> Iterator[Frame]:
            while not self._is_closed:
                time.sleep(0.005)
                yield Frame(np.zeros((32, 32), np.uint8), time.monotonic(), time.monotonic(), 0)

    stop = threading.Event()
    camera = RecoveringCamera(Black, Stages(), CameraConfig(black_after_s=0.1), comes_back=True, waits=False)
    end_s, given_after = time.monotonic() + 2, 0
    for frame in camera.frames(0.05, stop):
        given_after += frame is not None and camera.reopened == 1
        if time.monotonic() > end_s:
            stop.set()
    assert camera.reopened == 1
    assert given_after > 5 and camera.trouble
