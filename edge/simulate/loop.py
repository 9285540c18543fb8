"""Many clients of paho in one thread: sockets that have something to say, and actions that are due."""

import heapq
import itertools
import select
import selectors
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as paho

#: How often a client is asked whether it is time for a ping, seconds.
_CARE_S = 2.0

#: For so long actions may follow each other before sockets are looked at again, seconds.
_TURN_S = 0.02

_MOST_READS = 256

_READ, _BOTH = selectors.EVENT_READ, selectors.EVENT_READ | selectors.EVENT_WRITE


class Loop:
    """Runs clients that were given to `adopt`, and calls what was given to `call_at`."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._hearing: set[paho.Client] = set()

    def call_at(self, moment_s: float, action: Callable[[], None]) -> None:
        """Call something at a moment of `time.monotonic`."""
        heapq.heappush(self._due, (moment_s, next(self._order), action))

    def adopt(self, client: paho.Client, hears_much: bool = False) -> None:
        """See to a client's sockets from now on; before it connects.

        Args:
            hears_much: take all that it has to read at a time; paho alone takes one message.
        """
        if hears_much:
            self._hearing.add(client)
        client.on_socket_open = lambda _client, _data, wire: self._open(client, wire)
        client.on_socket_close = lambda _client, _data, wire: self._close(wire)

    def settle(self, client: paho.Client) -> None:
        """After something was handed to a client: what its socket did not take yet goes when it can."""
        wire = client.socket()
        if wire is None:
            return
        key = self._selector.get_map().get(wire)
        wanted = _BOTH if client.want_write() else _READ
        if key and key.events != wanted:
            self._selector.modify(wire, wanted, client)

    def run_until(self, deadline_s: float, is_done: Callable[[], bool] = lambda: False) -> None:
        """Go on until a moment, or until there is nothing to wait for."""
        while not is_done() and (now_s := time.monotonic()) < deadline_s:
            next_s = self._due[0][0] if self._due else deadline_s
            for key, events in self._selector.select(max(0.0, min(next_s, deadline_s) - now_s)):
                self._serve(key.data, events)
            self._call_due()

    def _call_due(self) -> None:
        begun_s = now_s = time.monotonic()
        while self._due and self._due[0][0] <= now_s < begun_s + _TURN_S:
            heapq.heappop(self._due)[2]()
            now_s = time.monotonic()

    def _serve(self, client: paho.Client, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            client.loop_write()
        if events & selectors.EVENT_READ:
            client.loop_read()
            for _ in range(_MOST_READS if client in self._hearing else 1):
                if not _has_more(client):
                    break
                client.loop_read()
        self.settle(client)

    def _open(self, client: paho.Client, wire: Any) -> None:
        self._selector.register(wire, _BOTH, client)
        self._care(client, wire)

    def _close(self, wire: Any) -> None:
        if wire in self._selector.get_map():
            self._selector.unregister(wire)

    def _care(self, client: paho.Client, wire: Any) -> None:
        """Keep a connection alive, or see that it no longer is."""
        if client.socket() is wire:
            client.loop_misc()
            self.settle(client)
            self.call_at(time.monotonic() + _CARE_S, lambda: self._care(client, wire))


def _has_more(client: paho.Client) -> bool:
    """Whether there is something to read, perhaps within TLS."""
    wire = client.socket()
    if wire is None:
        return False
    if (pending := getattr(wire, "pending", None)) and pending():
        return True
    poll = select.poll()
    poll.register(wire, select.POLLIN)
    return bool(poll.poll(0))
