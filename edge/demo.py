"""Everything on one machine: an embedded broker, the daemon's own pipeline, a subscriber."""

import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.clip import write_clip
from edge.config import Config, parse_config
from edge.errors import MienError
from edge.mqtt.embedded import embedded_broker
from edge.mqtt.subscriber import Subscriber
from edge.mqtt.topics import STOPPED
from edge.service import run_daemon

_DEVICE = "demo"
_FAREWELL_S = 3.0


class Demo:
    """A daemon and what it tells. Use `running_demo`."""

    def __init__(self, config: Config) -> None:
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._config = config
        self._subscriber = Subscriber(config.mqtt, None, _DEVICE)
        self._thread = threading.Thread(target=self._run, name="daemon")

    def messages(self, seconds: float) -> Iterator[tuple[str, str] | None]:
        """Topics and payloads for a time, with those of the daemon's farewell; None while it is quiet.

        Raises what ended the daemon, where something did.
        """
        self._thread.start()
        deadline_s = time.monotonic() + seconds
        try:
            for message in self._subscriber.messages(patience_s=0.2):
                yield message
                is_last = message is not None and message[0].endswith("/status") and message[1] == STOPPED
                if time.monotonic() > deadline_s:
                    self._stop.set()
                if is_last or self._failure or time.monotonic() > deadline_s + _FAREWELL_S:
                    break
        finally:
            self._stop.set()
            self._thread.join(_FAREWELL_S)
            self._subscriber.close()
        if self._failure:
            raise self._failure

    def _run(self) -> None:
        try:
            run_daemon(self._config, self._stop)
        except MienError as failure:
            self._failure = failure


@contextmanager
def running_demo(source: str | None, bundle: str) -> Iterator[Demo]:
    """Start a broker and prepare a daemon on a source, or on a clip made for it.

    Raises:
        MienError: the extra `demo` is missing, or the source or the model cannot be used.
    """
    with tempfile.TemporaryDirectory(prefix="mien-demo-") as folder, embedded_broker() as port:
        if source is None:
            clip = Path(folder) / "astronaut.mp4"
            write_clip(clip, seconds=12, empty_s=2, fps=15)
            source = f"file:{clip}"
        yield Demo(_demo_config(source, bundle, port, folder))


def _demo_config(source: str, bundle: str, port: int, folder: str) -> Config:
    return parse_config(
        {
            "device": {"id": _DEVICE},
            "camera": {"source": source, "loop": True},
            "model": {"bundle": bundle},
            "mqtt": {"host": "127.0.0.1", "port": port, "protocol": "3.1.1"},  # the broker knows no other
            "publish": {"heartbeat_s": 2},
            "privacy": {"folder": folder},
        }
    )
