"""Stands in for Picamera2 on a machine without one.

It behaves as version 0.3.36 does where mien can tell: silent replacement of formats and sizes, padded rows,
a cut made after the flip, errors for controls that are not there, a handful of buffers that must come back,
one user at a time, and a wait that ends where frames do. The sensors stand in the `libcamera` beside it.
"""

import time
from typing import Any

import cv2
import libcamera
import numpy as np
from numpy.typing import NDArray

_STREAM_KEYS = {"format", "size", "stride", "preserve_ar"}
_TO_COLOUR = {
    "RGB888": cv2.COLOR_GRAY2BGR,
    "BGR888": cv2.COLOR_GRAY2RGB,
    "XRGB8888": cv2.COLOR_GRAY2BGRA,
    "XBGR8888": cv2.COLOR_GRAY2RGBA,
}
_PIXEL_BYTES = {"YUYV": 2, "UYVY": 2, "RGB888": 3, "BGR888": 3, "XRGB8888": 4, "XBGR8888": 4}
_ROWS = {"YUV420": 1.5, "NV12": 1.5}


class Request:
    def __init__(self, camera: "Picamera2", buffer: NDArray[np.uint8], metadata: dict[str, Any]) -> None:
        self._camera, self._buffer, self._metadata = camera, buffer, metadata

    def make_buffer(self, name: str) -> NDArray[np.uint8]:
        if name != "main":
            raise RuntimeError(f"Stream {name!r} is not defined")
        return self._buffer.copy()

    def get_metadata(self) -> dict[str, Any]:
        return dict(self._metadata)

    def release(self) -> None:
        self._buffer[:] = 0
        self._camera.free_buffers += 1


class Picamera2:
    def __init__(self, camera_num: int = 0) -> None:
        self._sensor = libcamera.sensors[self.global_camera_info()[camera_num]["Num"]]
        if self._sensor.user is not None:
            cause = RuntimeError("Failed to acquire camera: Device or resource busy")
            raise RuntimeError("Camera __init__ sequence did not complete.") from cause
        self._sensor.user = self
        self._config: dict[str, Any] = {}
        self._controls: dict[str, Any] = {}
        self._is_started = False
        self.free_buffers = 0
        height, width = self._sensor.scene.shape
        self.sensor_resolution = (width, height)

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [
            {"Num": number, "Model": "fake", "Id": f"/base/soc/i2c0mux/fake@{number}"}
            for number, sensor in enumerate(libcamera.sensors)
            if sensor.is_plugged.is_set()
        ]

    @property
    def camera_controls(self) -> dict[str, Any]:
        return self._sensor.controls

    def create_preview_configuration(
        self,
        main: dict[str, Any],
        raw: dict[str, Any] | None,
        transform: libcamera.Transform,
        buffer_count: int = 4,
        display: str | None = "main",
        encode: str | None = "main",
        queue: bool = True,
        sensor: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        unknown = set(main) - _STREAM_KEYS
        if unknown:
            raise ValueError(f"Bad key {unknown}")
        if set(sensor or {}) - {"output_size", "bit_depth"}:
            raise RuntimeError("Unexpected keys in sensor configuration")
        width, height = main["size"]
        return {
            "main": {**main, "size": (width - width % 2, height - height % 2)},
            "transform": transform,
            "buffer_count": buffer_count,
            "queue": queue,
        }

    def configure(self, config: dict[str, Any]) -> None:
        sensor = self._sensor
        pixel_format, size = config["main"]["format"], config["main"]["size"]
        if pixel_format not in sensor.formats:
            pixel_format = sensor.formats[0]
        if sensor.sizes and size not in sensor.sizes:
            size = sensor.sizes[0]
        row = size[0] * _PIXEL_BYTES.get(pixel_format, 1)
        stride = 0 if pixel_format == "MJPEG" else -(-row // sensor.row_alignment) * sensor.row_alignment
        transform = config["transform"] if sensor.can_flip else libcamera.Transform()
        main = {"format": pixel_format, "size": size, "stride": stride}
        self._config = {**config, "main": main, "transform": transform}
        self._controls = {"ScalerCrops": [self._widest()]} if "ScalerCrops" in sensor.controls else {}
        self.free_buffers = config["buffer_count"]

    def camera_configuration(self) -> dict[str, Any]:
        return self._config

    def set_controls(self, controls: dict[str, Any]) -> None:
        for name in controls:
            if name not in self._sensor.controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        self._controls.update(controls)

    def start(self) -> None:
        if not self._config:
            raise RuntimeError("Camera has not been configured")
        self._is_started = True

    def capture_request(self, wait: float) -> Request:
        durations = self._controls.get("FrameDurationLimits", (33_333, 33_333))
        least, most, _ = self._sensor.controls.get("FrameDurationLimits", (33_333, 33_333, 0))
        time.sleep(min(max(durations[0], least), most) / 1e6)
        if not self._sensor.is_plugged.is_set() or self.free_buffers < 1 or not self._is_started:
            if isinstance(wait, bool):
                raise AssertionError("this would wait for ever")
            time.sleep(wait)
            raise TimeoutError
        self.free_buffers -= 1
        clock_ns = self._sensor.clock_ns
        metadata = {"SensorTimestamp": clock_ns()} if clock_ns else {}
        return Request(self, self._expose(), metadata)

    def close(self) -> None:
        if self._sensor.user is self:
            self._sensor.user = None
            self._is_started = False
            if not self._sensor.can_stop:
                raise RuntimeError("Failed to release camera")

    def _expose(self) -> NDArray[np.uint8]:
        """Flip, then cut, then scale, then write in the granted format."""
        scene, transform = self._sensor.scene, self._config["transform"]
        if transform.hflip:
            scene = scene[:, ::-1]
        if transform.vflip:
            scene = scene[::-1]
        crops = self._controls.get("ScalerCrops") or [self._controls.get("ScalerCrop")]
        x, y, width, height = crops[0] or self._widest()
        gray = cv2.resize(
            np.ascontiguousarray(scene[y : y + height, x : x + width]), self._config["main"]["size"]
        )
        return self._write(gray)

    def _widest(self) -> tuple[int, int, int, int]:
        """The middle of the sensor that has the shape of the picture."""
        height, width = self._sensor.scene.shape
        shape = self._config["main"]["size"][0] / self._config["main"]["size"][1]
        seen_width, seen_height = round(min(width, height * shape)), round(min(height, width / shape))
        return (width - seen_width) // 2, (height - seen_height) // 2, seen_width, seen_height

    def _write(self, gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
        main = self._config["main"]
        pixel_format, stride = main["format"], main["stride"]
        if pixel_format == "MJPEG":
            jpeg = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].ravel()
            return np.concatenate([jpeg, np.zeros(gray.size - jpeg.size, np.uint8)])
        height, width = gray.shape
        rows = np.full((round(height * _ROWS.get(pixel_format, 1)), stride), 0xA5, np.uint8)
        if pixel_format in _TO_COLOUR:
            pixels = cv2.cvtColor(gray, _TO_COLOUR[pixel_format]).reshape(height, -1)
            rows[:height, : pixels.shape[1]] = pixels
        elif pixel_format in ("YUYV", "UYVY"):
            rows[:height, pixel_format == "UYVY" : 2 * width : 2] = gray
        else:
            rows[:height, :width] = gray
        return rows.ravel()
