"""A made device's connection: what MqttTransport does, on a loop that it shares with all the others."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import MqttConfig
from edge.mqtt.delivery import Delivery
from edge.mqtt.making import ANSWER_S, cut_client, make_client
from edge.mqtt.outbox import Outbox
from edge.mqtt.topics import OFFLINE, Topics
from edge.mqtt.transport import Handle
from edge.simulate.loop import Loop
from edge.simulate.tally import Tally

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0

#: What may wait while the broker is away; a fleet's outboxes are all in our memory.
_OUTBOX_MESSAGES, _OUTBOX_AGE_S = 200, 3600.0


@dataclass(frozen=True, slots=True)
class Way:
    """How to get to the broker, and who goes there."""

    mqtt: MqttConfig
    password: str | None
    protocol: MQTTProtocolVersion


class Link:
    """A Transport whose client runs on a loop."""

    problem = None

    def __init__(self, way: Way, topics: Topics, client_id: str, loop: Loop, tally: Tally) -> None:
        self._way, self._loop, self._tally = way, loop, tally
        self._outbox = Outbox(None, _OUTBOX_MESSAGES, _OUTBOX_AGE_S)
        self._delivery = Delivery(self._outbox)
        self._awaited: set[int] = set()
        self._retained: set[str] = set()
        self._is_up = self._is_closing = self._is_answered = False
        self._pause_s = _SHORTEST_PAUSE_S
        self.sent = 0
        self._client = client = make_client(way.mqtt, way.password, client_id, way.protocol)
        client.will_set(topics.status, OFFLINE, qos=1, retain=True)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish = self._on_publish
        loop.adopt(client)

    @property
    def dropped(self) -> Mapping[str, int]:
        return self._outbox.dropped

    @property
    def waiting(self) -> int:
        return len(self._outbox)

    @property
    def is_up(self) -> bool:
        return self._is_up

    @property
    def is_done(self) -> bool:
        """Whether the broker has all that it is to have, or is not there to have it."""
        return not self._is_up or (self._delivery.is_done and not self._client.want_write())

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        """Made devices obey nobody."""

    def deliver(self) -> None:
        pass

    def start(self, on_connect: Callable[[], None]) -> None:
        self._tell_connected = on_connect
        self._connect()

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        if retain:
            self._retained.add(topic)
            if (number := self._publish(topic, payload, 1, retain=True)) is not None:
                self._delivery.expect(number)
        elif qos:
            self._outbox.add(topic, payload)
            self._delivery.proceed()
        elif self._publish(topic, payload, 0) is None:
            self._tally.dropped += 1
        self._loop.settle(self._client)

    def close(self) -> None:
        """Nothing more is told; what is on its way goes as the loop goes on."""
        self._is_closing = True

    def forget(self) -> None:
        """Take back what the broker keeps of us."""
        for topic in sorted(self._retained):
            self.send(topic, "", retain=True)

    def leave(self) -> None:
        self._client.disconnect()
        self._loop.settle(self._client)

    def _publish(self, topic: str, payload: str, qos: int, retain: bool = False) -> int | None:
        if not self._is_up:
            return None
        info = self._client.publish(topic, payload, qos, retain)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            return None
        if qos:
            self._awaited.add(info.mid)
        self.sent += 1
        self._tally.sent += 1
        self._tally.sent_bytes += len(payload)
        return info.mid

    def _connect(self) -> None:
        if self._is_closing:
            return
        mqtt, self._is_answered = self._way.mqtt, False
        try:
            self._client.connect(mqtt.host, mqtt.port, mqtt.keepalive_s)
        except (OSError, ValueError) as error:
            self._tally.refused[str(getattr(error, "strerror", None) or error).lower()] += 1
            self._connect_later()
            return
        self._loop.settle(self._client)
        wire = self._client.socket()
        self._loop.call_at(time.monotonic() + ANSWER_S, lambda: self._expect_answer(wire))

    def _expect_answer(self, wire: object) -> None:
        """A broker that hangs lets the system take connections, and answers none."""
        if not self._is_up and wire is not None and self._client.socket() is wire:
            cut_client(self._client)

    def _connect_later(self) -> None:
        pause_s = random.uniform(0.5, 1) * self._pause_s
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._loop.call_at(time.monotonic() + pause_s, self._connect)

    def _on_connect(
        self,
        client: paho.Client,
        data: object,
        flags: object,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._is_answered = True
        if reason.is_failure:
            self._tally.refused[str(reason).lower()] += 1
            return
        self._is_up, self._pause_s = True, _SHORTEST_PAUSE_S
        self._tally.connected += 1
        self._awaited.clear()
        self._tell_connected()
        self._delivery.begin(lambda topic, payload: self._publish(topic, payload, 1))

    def _on_disconnect(
        self,
        client: paho.Client,
        data: object,
        flags: object,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._is_up:
            self._is_up = False
            self._tally.connected -= 1
            self._tally.lost_connections += not self._is_closing
            self._delivery.end()
        elif not self._is_answered and not self._is_closing:
            self._tally.refused["ended without an answer"] += 1
        if not self._is_closing:
            self._connect_later()

    def _on_publish(
        self, client: paho.Client, data: object, number: int, reason: ReasonCode, more: Properties | None
    ) -> None:
        if number in self._awaited:
            self._awaited.discard(number)
            self._tally.acknowledged += 1
            self._delivery.settle([(number, str(reason) if reason.is_failure else None)])
