"""One contract for every camera, then what is special about each."""

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cameras import Camera, open_camera
from edge.config import CameraConfig, parse_config
from edge.errors import CameraError, ConfigError
from edge.records import Frame, Gray
from tests.edge.fakes.network_camera import NetworkCamera, network_camera

Source = Callable[..., CameraConfig]


@pytest.fixture
def folder(astronaut: Gray, tmp_path: Path) -> Path:
    """Five pictures, some of them of other kinds and sizes."""
    path = tmp_path / "pictures"
    path.mkdir()
    for index, name in enumerate(("a.png", "b.jpg", "c.webp", "d.bmp", "e.PNG")):
        cv2.imwrite(str(path / name.lower()), astronaut[: 300 + 20 * index])
        (path / name.lower()).rename(path / name)
    return path


def require_real_picamera2() -> None:
    picamera2 = pytest.importorskip("picamera2", reason="needs Picamera2: apt-get install python3-picamera2")
    if not picamera2.Picamera2.global_camera_info():
        pytest.skip("needs a camera that libcamera knows")


KINDS = ["video", "virtual video", "folder", "picture", "stream", "v4l2", "picamera2", "fake picamera2"]


@pytest.fixture(params=KINDS)
def source(request: pytest.FixtureRequest, astronaut: Gray) -> Source:
    """The configuration of every kind of camera that this machine has, and of a stand-in for a Pi's."""
    if request.param == "v4l2":
        if not Path("/dev/video0").exists():
            pytest.skip("needs a camera at /dev/video0")
        return lambda **settings: CameraConfig(source="v4l2:0")
    if request.param == "picamera2":
        require_real_picamera2()
        return lambda **settings: CameraConfig(source="picamera2")
    if request.param == "fake picamera2":
        world = request.getfixturevalue("fake_picamera2")
        world.sensors.append(world.Sensor(astronaut))
        return lambda **settings: CameraConfig(source="picamera2")
    if request.param == "stream":
        address = request.getfixturevalue("stream").address
        return lambda **settings: CameraConfig(source=f"file:{address}")
    if request.param == "virtual video":
        path = request.getfixturevalue("clip")
        return lambda **settings: CameraConfig(source=f"file:{path}", clock="virtual", **settings)
    path = {"video": "clip", "folder": "folder", "picture": "astronaut_picture"}[request.param]
    address = f"file:{request.getfixturevalue(path)}"
    return lambda **settings: CameraConfig(source=address, **({"realtime": False} | settings))


@pytest.fixture
def stream(astronaut: Gray) -> Iterator[NetworkCamera]:
    with network_camera(astronaut) as camera:
        yield camera


def take(camera: Camera, most: int) -> list[Frame]:
    frames = []
    for frame in camera:
        frames.append(frame)
        if len(frames) == most:
            break
    return frames


def test_frames_are_grey_and_numbered_and_their_time_goes_on(source: Source) -> None:
    camera = open_camera(source(loop=True))
    frames = take(camera, 5)
    camera.close()
    assert [frame.index for frame in frames] == list(range(5))
    for frame in frames:
        assert frame.gray.ndim == 2 and frame.gray.dtype == np.uint8
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s) and len(set(times_s)) == 5
    ages_s = [time.monotonic() - frame.captured_s for frame in frames]
    assert all(0 <= age_s < 30 for age_s in ages_s)


def test_a_camera_may_be_closed_twice(source: Source) -> None:
    camera = open_camera(source())
    take(camera, 1)
    camera.close()
    camera.close()


def test_a_camera_has_a_name_and_says_whether_it_is_live(source: Source) -> None:
    config = source()
    camera = open_camera(config)
    camera.close()
    assert camera.name.removeprefix("file:") == config.source.removeprefix("file:") or is_numbered(camera.name)
    is_device = config.source.startswith(("v4l2", "picamera2"))
    assert camera.is_live == (is_device or "http" in config.source)
    assert bool(camera.granted) == is_device, "a recording is not asked for anything"
    assert camera.has_sensor == is_device or Path("/sys/module/vivid").exists()


def is_numbered(name: str) -> bool:
    return name in ("v4l2:/dev/video0", "picamera2:0")


