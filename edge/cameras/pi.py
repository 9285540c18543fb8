"""A camera of the Raspberry Pi, by libcamera and Picamera2.

Picamera2 comes from Debian packages that are built for the system's own Python, and only a Pi has them: it is
imported when such a camera is asked for. What is relied on here stands in the source of 0.3.22 to 0.3.36 and
was tried with 0.3.38.
"""

import importlib
import logging
import os
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from edge.cameras.orientation import WHOLE, View
from edge.cameras.pixels import GRAY_OF, Layout, to_gray
from edge.cameras.stamps import believable_time_s
from edge.config import CameraConfig
from edge.errors import CameraError
from edge.records import Frame, Gray

logger = logging.getLogger(__name__)

_STREAM = "main"

#: Enough for the sensor, the image processor and us; with fewer, frames are lost on a Pi.
_BUFFERS = 4

#: A camera whose ribbon cable comes loose gives no error, only no more frames.
_PATIENCE_S = 6.0

_AF_CONTINUOUS = 2  # libcamera.controls.AfModeEnum.Continuous


class PiCamera:
    """Reads the grey part of a YUV420 stream, which the image processor makes at no cost to the CPU.

    Args:
        address: which camera, a number; empty for the first.
        config: size, rate, rotation and region to ask for. The camera may grant others; see `granted`.

    Attributes:
        granted: what the camera gives, such as "640x480 YUV420 at 15 frames per second".
    """

    is_live = has_sensor = True

    def __init__(self, address: str, config: CameraConfig) -> None:
        number = int(address or 0)
        self.name = f"picamera2:{number}"
        self._is_closed = False
        modules = _import()
        self._camera = _open(modules.picamera2, number)
        try:
            self._layout, self._view = _configure(self._camera, modules.libcamera, config)
            self._patience_s = _PATIENCE_S + 4 / config.fps
            self.granted = f"{self._layout} {_rate(self._camera, config)}"
            self._camera.start()
        except Exception as error:  # Picamera2 raises what it likes
            self.close()
            if isinstance(error, CameraError):
                raise
            raise CameraError(f"{self.name} does not start: {_reason(error)}") from None

    def __iter__(self) -> Iterator[Frame]:
        index, time_s = 0, 0.0
        while not self._is_closed:
            gray, metadata, captured_s = self._capture()
            stamp_s = _stamp_s(metadata)
            time_s = believable_time_s(stamp_s and stamp_s - _asleep_s(), captured_s, time_s)
            yield Frame(self._view.see(gray), time_s, captured_s, index, stamp_s)
            index += 1

    def close(self) -> None:
        self._is_closed = True
        # A camera that went away may not like to be stopped; it is gone all the same.
        try:
            self._camera.close()
        except Exception as error:
            logger.debug("%s: %s", self.name, _reason(error))

    def _capture(self) -> tuple[Gray, dict[str, Any], float]:
        try:
            request = self._camera.capture_request(wait=self._patience_s)
        except TimeoutError:
            raise CameraError(f"{self.name} gives no more frames; is its cable seated well?") from None
        except Exception as error:
            raise CameraError(f"{self.name} failed: {_reason(error)}") from None
        captured_s = time.monotonic()
        try:
            gray = to_gray(request.make_buffer(_STREAM), self._layout)
            return gray, request.get_metadata(), captured_s
        finally:
            request.release()


class _Modules(NamedTuple):
    libcamera: Any
    picamera2: Any


def _import() -> _Modules:
    os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:ERROR")  # both tell every step otherwise
    os.environ.setdefault("LIBCAMERA_LOG_NO_COLOR", "1")
    if not logger.isEnabledFor(logging.DEBUG):
        logging.getLogger("picamera2").setLevel(logging.WARNING)
    try:
        return _Modules(importlib.import_module("libcamera"), importlib.import_module("picamera2"))
    except (ImportError, ValueError, AttributeError) as error:
        if "numpy" in str(error).lower() or "_ARRAY_API" in str(error):
            raise CameraError(
                f"Picamera2 was not built for numpy {np.__version__} ({_reason(error)}); on Raspberry Pi OS "
                "bookworm try: pip install 'numpy<2' 'opencv-python-headless<4.12'"
            ) from None
        raise CameraError(
            f"Picamera2 cannot be imported ({_reason(error)}); try: sudo apt install python3-picamera2, and "
            "make the environment with python3 -m venv --system-site-packages"
        ) from None


def _open(picamera2: Any, number: int) -> Any:
    try:
        count = len(picamera2.Picamera2.global_camera_info())
        if number < count:
            return picamera2.Picamera2(number)
    except Exception as error:  # Picamera2 raises what it likes
        raise CameraError(
            f"picamera2:{number} did not open: {_reason(error)}; is it free, and are you in the group video?"
        ) from None
    raise CameraError(
        f"picamera2:{number} is not there, libcamera sees {count or 'no'} camera{'s'[: count != 1]}; "
        "is the ribbon cable seated well, and no other program using it? (rpicam-hello --list-cameras)"
    )


