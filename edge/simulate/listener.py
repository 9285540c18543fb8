"""Hears what the made devices tell, to say what became of it."""

import json
import time
from datetime import datetime

import paho.mqtt.client as paho

from edge.mqtt.making import make_client
from edge.mqtt.topics import ROOT, split_topic
from edge.simulate.link import Way
from edge.simulate.loop import Loop
from edge.simulate.tally import Tally

_FILTERS = [f"{ROOT}/+/{kind}" for kind in ("state", "faces/+", "summary", "health")]

_PAUSE_S = 1.0

#: Of so many messages one says how long it took.
_SAMPLE = 16


class Listener:
    """Counts the messages of devices whose names begin with `prefix`."""

    def __init__(self, way: Way, prefix: str, client_id: str, loop: Loop, tally: Tally) -> None:
        self._prefix, self._loop, self._tally = prefix, loop, tally
        self._mqtt = way.mqtt
        self._client = client = make_client(way.mqtt, way.password, client_id, way.protocol)
        client.on_connect = lambda client, *_: client.subscribe([(name, 0) for name in _FILTERS])
        client.on_disconnect = lambda *_: self._start_later()
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        self.is_ready = self._is_leaving = False
        loop.adopt(client, hears_much=True)

    def start(self) -> None:
        if self._is_leaving:
            return
        try:
            self._client.connect(self._mqtt.host, self._mqtt.port, self._mqtt.keepalive_s)
        except OSError:  # the devices count why
            self._start_later()
        self._loop.settle(self._client)

    def leave(self) -> None:
        self._is_leaving = True
        self._client.disconnect()
        self._loop.settle(self._client)

    def _start_later(self) -> None:
        self._loop.call_at(time.monotonic() + _PAUSE_S, self.start)

    def _on_subscribe(self, *_: object) -> None:
        self.is_ready = True

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        device, _ = split_topic(message.topic)
        if not device.startswith(self._prefix):
            return
        self._tally.received += 1
        if self._tally.received % _SAMPLE == 0:
            made_s = datetime.fromisoformat(json.loads(message.payload)["ts"]).timestamp()
            self._tally.delays_ms.append((time.time() - made_s) * 1000)
