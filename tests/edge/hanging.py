"""The daemon with one part that hangs, as drivers do: python -m tests.edge.hanging STAGE CLIP"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import edge.assembly
import edge.service
from edge.cli import main
from edge.emotion.accelerator import Accelerator
from edge.faces.schedule import FaceFinder
from edge.mqtt.transport import Handle
from edge.records import Frame

_FOR_EVER_S = 600


def sleep(*_: object, **__: object) -> Any:
    """Never return in the time of a test; like a driver, without holding Python's lock."""
    time.sleep(_FOR_EVER_S)


class SilentCamera:
    name = "silent"
    is_live = True
    has_sensor = False

    def __iter__(self) -> Iterator[Frame]:
        now_s = time.monotonic()
        yield Frame(np.zeros((480, 640), np.uint8), now_s, now_s, 0)
        sleep()

    def close(self) -> None:
        pass


class HangingFinder(FaceFinder):
    find = sleep


class HangingAccelerator(Accelerator):
    def scores(self, *_: Any) -> Any:
        with self._stages.during("loop", "classify"):
            sleep()


class HangingTransport:
    dropped: dict[str, int] = {}
    waiting = 0
    problem = None

    def __init__(self) -> None:
        self.is_started = threading.Event()

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        pass

    def deliver(self) -> None:
        pass

    def start(self, on_connect: Callable[[], None]) -> None:
        pass

    send = close = sleep


PARTS: dict[str, tuple[Any, str, Any]] = {
    "camera open": (edge.assembly, "open_camera", sleep),
    "camera": (edge.assembly, "open_camera", lambda _: SilentCamera()),
    "search": (edge.assembly, "FaceFinder", HangingFinder),
    "classify": (edge.assembly, "Accelerator", HangingAccelerator),
    "publish": (edge.service, "make_transport", lambda _: HangingTransport()),
}

if __name__ == "__main__":
    stage, config = sys.argv[1:]
    setattr(*PARTS[stage])
    edge.assembly.comes_back = lambda source: True
    sys.exit(main(["run", "--config", config]))
