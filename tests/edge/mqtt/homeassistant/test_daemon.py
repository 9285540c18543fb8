"""What a real broker carries for Home Assistant while the daemon runs."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema
import paho.mqtt.client as paho
import pytest

from edge.config import Config, MqttConfig, parse_config
from edge.mqtt.making import make_client
from edge.service import run_daemon
from tests.conftest import Broker, wait_until
from tests.edge.mqtt.homeassistant.rules import RULES

TOPIC = "homeassistant/device/lab/config"


class Listener:
    """A client of a broker that hears everything, and keeps what is retained as Home Assistant would."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, str]] = []
        self.client = make_client(MqttConfig(host="127.0.0.1", port=port), None, reconnects=True)
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.on_message = self._on_message
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload.decode()))

    def all(self, topic: str) -> list[str]:
        return [payload for heard, payload in list(self.heard) if heard == topic]

    def say(self, topic: str, payload: str, retain: bool = False) -> None:
        self.client.publish(topic, payload, 1, retain).wait_for_publish(5)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def listen() -> Iterator[Callable[[int], Listener]]:
    listeners: list[Listener] = []

    def make(port: int) -> Listener:
        listeners.append(Listener(port))
        return listeners[-1]

    yield make
    for listener in listeners:
        listener.close()


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
    make_mosquitto: Callable[..., Broker], listen: Callable[[int], Listener], clip: Path
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
