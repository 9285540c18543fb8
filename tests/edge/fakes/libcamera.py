"""Stands in for libcamera on a machine without one: the sensors that are plugged in, and its Transform."""

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Transform:
    def __init__(self, hflip: bool = False, vflip: bool = False, transpose: bool = False) -> None:
        self.hflip, self.vflip, self.transpose = int(hflip), int(vflip), int(transpose)


def every_control(width: int, height: int) -> dict[str, tuple[Any, Any, Any]]:
    """Least, greatest and usual value, as a sensor of a Pi has them."""
    return {
        "FrameDurationLimits": (8_333, 1_000_000, 33_333),
        "ScalerCrop": ((0, 0, 64, 64), (0, 0, width, height), (0, 0, width, height)),
    }


@dataclass(eq=False)
class Sensor:
    """A camera and what it sees.

    Attributes:
        scene: the grey picture on its pixels, the right way up where the camera hangs upright.
        formats: what its image processor can give; the first replaces one that it cannot.
        sizes: the only sizes that it gives; empty for any.
        row_alignment: rows are padded to a multiple of so many bytes.
        clock_ns: what SensorTimestamp says; None where it says nothing.
        can_stop: whether it can be stopped without an error.
    """

    scene: NDArray[np.uint8]
    formats: tuple[str, ...] = ("YUV420", "XBGR8888")
    sizes: tuple[tuple[int, int], ...] = ()
    controls: dict[str, tuple[Any, Any, Any]] = field(default_factory=dict)
    can_flip: bool = True
    row_alignment: int = 64
    clock_ns: Any = None
    can_stop: bool = True
    is_plugged: threading.Event = field(default_factory=threading.Event)
    user: object = None

    def __post_init__(self) -> None:
        self.is_plugged.set()
        height, width = self.scene.shape
        self.controls = self.controls or every_control(width, height)


#: The world: what is plugged in, and so what `Picamera2.global_camera_info` lists.
sensors: list[Sensor] = []
