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
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import MqttConfig
from edge.errors import ConfigError
from edge.mqtt.making import (
    ANSWER_S,
    FIRST_ANSWER_S,
    cut_client,
    end_client,
    make_client,
    name_protocol,
    protocols,
)
from edge.mqtt.outages import Outages

logger = logging.getLogger(__name__)

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0

#: A connection that held for so long was a good one: the next pause is a short one again.
_GOOD_S = 5.0

#: How often there is a look at what waits, where nothing happens.
_TICK_S = 1.0

#: How long the threads may take to end; one that looks up a name cannot be hurried.
_END_S = 3.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the broker takes: unacknowledged messages at a time, and bytes of one; None: it did not say."""

    unacknowledged: int | None = None
    packet_bytes: int | None = None


class Owner(Protocol):
    """Is told what happens, always from the connection's own thread."""

    def on_up(self, limits: Limits) -> None: ...

    def on_answers(self, answers: list[tuple[int, str | None]]) -> None:
        """The broker acknowledged messages, or, with a reason, refused them."""
        ...

    def on_down(self) -> None: ...

    def on_tick(self) -> None:
        """About once a second while connected."""
        ...


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str
    reason: ReasonCode | None = None
    properties: Properties | None = None
    number: int = 0


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
        self._is_protocol_known = False
        self._client: paho.Client | None = None
        self._outages = Outages(mqtt, client_id)
        self._events = queue.SimpleQueue[_Event]()
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

    def cut(self) -> None:
        """End this connection as a cable would; another one follows."""
        if client := self._client:
            cut_client(client)
            self._events.put(_Event("gone"))

    def close(self) -> None:
        self._stop.set()
        if client := self._client:
            client.disconnect()
        if self._thread.is_alive():
            self._thread.join(_END_S)

    def _run(self) -> None:
        pause_s = _SHORTEST_PAUSE_S
        while not self._stop.is_set():
            protocol, begun_s = self._protocol, time.monotonic()
            was_up = False
            try:
                was_up = self._connect_once()
            except Exception:  # whatever a broker makes paho stumble over, this thread has to live
                logger.exception("the connection failed in a way that it should not")
            is_good = was_up and time.monotonic() - begun_s > _GOOD_S
            if was_up and not self._stop.is_set():
                self._outages.note_life(is_short=not is_good)
            if is_good:
                pause_s = _SHORTEST_PAUSE_S
            if self._protocol in (protocol, self._protocols[0]):  # else another version is tried at once
                self._stop.wait(random.uniform(0.5, 1) * pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _connect_once(self) -> bool:
        """Hold one connection from beginning to end; whether the broker let us in."""
        self._events = events = queue.SimpleQueue[_Event]()
        try:
            client = self._make_client(events)
            client.connect(self._mqtt.host, self._mqtt.port, self._mqtt.keepalive_s)
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

    def _make_client(self, events: "queue.SimpleQueue[_Event]") -> paho.Client:
        """A fresh client, whose callbacks do no more than tell: paho holds its locks while they run."""
        client = make_client(self._mqtt, self._password, self._client_id, self._protocol)
        client.will_set(*self._will, qos=1, retain=True)

        client.on_connect = lambda _client, _data, _flags, reason, properties: events.put(
            _Event("answer", reason, properties)
        )
        client.on_disconnect = lambda _client, _data, _flags, reason, _properties: events.put(
            _Event("gone", reason)
        )
        client.on_publish = lambda _client, _data, number, reason, _properties: events.put(
            _Event("acknowledged", reason, number=number)
        )
        return client

    def _await_answer(self, events: "queue.SimpleQueue[_Event]") -> bool:
        """Whether the broker lets us in; says why not."""
        try:
            is_first = self._protocol is not self._protocols[-1] and not self._is_protocol_known
            event = events.get(timeout=FIRST_ANSWER_S if is_first else ANSWER_S)
        except queue.Empty:
            event = _Event("gone")
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

    def _hold(self, events: "queue.SimpleQueue[_Event]") -> None:
        """Pass on what happens until the connection ends."""
        while True:
            waiting = _take(events)
            answers = [
                (event.number, str(event.reason) if event.reason and event.reason.is_failure else None)
                for event in waiting
                if event.kind == "acknowledged"
            ]
            if answers:
                self._owner.on_answers(answers)
            gone = next((event for event in waiting if event.kind == "gone"), None)
            if gone:
                self._owner.on_down()
                if not self._stop.is_set():
                    self._outages.say_lost(gone.reason)
                return
            self._owner.on_tick()


def _take(events: "queue.SimpleQueue[_Event]") -> list[_Event]:
    """What happened, after a wait where nothing did."""
    taken = []
    try:
        taken.append(events.get(timeout=_TICK_S))
        while True:
            taken.append(events.get_nowait())
    except queue.Empty:
        return taken


def _limits(properties: Properties | None) -> Limits:
    return Limits(
        getattr(properties, "ReceiveMaximum", None),
        getattr(properties, "MaximumPacketSize", None),
    )
