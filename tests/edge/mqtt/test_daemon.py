"""The daemon itself, `mien run`, with brokers that fail it."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.config import MqttConfig
from edge.mqtt.subscriber import Subscriber
from edge.records import Frame
from edge.watchdog import Watchdog
from tests.conftest import Broker, wait_until
from tests.edge.rig import Rig
from tests.edge.test_service import StallingCamera


class LivelyCamera(StallingCamera):
    """Gives frames until it is let go."""

    def __init__(self) -> None:
        super().__init__(frames=0)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        while not self.let_go.wait(0.05):
            now_s = time.monotonic()
            yield Frame(np.zeros((480, 640), np.uint8), now_s, now_s, index)
            index += 1


def waiting(outbox: Path) -> list[tuple[str, str]]:
    """What a daemon that was killed has left."""
    with closing(sqlite3.connect(outbox)) as db:
        return list(db.execute("SELECT topic, payload FROM entries ORDER BY number"))


@pytest.mark.broker
def test_what_waited_when_the_daemon_was_killed_is_told_by_the_next_in_order(
    make_mosquitto: Callable[..., Broker], clip: Path, tmp_path: Path
) -> None:
    broker = make_mosquitto()
    broker.stop()
    outbox, config = tmp_path / "outbox.db", tmp_path / "mien.toml"
    config.write_text(
        f'device = {{ id = "lab" }}\ncamera = {{ source = "file:{clip}", loop = true }}\n'
        f'mqtt = {{ host = "127.0.0.1", port = {broker.port} }}\npublish = {{ outbox = "{outbox}" }}\n'
    )
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    wal = tmp_path / "outbox.db-wal"
    assert wait_until(lambda: wal.exists() and wal.read_bytes().count(b'"type":"new"') > 1, 30)
    first.kill()
    first.wait()
    left = waiting(outbox)
    assert len(left) > 1
    broker.start()
    subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=broker.port), None, "lab")
    second = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        stream, heard = subscriber.messages(0.1), list[tuple[str, str]]()

        def has_come() -> bool:
            message = next(stream)
            heard.extend([message] if message and "/faces/" in message[0] else [])
            return len([m for m in heard if '"update"' not in m[1]]) >= len(left)

        assert wait_until(has_come, 30)
        events = [message for message in heard if '"update"' not in message[1]]
        assert events[: len(left)] == left, "with the session and seq that they were made with"
    finally:
        second.send_signal(signal.SIGTERM)
        second.wait(20)
        subscriber.close()
    assert waiting(outbox) == [], "and is forgotten once it has arrived"


def test_a_slow_broker_makes_the_status_degraded_and_says_so() -> None:
    camera = LivelyCamera()
    rig = Rig(lambda: camera, Watchdog(None))
    assert wait_until(lambda: rig.told("status") == ["online"])
    rig.transport.problem = "the broker has not acknowledged a message for 5 s"
    assert wait_until(lambda: rig.told("status")[-1] == "degraded")
    assert wait_until(lambda: rig.last("info")["problems"] == {"broker": rig.transport.problem})
    rig.transport.problem = None
    assert wait_until(lambda: rig.told("status")[-1] == "online")
    assert wait_until(lambda: bool(rig.told("health")), 8), "what went wrong is told soon"
    told = json.loads(rig.told("health")[0])
    assert told["dropped_by_reason"] == {} and told["waiting_messages"] == 0
    camera.let_go.set()
    rig.end()
