"""The other end: listening to what devices tell."""

import queue
import time
from collections.abc import Iterator, Sequence

import paho.mqtt.client as paho

from edge.config import MqttConfig
from edge.errors import PublishError
from edge.mqtt.making import ANSWER_S, FIRST_ANSWER_S, explain_refusal, explain_silence, make_client, protocols
from edge.mqtt.tls import explain_end, explain_tls
from edge.mqtt.topics import ROOT

#: The broker ended the connection without an answer.
_ENDED = ""


class Subscriber:
    """Receives the messages of one device, or of all.

    Args:
        device: its id; None for all.
        filters: other topics instead.

    Attributes:
        protocol: the version of MQTT that the broker speaks.

    Raises:
        PublishError: the broker does not answer or refuses the connection.
    """

    def __init__(
        self,
        mqtt: MqttConfig,
        password: str | None,
        device: str | None = None,
        filters: Sequence[str] = (),
    ) -> None:
        self._mqtt = mqtt
        self._filters = filters or [f"{ROOT}/{device or '+'}/#"]
        self._messages: queue.Queue[tuple[str, str]] = queue.Queue()
        self._answers: queue.Queue[PublishError | str | None]
        for protocol in protocols(mqtt):
            self._answers = queue.Queue()
            self._client = make_client(mqtt, password, protocol=protocol, reconnects=True)
            is_last = protocol is protocols(mqtt)[-1]
            answer = self._connect(ANSWER_S if is_last else FIRST_ANSWER_S)
            if answer is None:
                self.protocol = protocol
                return
            self.close()
            if isinstance(answer, PublishError):
                raise answer
        raise PublishError(answer)

    def messages(self, patience_s: float) -> Iterator[tuple[str, str] | None]:
        """Topics and payloads as they come; None whenever none came for `patience_s` seconds."""
        while True:
            try:
                yield self._messages.get(timeout=patience_s)
            except queue.Empty:
                yield None

    def clear(self, topic: str) -> None:
        """Have the broker forget what is retained; an empty message that comes back shows that it does."""
        self._client.publish(topic, "", qos=1, retain=True)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connect(self, timeout_s: float) -> PublishError | str | None:
        """Connect and subscribe; gives what is wrong, as text where another version of MQTT might help."""
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._answers.put(None)
        self._client.on_disconnect = lambda *_: self._answers.put(_ENDED)
        self._client.on_message = self._on_message
        broker = f"broker {self._mqtt.host}:{self._mqtt.port}"
        try:
            self._client.connect(self._mqtt.host, self._mqtt.port, self._mqtt.keepalive_s)
        except (OSError, ValueError) as error:
            reason = explain_tls(error, self._mqtt)
            why = getattr(error, "strerror", None) or error
            return PublishError(reason or f"{broker} does not answer ({why}); is it running?")
        self._client.loop_start()
        try:
            answer = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            answer = explain_silence(self._mqtt)
        if answer != _ENDED:
            return answer
        self.close()  # or it would try again meanwhile
        reason = explain_end(self._mqtt)
        return PublishError(reason) if reason else explain_silence(self._mqtt)

    def _on_connect(self, client, userdata, flags, reason, properties) -> None:  # type: ignore[no-untyped-def]
        if reason.is_failure:
            refusal = explain_refusal(reason, self._mqtt)
            is_final = str(reason) != "Unsupported protocol version"
            self._answers.put(PublishError(refusal) if is_final else refusal)
        else:
            client.subscribe([(topic_filter, 1) for topic_filter in self._filters])

    def _on_message(self, client: paho.Client, userdata: object, message: paho.MQTTMessage) -> None:
        self._messages.put((message.topic, message.payload.decode("utf-8", "replace")))


def until(deadline_s: float | None) -> bool:
    """Whether a moment of `time.monotonic` is still to come; None never comes."""
    return deadline_s is None or time.monotonic() < deadline_s
