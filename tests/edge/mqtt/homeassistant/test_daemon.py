"""What a real broker carries for Home Assistant while the daemon runs."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from edge.config import Config, PublishConfig, parse_config
from edge.mqtt.homeassistant import announcer
from edge.mqtt.homeassistant.announcer import Announcer
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.mqtt.transport import Handle, Received
from edge.service import run_daemon
from tests.conftest import Broker, wait_until
from tests.edge.mqtt.homeassistant.conftest import Listen
from tests.edge.mqtt.homeassistant.rules import RULES
from tests.edge.test_publisher import Collector

TOPIC = "homeassistant/device/lab/config"


@contextmanager
def running(config: Config) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=run_daemon, args=(config, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def configure(port: int, clip: Path, device: str = "lab", **homeassistant: Any) -> Config:
    return parse_config(
        {
            "device": {"id": device},
            "camera": {"source": f"file:{clip}", "loop": True},
            "model": {"accelerator": "cpu"},
            "mqtt": {"host": "127.0.0.1", "port": port},
            "homeassistant": {"enabled": True} | homeassistant,
        }
    )


@pytest.mark.broker
def test_the_device_is_announced_at_every_connect_and_without_the_setting_never(
    make_mosquitto: Callable[..., Broker], listen: Listen, clip: Path
) -> None:
    broker = make_mosquitto()
    listener = listen(broker.port)
    with running(configure(broker.port, clip)):
        assert wait_until(lambda: bool(listener.all(TOPIC)))
        jsonschema.validate(json.loads(listener.all(TOPIC)[0]), RULES)
        late = listen(broker.port)
        assert wait_until(lambda: bool(late.all(TOPIC))), "it is retained"
        broker.stop()
        broker.start()
        assert wait_until(lambda: len(listener.all(TOPIC)) > 1), "a broker that forgot it is told again"
    other = listen(broker.port)
    with running(configure(broker.port, clip, "quiet", enabled=False)):
        assert wait_until(lambda: bool(other.all("mien/quiet/state")))
    assert not other.all("homeassistant/device/quiet/config")


@pytest.mark.broker
def test_it_answers_when_home_assistant_starts(
    make_mosquitto: Callable[..., Broker],
    listen: Listen,
    clip: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(announcer, "_LONGEST_WAIT_S", 0.5)
    broker = make_mosquitto()
    listener = listen(broker.port)
    with running(configure(broker.port, clip, birth_topic="ha/says")):
        assert wait_until(lambda: bool(listener.all("mien/lab/health"))), "values follow what was announced"
        listener.heard.clear()
        listener.say("ha/says", "offline")
        listener.say("homeassistant/status", "online")
        assert not wait_until(lambda: bool(listener.all(TOPIC)), 1), "that was not its birth"
        listener.say("ha/says", "online")
        wanted = {TOPIC, "mien/lab/status", "mien/lab/info", "mien/lab/state"}
        assert wait_until(lambda: wanted <= {topic for topic, _ in listener.heard})


class Answering(Collector):
    """A transport that hands over what the broker would."""

    def __init__(self) -> None:
        super().__init__()
        self.handlers: dict[str, Handle] = {}

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        self.handlers[topic_filter] = handle

    def receive(self, topic: str, payload: bytes) -> None:
        self.handlers[topic](Received(topic, payload, len(payload), is_retained=False))


def test_devices_do_not_answer_at_once_and_values_follow_when_entities_are_there() -> None:
    waits = set()
    for _ in range(20):
        transport, now_s = Answering(), 100.0
        publisher = Publisher(transport, Topics("lab"), PublishConfig())
        publisher.start()
        config = parse_config({"device": {"id": "lab"}, "homeassistant": {"enabled": True}})
        told = Announcer(config, ["happy"], transport, publisher, clock=lambda: 100.0)
        transport.sent.clear()
        transport.receive("homeassistant/status", b"online")
        while not transport.sent:
            assert not told.tend(now_s), "nobody waits for values yet"
            now_s += 0.1
            assert now_s < 106, "within five seconds"
        waits.add(round(now_s, 1))
        transport.receive(TOPIC, b"{}")
        assert not told.tend(101.9)
        assert told.tend(102.1)
        assert not told.tend(110), "once"
    assert len(waits) > 5
