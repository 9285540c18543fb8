"""A real daemon in this process, between a camera and a transport of ours."""

import json
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.assembly import make_publisher, open_accelerator
from edge.cameras.recovery import RecoveringCamera
from edge.config import parse_config
from edge.daemon import Daemon
from edge.emotion.bundle import load_bundle
from edge.mqtt.inbox import Inbox
from edge.mqtt.transport import Handle
from edge.privacy import Privacy
from edge.watchdog import Watchdog

DEVICE = "lab"


class CollectingTransport:
    """An edge of the world that keeps what it is given."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.sent: list[tuple[str, str]] = []
        self.dropped: dict[str, int] = {}
        self.waiting = 0
        self.problem: str | None = None

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        self.inbox.subscribe(topic_filter, handle)

    def deliver(self) -> None:
        self.inbox.deliver()

    def start(self, on_connect: Callable[[], None]) -> None:
        on_connect()

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        self.sent.append((topic, payload))

    def close(self) -> None:
        pass


class Rig:
    """A daemon on a camera of ours, and what it told.

    Args:
        open_camera: gives one; raises CameraError.
        settings: of the table camera.
        folder: where the privacy switch keeps its position; default: one that is gone afterwards.
        waiting: whether the camera comes back, and whether it is waited for at the start.
    """

    def __init__(
        self,
        open_camera: Callable[[], Any],
        watchdog: Watchdog,
        settings: dict[str, Any] | None = None,
        folder: Path | None = None,
        **waiting: bool,
    ) -> None:
        #: What the command reload reads; to be changed by tests.
        self.tables: dict[str, Any] = {
            "device": {"id": DEVICE},
            "model": {"accelerator": "cpu"},
            "camera": settings or {},
        }
        config = parse_config(self.tables)
        bundle = load_bundle("mini_xception")
        self._temporary = tempfile.TemporaryDirectory()
        self.privacy = Privacy(folder or Path(self._temporary.name))
        self.transport = CollectingTransport()
        self.camera = RecoveringCamera(
            open_camera, watchdog.stages, config.camera, **{"comes_back": True, "waits": False} | waiting
        )
        daemon = Daemon(
            config,
            bundle,
            open_accelerator(bundle, config, watchdog),
            self.transport,
            make_publisher(config, self.transport),
            self.camera,
            watchdog,
            self.privacy,
            load=lambda: parse_config(self.tables),
        )
        self.stop = threading.Event()
        self._worker = threading.Thread(target=daemon.work, args=(self.stop,), daemon=True)
        self._worker.start()

    def hear(self, kind: str, payload: str | bytes, *, is_retained: bool = False) -> None:
        """Have somebody send a message to a topic of the device."""
        content = payload.encode() if isinstance(payload, str) else payload
        self.transport.inbox.put(f"mien/{DEVICE}/{kind}", content, is_retained)

    def told(self, kind: str) -> list[str]:
        return [payload for topic, payload in self.transport.sent if topic == f"mien/{DEVICE}/{kind}"]

    def last(self, kind: str) -> dict[str, Any]:
        """The newest JSON message of a kind; empty where there is none."""
        told = self.told(kind)
        return dict(json.loads(told[-1])) if told else {}

    def end(self) -> None:
        self.stop.set()
        self._worker.join(5)
        assert not self._worker.is_alive()
        self._temporary.cleanup()
