"""The daemon, with a camera on a clip whose driver is ours: it gives frames as fast as it can, and fails."""

import itertools
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from edge.cameras import open_camera
from edge.config import CameraConfig
from edge.records import Gray
from tests.edge.fakes.webcam import Fault, OpenWebcam, Webcam
from tests.edge.soak.verdict import FAULT_LINE

FAULTS: tuple[Fault, ...] = get_args(Fault)

#: What opening does not cure, and for how long it lasts.
LASTING: tuple[Fault, ...] = ("unplugged", "black")
_LASTS_S = 3.0


def run_daemon(config: Path, every_s: float) -> int:
    """Run it until SIGTERM, with the clip beside the configuration and a fault every so many seconds."""
    import edge.assembly
    from edge.cli import main

    webcam = Webcam(_endless(config.with_name("clip.mp4")), fps=None)
    trouble = threading.Thread(target=_make_trouble, args=(webcam, every_s), daemon=True)

    def open_webcam(_: object) -> OpenWebcam:
        if not webcam.openings:
            trouble.start()
        return webcam.open()

    edge.assembly.open_camera = open_webcam  # type: ignore[assignment]
    return main(["run", "--config", str(config)])


def _endless(clip: Path) -> Callable[[], Gray]:
    frames = iter(open_camera(CameraConfig(source=f"file:{clip}", realtime=False, loop=True)))
    return lambda: next(frames).gray


def _make_trouble(webcam: Webcam, every_s: float) -> None:
    due_s = time.monotonic()
    for fault in itertools.cycle(FAULTS):
        due_s += every_s
        time.sleep(max(0.0, due_s - time.monotonic()))
        print(FAULT_LINE + fault, file=sys.stderr, flush=True)
        webcam.fault = fault
        if fault in LASTING:
            time.sleep(min(_LASTS_S, every_s / 3))
            webcam.fault = None
