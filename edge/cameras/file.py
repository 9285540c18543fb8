"""Frames from a file: a video, a folder of pictures, a single picture, or an RTSP address.

Anyone can run the daemon with it, without a camera.
"""

import itertools
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from edge.cameras import Camera
from edge.cameras.orientation import View
from edge.config import CameraConfig
from edge.errors import CameraError, PictureError
from edge.pictures import SUFFIXES, picture_files, read_gray
from edge.records import Frame, Gray

logger = logging.getLogger(__name__)

# FFmpeg waits half a minute for a network camera otherwise; microseconds.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp|timeout;5000000")

_NETWORK = re.compile(r"^(rtsps?|https?)://")
_USUAL_FPS = 25.0


def open_file(address: str, config: CameraConfig) -> Camera:
    """Open what `file:` names. Raises CameraError where it is missing or empty."""
    if _NETWORK.match(address):
        return Stream(address, config)
    path = Path(os.path.expanduser(address))
    if not path.exists():
        raise CameraError(f"{path} is not there; expected a video, a picture or a folder of pictures")
    if path.is_dir() or path.suffix.lower() in SUFFIXES:
        return Pictures(path, config)
    return Video(path, config)


class Video:
    """A video file, at its own speed (`realtime`) or as fast as it can be read."""

    granted = ""
    has_sensor = False

    def __init__(self, path: Path, config: CameraConfig) -> None:
        self.name = f"file:{path}"
        self.is_live = config.is_paced
        self._path, self._loop, self._view = path, config.loop, View.of(config)
        self._capture = _open_video(str(path), f"{path} is not a video that can be read")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self._fps = fps if 0 < fps <= 1000 else _USUAL_FPS
        self._promised = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))

    def __iter__(self) -> Iterator[Frame]:
        pace = _Pace(self._fps, self.is_live)
        index = 0
        while True:
            begun = index
            while (image := self._capture.read()[1]) is not None:
                gray = self._view.see(_to_gray(image))
                time_s = pace.wait(index)
                yield Frame(gray, time_s, time.monotonic(), index)
                index += 1
            self._check_end(index - begun)
            if not self._loop:
                return
            self._capture.release()
            self._capture = _open_video(str(self._path), f"{self._path} can no longer be read")

    def close(self) -> None:
        self._capture.release()

    def _check_end(self, frames: int) -> None:
        """Some containers promise a frame or two too many; a tenth is missing only from a broken file."""
        if not frames or frames < self._promised * 0.9 - 2:
            raise CameraError(f"{self.name} breaks off after {frames} of {self._promised} frames")


class Stream:
    """A network camera."""

    is_live = True
    granted = ""
    has_sensor = False

    def __init__(self, address: str, config: CameraConfig) -> None:
        self._view = View.of(config)
        self.name = re.sub(r"//[^/@]*@", "//", address)
        self._capture = _open_video(address, f"{self.name} does not answer; are address and login right?")

    def __iter__(self) -> Iterator[Frame]:
        for index in itertools.count():
            image = self._capture.read()[1]
            captured_s = time.monotonic()
            if image is None:
                raise CameraError(f"{self.name} gives no more frames")
            stamp_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000 or None
            yield Frame(self._view.see(_to_gray(image)), captured_s, captured_s, index, stamp_s)

    def close(self) -> None:
        self._capture.release()


class Pictures:
    """One picture, or those of a folder in the order of their names, `fps` a second.

    A picture that cannot be read is named, counted and left out.
    """

    granted = ""
    has_sensor = False

    def __init__(self, path: Path, config: CameraConfig) -> None:
        self.name = f"file:{path}"
        self.is_live = config.is_paced
        self._view = View.of(config)
        self._unreadable: set[Path] = set()
        self._paths = picture_files(path) if path.is_dir() else [path]
        self._fps, self._loop = config.fps, config.loop
        self._is_closed = False
        if not self._paths:
            raise CameraError(f"{path} holds no picture; expected {', '.join(sorted(SUFFIXES))}")

    def __iter__(self) -> Iterator[Frame]:
        pace = _Pace(self._fps, self.is_live)
        index = 0
        while not self._is_closed:
            begun = index
            for frame in self._read_all(pace, index):
                yield frame
                index += 1
            if index == begun:
                raise CameraError(f"{self.name}: none of {len(self._paths)} pictures can be read")
            if not self._loop:
                break
        if self._unreadable:
            logger.warning("%s: %d of %d pictures skipped", self.name, len(self._unreadable), len(self._paths))

    def close(self) -> None:
        self._is_closed = True

    def _read_all(self, pace: "_Pace", index: int) -> Iterator[Frame]:
        for path in list(self._paths):
            try:
                gray = self._view.see(read_gray(path))
            except PictureError as error:
                if len(self._paths) == 1:
                    raise CameraError(str(error)) from None
                if path not in self._unreadable:  # in a loop it comes again and again
                    logger.warning("skipped: %s", error)
                self._unreadable.add(path)
                continue
            yield Frame(gray, pace.wait(index), time.monotonic(), index)
            index += 1


class _Pace:
    """The clock of a recording: frame `index` stands at index / fps seconds."""

    def __init__(self, fps: float, is_realtime: bool) -> None:
        self._fps, self._is_realtime = fps, is_realtime
        self._started_s = time.monotonic()

    def wait(self, index: int) -> float:
        """Wait, in real time, until the frame is due; give its time in seconds."""
        due_s = index / self._fps
        if self._is_realtime:
            time.sleep(max(0.0, self._started_s + due_s - time.monotonic()))
        return due_s


def _to_gray(bgr: cv2.typing.MatLike) -> Gray:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def _open_video(address: str, complaint: str) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise CameraError(complaint)
    return capture
