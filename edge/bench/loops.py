"""Both loops over the same frames, in turn, at full speed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import cv2

from edge.assembly import make_pipeline
from edge.bench.meter import Spent, StageMeter
from edge.cameras import open_camera
from edge.config import CameraConfig, Config
from edge.emotion.classifier import Classifier
from edge.faces.detector import HaarDetector
from edge.mqtt.publisher import Publisher
from edge.pipeline import Pipeline
from edge.records import Box, Frame

#: Told how many frames are done.
Progress = Callable[[int], None]


@dataclass(slots=True)
class Loop:
    """What one loop did: milliseconds and boxes of each frame."""

    spent: Spent = field(default_factory=Spent)
    boxes: list[list[Box]] = field(default_factory=list)


@dataclass(slots=True)
class Loops:
    """Both loops over the same frames, and what only ours has.

    Attributes:
        times_s: of the frames, by the camera's clock.
    """

    ours: Loop = field(default_factory=Loop)
    plain: Loop = field(default_factory=Loop)
    capture: Spent = field(default_factory=Spent)
    meter: StageMeter = field(default_factory=StageMeter)
    times_s: list[float] = field(default_factory=list)
    frame_size: str = ""


def run_loops(
    config: Config, classifier: Classifier, publisher: Publisher, limit: int, progress: Progress
) -> Loops:
    """Give every frame of a source to both; `config.camera` says which.

    Args:
        limit: how many frames at most.
    """
    loops = Loops()
    pipeline = make_pipeline(config, classifier, publisher, loops.meter)
    plain = HaarDetector(scale_factor=1.1, min_neighbors=5)
    for frame in _frames(config.camera, limit, loops.capture):
        _run_ours(pipeline, frame, loops)
        _run_plain(plain, classifier, frame, loops.plain)
        progress(len(loops.times_s))
    return loops


def _run_ours(pipeline: Pipeline, frame: Frame, loops: Loops) -> None:
    with loops.ours.spent.clock():
        processed = pipeline.process(frame)
    loops.ours.boxes.append([face.box for face in processed.faces])
    loops.times_s.append(frame.time_s)
    loops.frame_size = f"{frame.gray.shape[1]}x{frame.gray.shape[0]}"


def _run_plain(detector: HaarDetector, classifier: Classifier, frame: Frame, loop: Loop) -> None:
    gray = frame.gray
    height, width = gray.shape
    if gray.shape != (480, 640):
        gray = cv2.resize(gray, (640, 480), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    with loop.spent.clock():
        found = detector.find(gray, min_px=0)
        for box in found:
            classifier.scores(gray, box)
    loop.boxes.append([_scaled(box, width / 640, height / 480) for box in found])


def _frames(config: CameraConfig, limit: int, capture: Spent) -> Iterator[Frame]:
    """Frames, with the time of their capture, decoding and turning to grey taken beforehand."""
    camera = open_camera(config)
    try:
        frames = islice(camera, limit)
        while True:
            with capture.clock():
                frame = next(frames, None)
            if frame is None:
                capture.cpu_ms.pop()
                capture.wall_ms.pop()
                return
            yield frame
    finally:
        camera.close()


def _scaled(box: Box, across: float, down: float) -> Box:
    return Box(round(box.x * across), round(box.y * down), round(box.width * across), round(box.height * down))
