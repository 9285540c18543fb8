"""One connection to a broker after another, for as long as the daemon lives; what happens is said once."""

import logging
import queue
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.config import MqttConfig
from edge.errors import ConfigError
from edge.mqtt.events import Event, Events, take_events, tell_events
from edge.mqtt.making import (
    ANSWER_S,
    FIRST_ANSWER_S,
    TAKEN_OVER,
    cut_client,
    end_client,
    make_client,
    name_protocol,
    protocols,
)
from edge.mqtt.outages import Outages
from edge.mqtt.pauses import GOOD_S, Pauses

logger = logging.getLogger(__name__)

#: How often there is a look at what waits, where nothing happens.
_TICK_S = 1.0

#: How long the threads may take to end; one that looks up a name cannot be hurried.
_END_S = 3.0

#: MQTT 5 keeps the broker from sending what is larger; what is too large and smaller gets an answer. Bytes.
_MOST_PACKET_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker takes: unacknowledged messages at a time, and bytes of one; None: it did not say."""

    unacknowledged: int | None = None
    packet_bytes: int | None = None


class Owner(Protocol):
    """Is told what happens, from the connection's own thread; of messages, from paho's."""

    def on_up(self, limits: Limits) -> None: ...

    def on_answers(self, answers: list[tuple[int, str | None]]) -> None:
        """The broker acknowledged messages, or, with a reason, refused them."""
        ...

    def on_down(self) -> None: ...

    def on_tick(self) -> None:
        """About once a second while connected."""
        ...

    def on_message(self, topic: str, payload: bytes, is_retained: bool) -> None:
        """Somebody else sent something. Must not wait."""
        ...


class Connection:
    """Connects, and connects again with growing, jittered pauses.

    Args:
        will: topic and payload of what the broker tells, retained, when we vanish.
    """

    def __init__(
        self, mqtt: MqttConfig, password: str | None, client_id: str, will: tuple[str, str], owner: Owner
    ) -> None:
        self._mqtt, self._password, self._client_id, self._will = mqtt, password, client_id, will
        self._owner = owner
        self._protocols = protocols(mqtt)
        self._protocol = self._protocols[0]
        self._is_protocol_known = self._is_taken_over = False
        self._client: paho.Client | None = None
        self._outages = Outages(mqtt, client_id)
        self._subscriptions: dict[int, str] = {}  # by the number under which the broker answers
        self._events = queue.SimpleQueue[Event]()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt connection", daemon=True)
        make_client(mqtt, password)  # a file that cannot be used is said before anything begins

    @property
    def is_up(self) -> bool:
        return self._client is not None and self._client.is_connected()

    def start(self) -> None:
        self._thread.start()

    def publish(self, topic: str, payload: str, qos: int, retain: bool) -> int | None:
        """Hand a message over; gives its number, None where there is no connection."""
        client = self._client
        if client is None or not client.is_connected():
            return None
        info = client.publish(topic, payload, qos, retain)
        return info.mid if info.rc == paho.MQTT_ERR_SUCCESS else None

    def subscribe(self, topic_filter: str) -> None:
        """Have what others send to some topics told to the owner; to be called at every connect."""
        client = self._client
        assert client is not None
        if self._protocol is MQTTProtocolVersion.MQTTv5:
            _, number = client.subscribe(topic_filter, options=SubscribeOptions(1, retainAsPublished=True))
        else:
            _, number = client.subscribe(topic_filter, qos=1)
        self._subscriptions[number or 0] = topic_filter

    def cut(self) -> None:
        """End this connection as a cable would; another one follows."""
        if client := self._client:
            cut_client(client)
            self._events.put(Event("gone"))

    def close(self) -> None:
        self._stop.set()
        if client := self._client:
            client.disconnect()
        if self._thread.is_alive():
            self._thread.join(_END_S)

    def _run(self) -> None:
        pauses = Pauses()
        while not self._stop.is_set():
            protocol, begun_s = self._protocol, time.monotonic()
            was_up = self._is_taken_over = False
            try:
                was_up = self._connect_once()
            except Exception:  # whatever a broker makes paho stumble over, this thread has to live
                logger.exception("the connection failed in a way that it should not")
            held_s = time.monotonic() - begun_s if was_up else None
            if held_s is not None and not self._stop.is_set():
                self._outages.note_life(is_short=held_s <= GOOD_S)
            if self._protocol in (protocol, self._protocols[0]):  # else another version is tried at once
                self._stop.wait(random.uniform(0.5, 1) * pauses.after(held_s, self._is_taken_over))

    def _connect_once(self) -> bool:
        """Hold one connection from beginning to end; whether the broker let us in."""
        self._events = events = queue.SimpleQueue[Event]()
        try:
            client = self._make_client(events)
            properties = _connect_properties(self._protocol)
            client.connect(self._mqtt.host, self._mqtt.port, self._mqtt.keepalive_s, properties=properties)
        except ConfigError as error:  # a certificate that was replaced by something else
            self._outages.say_once(str(error))
            return False
        except (OSError, ValueError) as error:  # ValueError: what OpenSSL says of a name that it cannot check
            self._outages.say_unreachable(error)
            return False
        client.loop_start()
        self._client = client
        try:
            is_let_in = self._await_answer(events)
            if is_let_in:
                self._hold(events)
            return is_let_in
        finally:
            self._client = None
            end_client(client)

    def _make_client(self, events: Events) -> paho.Client:
        client = make_client(self._mqtt, self._password, self._client_id, self._protocol)
        client.will_set(*self._will, qos=1, retain=True)
        tell_events(client, events, self._owner.on_message)
        return client

    def _await_answer(self, events: Events) -> bool:
        """Whether the broker lets us in; says why not."""
        try:
            is_first = self._protocol is not self._protocols[-1] and not self._is_protocol_known
            event = events.get(timeout=FIRST_ANSWER_S if is_first else ANSWER_S)
        except queue.Empty:
            event = Event("gone")
        if event.kind != "answer" or event.reason is None:
            if not self._stop.is_set() and not (event.reason and self._outages.say_ended()):
                self._try_other_protocol(self._outages.say_silent)
            return False
        reason = event.reason
        if str(reason) == "Unsupported protocol version":
            self._is_protocol_known = False
            self._try_other_protocol(lambda: self._outages.say_refused(reason))
        elif reason.is_failure:
            self._outages.say_refused(reason)
        else:
            self._is_protocol_known = True
            self._outages.end(name_protocol(self._protocol))
            self._owner.on_up(_limits(event.properties))
        return not reason.is_failure

    def _try_other_protocol(self, complain: Callable[[], None]) -> None:
        """Take the next version of MQTT, unless this one is known to do; where all were tried, complain."""
        if not self._is_protocol_known:
            place = self._protocols.index(self._protocol) + 1
            self._protocol = self._protocols[place % len(self._protocols)]
        if self._is_protocol_known or self._protocol is self._protocols[0]:
            complain()

    def _hold(self, events: Events) -> None:
        """Pass on what happens until the connection ends."""
        while True:
            waiting = take_events(events, _TICK_S)
            answers = [(event.number, event.refusal) for event in waiting if event.kind == "acknowledged"]
            if answers:
                self._owner.on_answers(answers)
            for event in waiting:
                if event.kind == "subscribed" and event.refusal:
                    self._outages.say_not_subscribed(self._subscriptions[event.number], event.refusal)
            gone = next((event for event in waiting if event.kind == "gone"), None)
            if gone:
                self._owner.on_down()
                self._is_taken_over = str(gone.reason) == TAKEN_OVER
                if not self._stop.is_set():
                    self._outages.say_lost(gone.reason)
                return
            self._owner.on_tick()


def _connect_properties(protocol: MQTTProtocolVersion) -> Properties | None:
    if protocol is not MQTTProtocolVersion.MQTTv5:
        return None
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.MaximumPacketSize = _MOST_PACKET_BYTES
    return properties


def _limits(properties: Properties | None) -> Limits:
    return Limits(
        getattr(properties, "ReceiveMaximum", None),
        getattr(properties, "MaximumPacketSize", None),
    )