def _configure(camera: Any, libcamera: Any, config: CameraConfig) -> tuple[Layout, View]:
    """Ask for what the configuration says; give what was granted, and what is left to do in software."""
    flip = config.rotate_deg == 180
    crops = "ScalerCrop" in camera.camera_controls
    size = _size(config) if crops else (config.width_px, config.height_px)
    camera.configure(
        camera.create_preview_configuration(  # preview: grey values from 0 to 255; video has 16 to 235
            main={"format": "YUV420", "size": size},
            raw=None,
            transform=libcamera.Transform(hflip=flip, vflip=flip),
            buffer_count=_BUFFERS,
            queue=False,  # the next frame, not one that was kept
            display=None,
            encode=None,
            sensor={"output_size": _sensor_size(camera.sensor_resolution, size)},
        )
    )
    granted = camera.camera_configuration()
    layout = _layout(granted[_STREAM])
    is_flipped = bool(granted["transform"].hflip and granted["transform"].vflip)
    view = View((config.rotate_deg - 180 * is_flipped) % 360, config.region)
    camera.set_controls(_controls(camera.camera_controls, config, view))
    return layout, View(view.rotate_deg, WHOLE) if crops else view


def _size(config: CameraConfig) -> tuple[int, int]:
    """The greatest size within the one asked for that has the shape of the region."""
    _, _, width, height = View.of(config).region_before
    longest = max(width, height)
    return round(config.width_px * width / longest), round(config.height_px * height / longest)


def _sensor_size(resolution: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Half of the sensor's resolution where that is enough: quick, and it sees all that the sensor sees.

    A mode as small as the picture may be cut out of the middle: 640x480 of the Camera Module 2 is.
    """
    half = (resolution[0] // 2, resolution[1] // 2)
    return half if size[0] <= half[0] and size[1] <= half[1] else resolution


def _layout(stream: dict[str, Any]) -> Layout:
    """How the granted stream lies in memory. A format that is not there was replaced without a word."""
    width_px, height_px = stream["size"]
    layout = Layout(stream["format"], width_px, height_px, stream["stride"] or 0)
    if layout.pixel_format not in GRAY_OF:
        raise CameraError(f"the camera gives {layout}; expected YUV420 or another of {', '.join(GRAY_OF)}")
    return layout


def _controls(known: dict[str, Any], config: CameraConfig, view: View) -> dict[str, Any]:
    """The rate, the region and the focus, as far as this camera can be told of them."""
    duration_us = round(1e6 / config.fps)
    wanted: dict[str, Any] = {"FrameDurationLimits": (duration_us, duration_us)}
    wanted["AfMode"] = _AF_CONTINUOUS  # a Camera Module 3 stays at its resting distance otherwise
    if config.region != WHOLE and "ScalerCrop" in known:
        crop = _crop(known["ScalerCrop"][1], config, view)
        wanted["ScalerCrop"] = crop
        wanted["ScalerCrops"] = [crop]  # of a Pi 5; where it is set, as Picamera2 does, it goes first
    return {name: value for name, value in wanted.items() if name in known}


def _crop(most: tuple[int, int, int, int], config: CameraConfig, view: View) -> tuple[int, int, int, int]:
    """The region in pixels of the sensor; `most` is all that it gives.

    Without a region the picture is the largest part of the sensor that has its shape, and of this picture the
    region is a part. The cut is made after the flip.
    """
    left, top, width, height = most
    shape = config.width_px / config.height_px
    seen_width, seen_height = min(width, height * shape), min(height, width / shape)
    x, y, part_width, part_height = view.region_before
    return (
        round(left + (width - seen_width) / 2 + x * seen_width),
        round(top + (height - seen_height) / 2 + y * seen_height),
        round(part_width * seen_width),
        round(part_height * seen_height),
    )


def _rate(camera: Any, config: CameraConfig) -> str:
    limits = camera.camera_controls.get("FrameDurationLimits")
    if not limits:
        return "at a rate of its own"
    shortest_us, longest_us = limits[:2]
    return f"at {1e6 / min(max(1e6 / config.fps, shortest_us), longest_us):.4g} frames per second"


def _stamp_s(metadata: dict[str, Any]) -> float | None:
    """When the sensor saw it, in seconds since the start of the machine; None where the camera does not say."""
    nanoseconds = metadata.get("SensorTimestamp")
    return nanoseconds / 1e9 if nanoseconds else None


def _asleep_s() -> float:
    """For how long the machine slept: libcamera counts these seconds, and `time.monotonic` does not."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()


def _reason(error: BaseException) -> str:
    """What lies at the bottom of an error, on one line."""
    while error.__cause__:
        error = error.__cause__
    return " ".join(str(error).split()) or type(error).__name__
