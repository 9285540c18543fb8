"""[camera]: where frames come from."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from edge.config.table import Table

#: A part of a picture: x, y, width and height as fractions of its sides.
Region = tuple[float, float, float, float]


class CameraConfig(Table):
    source: str = Field(
        "v4l2:0",
        description="v4l2:NUMBER, v4l2:/dev/PATH, picamera2, picamera2:NUMBER, or file: and a video, picture, "
        "folder or rtsp:// address",
    )
    width_px: Annotated[int, Field(ge=64, le=4096)] = Field(640, description="asked of the camera, pixels")
    height_px: Annotated[int, Field(ge=48, le=4096)] = Field(480, description="asked of the camera, pixels")
    fps: Annotated[float, Field(gt=0, le=120)] = Field(
        15,
        description="asked of the camera, and the rate of pictures in a folder; frames per second",
    )
    idle_fps: Annotated[float, Field(ge=1, le=120)] = Field(
        5,
        description="rate while nobody is there and nothing moves (at 5 it wakes within 0.3 s); "
        "frames per second",
    )
    rotate_deg: Literal[0, 90, 180, 270] = Field(
        0, description="how far the picture is turned clockwise until faces stand upright, degrees"
    )
    region: Region = Field(
        (0.0, 0.0, 1.0, 1.0),
        description="the part of the upright picture that is looked at: x, y, width, height as fractions of it",
    )
    format: Literal["auto", "mjpeg", "yuyv"] = Field(
        "auto",
        description="asked of a v4l2 camera: mjpeg comes at full rate over any USB port, yuyv spares the "
        "decoding; auto: mjpeg, else yuyv",
    )
    realtime: bool = Field(True, description="play a file at its own speed; false: as fast as possible")
    loop: bool = Field(False, description="begin a file again at its end")
    clock: Literal["wall", "virtual"] = Field(
        "wall",
        description="virtual: a file is played as fast as possible and all times are those of the recording, "
        "so that every run tells the same to the byte",
    )
    frozen_after_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        5, description="a camera that repeats one picture for so long has failed, seconds; 0: never"
    )
    black_after_s: Annotated[float, Field(ge=0, le=86400)] = Field(
        60,
        description="a picture that is black for so long is told, seconds; 0: never, for rooms that get dark",
    )

    @field_validator("source")
    @classmethod
    def _known_source(cls, source: str) -> str:
        kind, _, rest = source.partition(":")
        is_known = rest if kind in ("file", "v4l2") else source == "picamera2" or rest.isdecimal()
        if kind not in ("file", "v4l2", "picamera2") or not is_known:
            raise ValueError("expected v4l2:NUMBER, v4l2:/dev/PATH, picamera2, picamera2:NUMBER or file:PATH")
        return source

    @field_validator("region", mode="before")
    @classmethod
    def _within_the_picture(cls, region: object) -> Region:
        wanted = "expected four fractions: [x, y, width, height]"
        if not isinstance(region, list | tuple) or len(region) != 4:
            raise ValueError(wanted)
        if not all(type(part) in (int, float) for part in region):
            raise ValueError(wanted)
        x, y, width, height = (float(part) for part in region)
        if not (0 <= x <= 0.95 and 0 <= y <= 0.95 and width >= 0.05 and height >= 0.05):
            raise ValueError("expected x and y from 0 to 0.95, width and height of at least 0.05")
        if x + width > 1 + 1e-6 or y + height > 1 + 1e-6:  # 0.7 + 0.3 is not quite 1
            raise ValueError("expected x + width and y + height to be at most 1")
        return x, y, width, height

    @model_validator(mode="after")
    def _virtual_time_is_of_recordings(self) -> "CameraConfig":
        if self.is_virtual and comes_back(self.source):
            raise ValueError(
                f"clock is virtual and source is {without_login(self.source)!r}; "
                "expected a video, picture or folder"
            )
        return self

    @property
    def is_virtual(self) -> bool:
        """Whether time is that of the recording."""
        return self.clock == "virtual"

    @property
    def is_paced(self) -> bool:
        """Whether a file is played at its own speed."""
        return self.realtime and not self.is_virtual


def comes_back(source: str) -> bool:
    """Whether a source that fails may work again later: a device or a network's camera, not a file."""
    kind, _, address = source.partition(":")
    return kind != "file" or "://" in address


def without_login(address: str) -> str:
    """An address such as rtsp://name:password@host/… with … in the login's place."""
    return re.sub(r"//[^/@]*@", "//…@", address)
