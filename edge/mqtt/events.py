"""What paho's threads tell ours. Its callbacks run while it holds its locks, so they do no more than tell."""

import queue
from collections.abc import Callable
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened to a connection.

    Attributes:
        kind: "answer" to our CONNECT, "acknowledged" or "subscribed" with the number, "gone".
        refusal: why it was not done; None where it was, or nothing was to be done.
    """

    kind: str
    reason: ReasonCode | None = None
    properties: Properties | None = None
    number: int = 0

    @property
    def refusal(self) -> str | None:
        return str(self.reason) if self.reason and self.reason.is_failure else None


Events = queue.SimpleQueue[Event]

#: Takes topic, payload and whether it is retained.
Receive = Callable[[str, bytes, bool], None]


def tell_events(client: paho.Client, events: Events, receive: Receive) -> None:
    """Have a client tell what happens. `receive` is called from its thread, and must not wait."""
    client.on_connect = lambda _client, _data, _flags, reason, properties: events.put(
        Event("answer", reason, properties)
    )
    client.on_disconnect = lambda _client, _data, _flags, reason, _properties: events.put(Event("gone", reason))
    client.on_publish = lambda _client, _data, number, reason, _properties: events.put(
        Event("acknowledged", reason, number=number)
    )
    client.on_subscribe = lambda _client, _data, number, reasons, _properties: events.put(
        Event("subscribed", reasons[0], number=number)
    )

    def on_message(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:  # not every broker looks; here it would end paho's thread
            return
        receive(topic, bytes(message.payload), message.retain)

    client.on_message = on_message


def take_events(events: Events, patience_s: float) -> list[Event]:
    """What happened, after a wait where nothing did."""
    taken = []
    try:
        taken.append(events.get(timeout=patience_s))
        while True:
            taken.append(events.get_nowait())
    except queue.Empty:
        return taken
