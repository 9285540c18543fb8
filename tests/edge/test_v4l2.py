"""What is special about kernel cameras, on a device that behaves as OpenCV shows one."""

import logging
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.cameras.v4l2 import V4l2Camera, device_path, is_virtual
from edge.config import CameraConfig
from edge.errors import CameraError
from tests.edge.fakes.v4l2 import Webcam


@pytest.fixture
def device(tmp_path: Path) -> Path:
    path = tmp_path / "video5"
    path.touch()
    return path


def open_webcam(device: Path, webcam: Webcam, **settings: Any) -> V4l2Camera:
    return V4l2Camera(str(device), CameraConfig(source=f"v4l2:{device}", **settings), webcam.open)


@pytest.mark.parametrize(
    ("wanted", "has", "asked", "granted"),
    [
        ("auto", ("YUYV", "MJPG"), ["MJPG"], "MJPG"),
        ("auto", ("YUYV", "H264"), ["MJPG", "YUYV"], "YUYV"),
        ("mjpeg", ("YUYV", "MJPG"), ["MJPG"], "MJPG"),
        ("yuyv", ("MJPG", "YUYV"), ["YUYV"], "YUYV"),
    ],
)
def test_the_format_that_is_asked_for_is_granted_where_the_device_has_it(
    wanted: str, has: tuple[str, ...], asked: list[str], granted: str, device: Path, caplog: Any
) -> None:
    webcam = Webcam(formats=has)
    camera = open_webcam(device, webcam, format=wanted)
    assert webcam.asked == asked
    assert camera.granted == f"640x480 {granted} at 30 frames per second"
    assert next(iter(camera)).gray.shape == (480, 640)
    assert not caplog.messages


def test_what_was_not_granted_is_said_and_what_was_is_used(device: Path, caplog: Any) -> None:
    with caplog.at_level(logging.WARNING):
        camera = open_webcam(device, Webcam(formats=("MJPG",), size=(320, 240)), format="yuyv", width_px=1280)
    assert caplog.messages == [
        f"v4l2:{device} was asked for 1280x480 YUYV and gives 320x240 MJPG at 30 frames per second"
    ]
    assert next(iter(camera)).gray.shape == (240, 320)


def test_a_grey_camera_is_read_and_one_that_cannot_be_is_named_with_what_it_gives(device: Path) -> None:
    assert next(iter(open_webcam(device, Webcam(formats=("GREY",))))).gray.shape == (480, 640)
    with pytest.raises(CameraError, match="640x480 H264 at 30 .* cannot be read; expected MJPG or YUYV"):
        next(iter(open_webcam(device, Webcam(formats=("H264",)))))


def test_an_unplugged_camera_fails_though_it_stays_open_and_opens_again_when_it_is_back(device: Path) -> None:
    webcam = Webcam()
    camera = open_webcam(device, webcam)
    frames = iter(camera)
    next(frames)
    webcam.is_plugged = False
    with pytest.raises(CameraError, match=f"v4l2:{device} gives no more frames; was it unplugged"):
        next(frames)
    camera.close()
    assert webcam.released == 1
    with pytest.raises(CameraError, match="did not open"):
        open_webcam(device, webcam)
    webcam.is_plugged = True
    assert next(iter(open_webcam(device, webcam)))


def test_the_drivers_time_stamps_are_kept_and_believed_only_where_they_can_be(device: Path) -> None:
    foreign = list(islice(open_webcam(device, Webcam(clock_s=1e9)), 3))
    stamps_s = [frame.stamp_s or 0 for frame in foreign]
    np.testing.assert_allclose(np.diff(stamps_s), 1 / 30, atol=1e-3)
    assert all(frame.time_s == frame.captured_s for frame in foreign), "another clock than ours"
    assert next(iter(open_webcam(device, Webcam(has_stamps=False)))).stamp_s is None


def test_a_number_is_a_device_and_a_path_is_itself() -> None:
    assert device_path("3") == Path("/dev/video3")
    assert device_path("/dev/v4l/by-id/usb-cam") == Path("/dev/v4l/by-id/usb-cam")


def test_a_stable_name_leads_to_the_device_wherever_it_is_plugged_in(device: Path, tmp_path: Path) -> None:
    link = tmp_path / "by-id"
    link.symlink_to(device)
    assert next(iter(open_webcam(link, Webcam())))
    device.unlink()
    with pytest.raises(CameraError, match="by-id is not there"):
        open_webcam(link, Webcam())


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("devices/pci0000:00/usb1/1-2/video4linux/video5", False),
        ("devices/virtual/video4linux/video5", True),
        ("devices/platform/vivid.0/video4linux/video5", True),
    ],
)
def test_a_device_without_hardware_is_known_through_its_stable_name_too(
    place: str, expected: bool, tmp_path: Path
) -> None:
    (tmp_path / place).mkdir(parents=True)
    known = tmp_path / "class" / "video4linux"
    known.mkdir(parents=True)
    (known / "video5").symlink_to(tmp_path / place)
    (tmp_path / "video5").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "video5")
    assert is_virtual(tmp_path / "by-id", sysfs=tmp_path) == expected
