"""The camera of a Pi, over a stand-in for Picamera2 that behaves; tests/device/camera tries the real one."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.cameras import Camera, open_camera
from edge.config import CameraConfig
from edge.errors import CameraError
from edge.records import Frame, Gray

#: The scene of the tests is 1600x1200, twice a Pi's usual mode, and cut into 4x3 fields.
COLUMNS, ROWS, FIELD_PX = 4, 3, 400


@pytest.fixture
def scene() -> Gray:
    """Fields of 400x400 pixels; the field in column x and row y has the grey value 20 + 18 * (4 * y + x)."""
    fields = np.arange(20, 20 + 18 * COLUMNS * ROWS, 18, np.uint8).reshape(ROWS, COLUMNS)
    return np.kron(fields, np.ones((FIELD_PX, FIELD_PX), np.uint8))


@pytest.fixture
def world(fake_picamera2: Any) -> Any:
    return fake_picamera2


@contextmanager
def opened(**settings: Any) -> Iterator[Camera]:
    camera = open_camera(CameraConfig(**({"source": "picamera2", "fps": 100} | settings)))
    try:
        yield camera
    finally:
        camera.close()


def first_frame(**settings: Any) -> Frame:
    with opened(**settings) as camera:
        return next(iter(camera))


def fields_of(gray: Gray, columns: int, rows: int) -> list[list[int]]:
    """The grey values in the middles of so many fields."""
    height, width = gray.shape
    return [
        [
            int(gray[round((row + 0.5) * height / rows), round((column + 0.5) * width / columns)])
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def fields_seen(scene: Gray, turns: int = 0) -> list[list[int]]:
    return np.rot90(scene[FIELD_PX // 2 :: FIELD_PX, FIELD_PX // 2 :: FIELD_PX], -turns).tolist()


@pytest.mark.parametrize("width_px", [640, 600], ids=["rows as wide as the picture", "padded rows"])
def test_the_first_rows_of_the_stream_are_the_picture(width_px: int, world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene))
    frame = first_frame(width_px=width_px, height_px=450)
    assert frame.gray.shape == (450, width_px)
    assert fields_of(frame.gray, COLUMNS, ROWS) == fields_seen(scene)
    assert frame.gray[-1, -1] == scene[-1, -1], "no padding at its end"


@pytest.mark.parametrize(
    "pixel_format", ["NV12", "R8", "YUYV", "UYVY", "RGB888", "BGR888", "XRGB8888", "XBGR8888", "MJPEG"]
)
def test_a_format_that_took_the_place_of_yuv420_is_read_and_told(
    pixel_format: str, world: Any, scene: Gray
) -> None:
    world.sensors.append(world.Sensor(scene, formats=(pixel_format,)))
    with opened(width_px=600) as camera:
        gray = next(iter(camera)).gray
        assert camera.granted == f"600x480 {pixel_format} at 100 frames per second"
    np.testing.assert_allclose(fields_of(gray, COLUMNS, ROWS), fields_seen(scene), atol=2)
    assert abs(int(gray[-1, -1]) - int(scene[-1, -1])) <= 2, "no padding at its end"


def test_colours_of_either_order_turn_to_the_same_grey() -> None:
    from edge.cameras.pixels import Layout, to_gray

    rgb = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    expected = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    for name, pixels in (("BGR888", rgb), ("RGB888", rgb[:, :, ::-1])):  # libcamera's names are reversed
        np.testing.assert_array_equal(to_gray(pixels.ravel(), Layout(name, 64, 48, 64 * 3)), expected)


def test_a_format_that_cannot_be_read_is_named_and_the_camera_is_free_again(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene, formats=("SRGGB10",)))
    with pytest.raises(CameraError, match="the camera gives 640x480 SRGGB10; expected YUV420 or another of"):
        open_camera(CameraConfig(source="picamera2"))
    assert world.sensors[0].user is None


def test_a_size_that_took_the_place_of_the_one_asked_for_is_given_and_told(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene, sizes=((320, 240),)))
    with opened() as camera:
        assert camera.granted == "320x240 YUV420 at 100 frames per second"
        assert next(iter(camera)).gray.shape == (240, 320)


def test_what_was_granted_is_logged_once(world: Any, scene: Gray, caplog: pytest.LogCaptureFixture) -> None:
    world.sensors.append(world.Sensor(scene))
    with caplog.at_level(logging.INFO), opened(fps=15) as camera:
        for _ in zip(camera, range(3), strict=False):
            pass
    assert caplog.messages == ["picamera2:0 gives 640x480 YUV420 at 15 frames per second"]


@pytest.mark.parametrize("can_flip", [True, False], ids=["flipped by the sensor", "turned by us"])
@pytest.mark.parametrize("rotate_deg", [0, 90, 180, 270])
def test_a_camera_that_hangs_askew_gives_upright_pictures(
    rotate_deg: int, can_flip: bool, world: Any, scene: Gray
) -> None:
    world.sensors.append(world.Sensor(scene, can_flip=can_flip))
    gray = first_frame(rotate_deg=rotate_deg).gray
    assert gray.shape == ((480, 640) if rotate_deg in (0, 180) else (640, 480))
    turns = rotate_deg // 90
    columns, rows = (COLUMNS, ROWS) if turns % 2 == 0 else (ROWS, COLUMNS)
    assert fields_of(gray, columns, rows) == fields_seen(scene, turns)


#: What the sensor can do: whether it flips, and by which controls it cuts.
KINDS = {
    "cut by the sensor": (True, {"ScalerCrop"}),
    "cut by a Pi 5": (True, {"ScalerCrop", "ScalerCrops"}),
    "cut by us": (True, set[str]()),
    "turned by us": (False, {"ScalerCrop"}),
    "cut and turned by us": (False, set[str]()),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rotate_deg", [0, 90, 180, 270])
def test_the_region_is_a_part_of_the_upright_picture(
    kind: str, rotate_deg: int, world: Any, scene: Gray
) -> None:
    turns = rotate_deg // 90
    columns, rows = (COLUMNS, ROWS) if turns % 2 == 0 else (ROWS, COLUMNS)
    can_flip, crops = KINDS[kind]
    controls = world.every_control(1600, 1200)
    controls["ScalerCrops"] = tuple([limit] for limit in controls["ScalerCrop"])
    controls = {name: limits for name, limits in controls.items() if name in {"FrameDurationLimits", *crops}}
    world.sensors.append(world.Sensor(scene, can_flip=can_flip, controls=controls))
    region = (1 / columns, 1 / rows, 2 / columns, 1 / rows)  # two fields of the second row, from the second on
    gray = first_frame(rotate_deg=rotate_deg, region=region).gray
    assert fields_of(gray, 2, 1) == [fields_seen(scene, turns)[1][1:3]]
    height, width = gray.shape
    assert width / height == pytest.approx(2, abs=0.02), "a face keeps its shape"


def test_a_region_that_the_sensor_cuts_has_more_pixels_than_one_that_we_cut(world: Any, scene: Gray) -> None:
    region = (0.25, 0.25, 0.5, 0.5)
    world.sensors.append(world.Sensor(scene))
    assert first_frame(region=region).gray.shape == (480, 640)
    world.sensors[0].controls.pop("ScalerCrop")
    assert first_frame(region=region).gray.shape == (240, 320)


def test_the_rate_is_the_one_asked_for(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene))
    with opened(fps=20) as camera:
        begun_s = time.monotonic()
        for _ in zip(camera, range(6), strict=False):
            pass
        assert time.monotonic() - begun_s >= 5 / 20


@pytest.mark.parametrize(
    ("limits", "told"),
    [((50_000, 1_000_000, 50_000), "at 20 frames"), ((1_000, 5_000, 2_000), "at 200 frames")],
    ids=["a slow sensor", "a sensor that is quick only"],
)
def test_a_rate_that_the_sensor_does_not_have_is_told(
    limits: tuple[int, int, int], told: str, world: Any, scene: Gray
) -> None:
    world.sensors.append(world.Sensor(scene, controls={"FrameDurationLimits": limits}))
    with opened() as camera:
        assert told in camera.granted


def test_a_camera_without_a_rate_to_set_goes_at_its_own(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene, controls={"Brightness": (0, 1, 0)}))
    with opened() as camera:
        assert camera.granted == "640x480 YUV420 at a rate of its own"
        assert next(iter(camera)).index == 0


def asleep_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


def test_the_time_of_a_frame_is_when_the_sensor_saw_it(world: Any, scene: Gray) -> None:
    sensor = world.Sensor(scene, clock_ns=lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) - 30_000_000)
    world.sensors.append(sensor)
    frame = first_frame()
    assert frame.captured_s - frame.time_s == pytest.approx(0.03, abs=0.02)


@pytest.mark.parametrize(
    "clock_ns",
    [None, lambda: 0, lambda: 12_345, lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) + 10**12],
    ids=["none", "zero", "another clock", "the future"],
)
def test_a_time_that_makes_no_sense_is_not_believed(clock_ns: Any, world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene, clock_ns=clock_ns))
    frame = first_frame()
    assert frame.time_s == frame.captured_s


def test_time_goes_on_though_the_sensor_repeats_itself(world: Any, scene: Gray) -> None:
    stuck_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    world.sensors.append(world.Sensor(scene, clock_ns=lambda: stuck_ns))
    with opened() as camera:
        times_s = [frame.time_s for frame, _ in zip(camera, range(5), strict=False)]
    assert all(later > sooner for sooner, later in zip(times_s, times_s[1:], strict=False))


def test_every_buffer_goes_back(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene))
    with opened() as camera:
        frames = [frame for frame, _ in zip(camera, range(12), strict=False)]
    assert [frame.index for frame in frames] == list(range(12))
    assert fields_of(frames[0].gray, COLUMNS, ROWS) == fields_seen(scene), "and takes no picture along"


def test_a_camera_that_is_used_is_said_and_opens_once_it_is_free(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene))
    with opened():
        with pytest.raises(CameraError, match="picamera2:0 did not open: .*resource busy; is it free"):
            open_camera(CameraConfig(source="picamera2"))
    assert first_frame().index == 0


def test_the_second_camera_is_the_one_with_number_1(world: Any, scene: Gray) -> None:
    world.sensors += [world.Sensor(scene), world.Sensor(255 - scene)]
    assert first_frame(source="picamera2:1").gray[10, 10] == 235
    assert first_frame(source="picamera2:0").gray[10, 10] == 20


@pytest.mark.parametrize(
    ("there", "told"), [(0, "sees no cameras"), (1, "sees 1 camera;"), (2, "sees 2 cameras")]
)
def test_a_camera_that_is_not_there_is_said(there: int, told: str, world: Any, scene: Gray) -> None:
    world.sensors += [world.Sensor(scene) for _ in range(there)]
    with pytest.raises(CameraError, match=f"picamera2:7 is not there, libcamera {told}.*ribbon cable"):
        open_camera(CameraConfig(source="picamera2:7"))


def test_a_cable_that_comes_loose_is_an_error_and_not_a_hang(
    world: Any, scene: Gray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.cameras.pi._PATIENCE_S", 0.2)
    world.sensors.append(world.Sensor(scene))
    with opened() as camera:
        frames = iter(camera)
        next(frames)
        world.sensors[0].is_plugged.clear()
        with pytest.raises(CameraError, match="picamera2:0 gives no more frames; is its cable seated well"):
            next(frames)
    world.sensors[0].is_plugged.set()
    assert first_frame().index == 0


def test_a_camera_that_does_not_close_well_is_left_alone(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene, can_stop=False))
    with opened() as camera:
        next(iter(camera))


def test_picamera2_tells_no_more_than_warnings(world: Any, scene: Gray) -> None:
    world.sensors.append(world.Sensor(scene))
    first_frame()
    assert not logging.getLogger("picamera2.request").isEnabledFor(logging.INFO)


def broken_picamera2(folder: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    (folder / "libcamera.py").write_text(line)
    monkeypatch.syspath_prepend(folder)
    for name in ("libcamera", "picamera2"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_without_picamera2_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = "raise ModuleNotFoundError(\"No module named 'libcamera'\")"
    broken_picamera2(tmp_path, monkeypatch, line)
    with pytest.raises(CameraError) as told:
        open_camera(CameraConfig(source="picamera2"))
    assert "cannot be imported (No module named 'libcamera')" in str(told.value)
    assert "sudo apt install python3-picamera2" in str(told.value)
    assert "--system-site-packages" in str(told.value)


@pytest.mark.parametrize(
    "line",
    [
        "raise ValueError('numpy.dtype size changed, may indicate binary incompatibility. Expected 96')",
        "raise ImportError('numpy.core.multiarray failed to import')",
        "raise AttributeError('_ARRAY_API not found')",
    ],
)
def test_the_numpy_of_bookworm_gets_a_line_of_its_own(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_picamera2(tmp_path, monkeypatch, line)
    with pytest.raises(CameraError) as told:
        open_camera(CameraConfig(source="picamera2"))
    assert f"not built for numpy {np.__version__}" in str(told.value)
    assert "pip install 'numpy<2' 'opencv-python-headless<4.12'" in str(told.value)
    assert "\n" not in str(told.value)
