"""A guest at a broker: what the daemon does there is tried, and nothing of it is left."""

import queue
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import MqttConfig
from edge.errors import MienError
from edge.mqtt.making import explain_refusal, explain_silence, make_client
from edge.mqtt.tls import explain_end, explain_tls

#: How long an answer is waited for, seconds.
ANSWER_S = 5.0


class OtherProtocol(MienError):
    """Another version of MQTT might do."""


class Visitor:
    """A short connection, step by step; each answer of the broker is waited for."""

    def __init__(self, mqtt: MqttConfig, password: str | None, protocol: MQTTProtocolVersion) -> None:
        self._mqtt = mqtt
        self._answers: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._client = client = make_client(mqtt, password, f"mien-doctor-{secrets.token_hex(4)}", protocol)
        client.on_connect = lambda client, data, flags, reason, properties: self._tell("connect", reason)
        client.on_disconnect = lambda client, data, flags, reason, properties: self._tell("lost", reason)
        client.on_subscribe = lambda client, data, mid, reasons, properties: self._tell("subscribe", reasons[0])
        client.on_publish = lambda client, data, mid, reason, properties: self._tell("publish", reason)
        client.on_message = lambda client, data, message: self._tell("message", message.topic)

    @contextmanager
    def connected(self) -> Iterator["Visitor"]:
        """Raises MienError where the broker does not let us in."""
        try:
            self._client.connect(self._mqtt.host, self._mqtt.port)
        except (OSError, ValueError) as error:
            where = f"{self._mqtt.host}:{self._mqtt.port}"
            raise MienError(explain_tls(error, self._mqtt) or f"{where}: {error}") from None
        self._client.loop_start()
        try:
            reason = self._wait_for("connect")
            if reason is None and (fault := explain_end(self._mqtt)):
                raise MienError(fault)
            if reason is None:
                raise OtherProtocol(explain_silence(self._mqtt))
            if reason.is_failure:
                kind = OtherProtocol if str(reason) == "Unsupported protocol version" else MienError
                raise kind(explain_refusal(reason, self._mqtt))
            yield self
        finally:
            self._client.disconnect()
            self._client.loop_stop()

    def subscribe(self, topic: str) -> bool:
        self._client.subscribe(topic, qos=1)
        reason = self._wait_for("subscribe")
        return reason is not None and not reason.is_failure

    def publish(self, topic: str) -> str | None:
        """Publish nothing of interest, not retained; why it was refused, where the broker says so."""
        self._client.publish(topic, "mien doctor looks whether this comes back", qos=1)
        reason: ReasonCode | None = self._wait_for("publish")
        return str(reason).lower() if reason is not None and reason.is_failure else None

    def hears(self, topic: str) -> bool:
        return self._wait_for("message", topic) is not None

    def _tell(self, kind: str, value: object) -> None:
        self._answers.put((kind, value))

    def _wait_for(self, wanted: str, value: object = None) -> Any:
        """The broker's next answer of this kind, and of this value where one is given; None: none comes."""
        deadline_s = time.monotonic() + ANSWER_S
        while (left_s := deadline_s - time.monotonic()) > 0:
            try:
                kind, answer = self._answers.get(timeout=left_s)
            except queue.Empty:
                break
            if kind == wanted and value in (None, answer):
                return answer
            if kind == "lost":
                break
            if kind == "message":
                self._answers.put((kind, answer))  # it may come before the answer to what we published
                time.sleep(0.01)
        return None