def test_a_camera_can_be_opened_again_after_it_was_closed(source: Source) -> None:
    for _ in range(2):
        camera = open_camera(source())
        assert take(camera, 1)
        camera.close()


@pytest.mark.parametrize("kind", ["video", "folder", "picture"])
@pytest.mark.parametrize("rotate_deg", [90, 180, 270])
def test_a_recording_is_turned_and_then_cut(kind: str, rotate_deg: int, request: pytest.FixtureRequest) -> None:
    path = {"video": "clip", "folder": "folder", "picture": "astronaut_picture"}[kind]
    settings = {"source": f"file:{request.getfixturevalue(path)}", "realtime": False}
    plain = take(open_camera(CameraConfig(**settings)), 1)[0].gray
    region = (0.5, 0.25, 0.5, 0.5)
    seen = take(open_camera(CameraConfig(**settings, rotate_deg=rotate_deg, region=region)), 1)[0].gray
    turned = np.rot90(plain, -rotate_deg // 90)
    height, width = turned.shape
    expected = turned[round(height / 4) : round(height * 3 / 4), round(width / 2) :]
    np.testing.assert_array_equal(seen, expected)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("rotate_deg", 45, "camera.rotate_deg is 45; expected 0, 90, 180 or 270"),
        (
            "region",
            [0, 0, 1],
            r"region is \[0, 0, 1\]; expected four fractions: \[x, y, width, height\]",
        ),
        ("region", 0.5, "camera.region is 0.5; expected four fractions"),
        ("region", ["0", "0", "1", "1"], "expected four fractions"),
        ("region", [0, 0, 0, 1], "width and height of at least 0.05"),
        ("region", [float("nan"), 0, 1, 1], "expected x and y from 0 to 0.95"),
        ("region", [0.5, 0, 0.6, 1], r"expected x \+ width and y \+ height to be at most 1"),
    ],
)
def test_an_impossible_view_is_refused_with_what_is_allowed(key: str, value: object, expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        parse_config({"camera": {key: value}})


def test_a_region_may_end_exactly_at_the_edge_of_the_picture() -> None:
    assert parse_config({"camera": {"region": [0.7, 0.9, 0.3, 0.1]}}).camera.region == (0.7, 0.9, 0.3, 0.1)


@pytest.mark.parametrize("realtime", [True, False])
def test_in_virtual_time_a_file_waits_for_nobody(clip: Path, realtime: bool) -> None:
    config = CameraConfig(source=f"file:{clip}", clock="virtual", realtime=realtime)
    camera = open_camera(config)
    assert not camera.is_live
    assert [frame.time_s for frame in camera] == pytest.approx([index / 15 for index in range(30)])


def test_a_network_camera_that_is_unplugged_fails_and_is_there_again_later(stream: NetworkCamera) -> None:
    config = CameraConfig(source=f"file:{stream.address}")
    camera = open_camera(config)
    frames = take(camera, 5)
    assert frames[0].gray.shape == (512, 512)
    assert len({frame.stamp_s for frame in frames}) == 5, "the stream's own time goes on"
    stream.is_plugged = False
    with pytest.raises(CameraError, match="http://127.0.0.1:.*/video gives no more frames"):
        take(camera, 1000)
    camera.close()
    with pytest.raises(CameraError, match="does not answer"):
        open_camera(config)
    stream.is_plugged = True
    assert take(open_camera(config), 1)


def as_fast_as_possible(path: Path, loop: bool = False, fps: float = 15) -> Camera:
    return open_camera(CameraConfig(source=f"file:{path}", realtime=False, loop=loop, fps=fps))


def test_a_video_gives_every_frame_at_its_place_in_the_recording(clip: Path) -> None:
    frames = list(as_fast_as_possible(clip))
    assert [frame.time_s for frame in frames] == pytest.approx([index / 15 for index in range(30)])
    assert frames[0].gray.shape == (480, 640)


def test_a_video_in_real_time_takes_its_time(clip: Path) -> None:
    camera = open_camera(CameraConfig(source=f"file:{clip}"))
    begun_s = time.monotonic()
    frames = take(camera, 10)
    elapsed_s = time.monotonic() - begun_s
    camera.close()
    assert elapsed_s >= 9 / 15 - 0.01
    assert frames[-1].time_s == pytest.approx(9 / 15)


def test_in_a_loop_the_time_goes_on_at_the_seam(clip: Path) -> None:
    camera = as_fast_as_possible(clip, loop=True)
    frames = take(camera, 35)
    camera.close()
    assert [frame.time_s for frame in frames] == pytest.approx([index / 15 for index in range(35)])
    np.testing.assert_array_equal(frames[0].gray, frames[30].gray)


def test_the_pictures_of_a_folder_come_in_the_order_of_their_names(folder: Path) -> None:
    frames = list(as_fast_as_possible(folder, fps=4))
    assert [frame.gray.shape[0] for frame in frames] == [300, 320, 340, 360, 380]
    assert [frame.time_s for frame in frames] == [0, 0.25, 0.5, 0.75, 1.0]


def test_corrupt_pictures_among_good_ones_are_named_counted_and_skipped(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "a.png").write_bytes(b"")
    (folder / "c.webp").write_bytes(b"no picture")
    camera = as_fast_as_possible(folder)
    with caplog.at_level(logging.WARNING):
        frames = list(camera)
    assert [frame.index for frame in frames] == [0, 1, 2], "what is skipped leaves no hole"
    told = caplog.messages
    assert len(told) == 3
    assert "a.png: the file is empty" in told[0]
    assert "c.webp: not a picture" in told[1]
    assert "2 of 5 pictures skipped" in told[2]


def test_in_a_loop_a_corrupt_picture_is_counted_and_named_once(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "a.png").write_bytes(b"")
    camera = as_fast_as_possible(folder, loop=True)
    frames = take(camera, 12)
    assert len(frames) == 12
    assert sum("a.png" in message for message in caplog.messages) == 1


def test_a_folder_of_nothing_but_corrupt_pictures_fails(folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"")
    with pytest.raises(CameraError, match="none of 5 pictures can be read"):
        list(as_fast_as_possible(folder))


def test_a_single_corrupt_picture_fails_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(CameraError, match=r"a\.png: the file is empty"):
        list(as_fast_as_possible(tmp_path / "a.png"))


def test_an_empty_folder_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"holds no picture; expected \.bmp, \.jpeg, \.jpg"):
        as_fast_as_possible(tmp_path)


