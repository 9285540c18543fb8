"""What these tests share: somebody who hears and says things at a real broker."""

from collections.abc import Callable, Iterator

import paho.mqtt.client as paho
import pytest

from edge.config import MqttConfig
from edge.mqtt.making import make_client


class Listener:
    """A client of a broker that hears everything."""

    def __init__(self, port: int, client_id: str = "") -> None:
        self.heard: list[tuple[str, str]] = []
        mqtt = MqttConfig(host="127.0.0.1", port=port)
        self.client = make_client(mqtt, None, client_id, reconnects=True)
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

    def says_and_hears(self, topic: str) -> bool:
        """Whether a message of ours came back: what the broker keeps came before it."""
        self.say(topic, "")
        return bool(self.all(topic))

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


Listen = Callable[..., Listener]


@pytest.fixture
def listen() -> Iterator[Listen]:
    listeners: list[Listener] = []

    def make(port: int, client_id: str = "") -> Listener:
        listeners.append(Listener(port, client_id))
        return listeners[-1]

    yield make
    for listener in listeners:
        listener.close()
