"""The other end: listening to what devices tell."""

import queue
import time
from collections.abc import Iterator

import paho.mqtt.client as paho

from edge.config import MqttConfig
from edge.errors import PublishError
from edge.mqtt.client import explain_refusal, make_client
from edge.mqtt.topics import ROOT

#: How long a broker may take to answer, in seconds.
_ANSWER_S = 5.0

_NO_BROKER = "{} does not answer as an MQTT broker does; is the port right?"


class Subscriber:
    """Receives the messages of one device, or of all.

    Args:
        device: its id; None for all.

    Raises:
        PublishError: the broker does not answer or refuses the connection.
    """

    def __init__(self, mqtt: MqttConfig, password: str | None, device: str | None = None) -> None:
        self._mqtt = mqtt
        self._broker = f"broker {mqtt.host}:{mqtt.port}"
        self._filter = f"{ROOT}/{device or '+'}/#"
        self._messages: queue.Queue[tuple[str, str]] = queue.Queue()
        self._answers: queue.Queue[str | None] = queue.Queue()
        self._client = make_client(mqtt, password)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._answers.put(None)
        self._client.on_disconnect = lambda *_: self._answers.put(_NO_BROKER.format(self._broker))
        self._client.on_message = self._on_message
        self._connect()

    def messages(self, patience_s: float) -> Iterator[tuple[str, str] | None]:
        """Topics and payloads as they come; None whenever none came for `patience_s` seconds."""
        while True:
            try:
                yield self._messages.get(timeout=patience_s)
            except queue.Empty:
                yield None

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connect(self) -> None:
        try:
            self._client.connect(self._mqtt.host, self._mqtt.port, self._mqtt.keepalive_s)
        except OSError as error:
            reason = error.strerror or error
            raise PublishError(f"{self._broker} does not answer ({reason}); is it running?") from None
        self._client.loop_start()
        try:
            refusal = self._answers.get(timeout=_ANSWER_S)
        except queue.Empty:
            refusal = _NO_BROKER.format(self._broker)
        if refusal:
            self.close()
            raise PublishError(refusal)

    def _on_connect(self, client, userdata, flags, reason, properties) -> None:  # type: ignore[no-untyped-def]
        if reason.is_failure:
            self._answers.put(explain_refusal(reason, self._mqtt))
        else:
            client.subscribe(self._filter, qos=1)

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        self._messages.put((message.topic, message.payload.decode("utf-8", "replace")))


def until(deadline_s: float | None) -> bool:
    """Whether a moment of `time.monotonic` is still to come; None never comes."""
    return deadline_s is None or time.monotonic() < deadline_s