@pytest.mark.parametrize("name", ["none.mp4", "none.png", "none/"])
def test_a_file_that_is_not_there_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"none.* is not there; expected a video, a picture or a folder"):
        as_fast_as_possible(tmp_path / name)


def test_a_v4l2_device_that_is_not_there_is_said() -> None:
    with pytest.raises(CameraError, match="/dev/video97 is not there; is the camera plugged in"):
        open_camera(CameraConfig(source="v4l2:97"))


def test_a_v4l2_path_that_is_no_camera_is_said() -> None:
    with pytest.raises(CameraError, match="/dev/null did not open; is it a camera"):
        open_camera(CameraConfig(source="v4l2:/dev/null"))


@pytest.mark.parametrize("content", [b"", b"no video", bytes(5000)], ids=["empty", "text", "zeros"])
def test_what_is_no_video_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(CameraError, match=r"clip\.mp4 is not a video that can be read"):
        as_fast_as_possible(path)


def test_an_mp4_that_lacks_its_end_does_not_open(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.mp4"
    path.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    with pytest.raises(CameraError, match=r"half\.mp4 is not a video that can be read"):
        as_fast_as_possible(path)


@pytest.mark.parametrize("realtime", [False, True])
def test_a_video_that_breaks_off_gives_what_it_has_and_then_fails(realtime: bool, broken_video: Path) -> None:
    frames = []
    with pytest.raises(CameraError, match=r"half\.avi breaks off after \d+ of 40 frames"):
        for frame in open_camera(CameraConfig(source=f"file:{broken_video}", realtime=realtime)):
            frames.append(frame)
    assert 10 < len(frames) < 30


def test_a_network_camera_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(CameraError) as caught:
        open_camera(CameraConfig(source="file:rtsp://me:hunter2@127.0.0.1:9/stream"))
    assert str(caught.value).startswith("rtsp://127.0.0.1:9/stream does not answer")
    assert "hunter2" not in str(caught.value)
