"""One look through the page: what a browser or a terminal is shown, as JSON has it."""

import base64
import statistics
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import cv2

from edge.config import ViewConfig
from edge.records import Face, Gray, Reading
from edge.view.minutes import STEP_S, STEPS
from edge.view.observer import Observer, Seen

#: Faces can be told from one another in this, and little else.
_JPEG_QUALITY = 60


@dataclass(frozen=True, slots=True)
class Facts:
    """What the daemon says of itself.

    Attributes:
        status: as its topic has it.
        problems: what keeps it from `online`, a line for each part.
        camera: what is open, with what it granted; None where nothing is.
        accelerator: what faces are classified on.
        coral: what is wrong with a Coral that was asked for or is there; None where nothing is.
        broker: where messages go.
        is_connected: whether they get there.
        waiting: how many messages have yet to arrive.
        is_private: whether the privacy switch has the camera closed.
    """

    device: str
    status: str
    problems: Mapping[str, str]
    camera: str | None
    accelerator: str
    coral: str | None
    broker: str
    is_connected: bool
    waiting: int
    is_private: bool


class Subject(Protocol):
    """What is looked at: the daemon. Both are called from threads of the onlooker."""

    def facts(self) -> Facts: ...

    def set_privacy(self, on: bool) -> None:
        """Have the camera closed, or opened; when this returns, that outlives the power.

        Raises:
            MienError: it cannot be kept.
        """
        ...


def take_snapshot(seen: Seen | None, observer: Observer, facts: Facts, config: ViewConfig) -> dict[str, Any]:
    """What is seen now. The picture is made here, and only here."""
    return {
        "frame": _frame(seen, config) if seen and not facts.is_private else None,
        "fps": round(observer.frames_per_s(), 1),
        "stages": _stages(observer),
        "device": asdict(facts),
    }


def _frame(seen: Seen, config: ViewConfig) -> dict[str, Any]:
    frame, processed = seen.frame, seen.processed
    height_px, width_px = frame.gray.shape
    readings = {reading.track: reading for reading in processed.readings}
    return {
        "number": seen.number,
        "width_px": width_px,
        "height_px": height_px,
        "age_ms": round((time.monotonic() - frame.captured_s) * 1000),
        "picture": _picture(frame.gray, config.picture_width_px) if config.pictures else None,
        "searched": processed.searched,
        "windows": [window.clip(height_px, width_px).as_list() for window in processed.windows],
        "faces": [
            _face(face, readings.get(face.track), processed.reasons.get(face.track)) for face in processed.faces
        ],
    }


def _face(face: Face, reading: Reading | None, reason: str | None) -> dict[str, Any]:
    return {
        "track": face.track,
        "box": face.box.as_list(),
        "is_seen": face.is_seen,
        "reason": reason,
        "emotion": reading.emotion if reading else None,
        "confidence": round(reading.confidence, 3) if reading else None,
    }


def _picture(gray: Gray, width_px: int) -> str:
    """The frame, small, as an address that holds it."""
    height, width = gray.shape
    if width > width_px:
        size = (width_px, max(1, round(height * width_px / width)))
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    _, jpeg = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(jpeg.tobytes()).decode()


def _stages(observer: Observer) -> dict[str, dict[str, float]]:
    """Median and the highest of each step, milliseconds a frame, of the last seconds."""
    by_stage: dict[str, list[float]] = {}
    for stage_ms in observer.recent_ms():
        for stage, elapsed_ms in stage_ms.items():
            by_stage.setdefault(stage, []).append(elapsed_ms)
    return {
        stage: {"median": round(statistics.median(values), 2), "most": round(max(values), 2)}
        for stage, values in by_stage.items()
    }


def take_moods(observer: Observer) -> dict[str, Any]:
    """The moods of the last minutes: for each step of so many seconds the share of each emotion."""
    steps = [
        {"ago": ago, "shares": {name: round(share, 3) for name, share in shares.items()}}
        for ago, shares in observer.moods()
    ]
    return {"step_s": STEP_S, "steps": STEPS, "seen": steps}
