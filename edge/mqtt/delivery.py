"""From the outbox to the broker: in order, no more at a time than it takes, and forgotten when it has them."""

import time
from collections.abc import Callable, Iterable
from typing import Protocol

from edge.mqtt.outbox import REFUSED, Outbox
from edge.mqtt.outbox_memory import Entry

#: Messages that may wait for the broker's acknowledgement at a time; mosquitto's own default is 20.
_WINDOW = 10

#: How long a broker that refuses a message for now, as where rights are missing, is left alone, seconds.
_PAUSE_S = 30.0

#: Refusals that a later try cannot mend.
_FINAL = frozenset({"Topic name invalid", "Payload format invalid", "Packet too large"})


class Send(Protocol):
    """Hands one message over; gives the number under which it is acknowledged, None where that failed."""

    def __call__(self, topic: str, payload: str) -> int | None: ...


class Delivery:
    """What is on its way. Nothing here waits, and no two threads may call it at a time.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, outbox: Outbox, clock: Callable[[], float] = time.monotonic) -> None:
        self._outbox, self._clock = outbox, clock
        self._send: Send | None = None
        self._window = _WINDOW
        self._sent: dict[int, tuple[Entry | None, float]] = {}  # by the broker's number
        self._newest = 0
        self._paused_until_s = 0.0
        #: Why the broker did not take the last message that it answered; None where it took it.
        self.refusal: str | None = None

    def begin(self, send: Send, most: int = _WINDOW) -> None:
        """A new connection: everything that was not acknowledged goes again, in order."""
        self._send, self._window = send, max(1, min(most, _WINDOW))
        self._sent.clear()
        self._newest, self._paused_until_s, self.refusal = 0, 0.0, None
        self.proceed()

    def end(self) -> None:
        """The connection is gone."""
        self._send = None
        self._sent.clear()

    def proceed(self) -> None:
        """Send as many as the broker may have at a time."""
        room = self._window - len(self._sent)
        if self._send is None or room <= 0 or self._clock() < self._paused_until_s:
            return
        for entry in self._outbox.after(self._newest, room):
            number = self._send(entry.topic, entry.payload)
            if number is None:
                return
            self._sent[number] = entry, self._clock()
            self._newest = entry.number

    def expect(self, number: int) -> None:
        """Another message that is not of the outbox was sent, and is to be acknowledged."""
        self._sent[number] = None, self._clock()

    def settle(self, answers: Iterable[tuple[int, str | None]]) -> None:
        """Take the broker's acknowledgements: numbers, each with the reason where it refused."""
        arrived, given_up = [], []
        for number, refusal in answers:
            entry = self._sent.pop(number, (None, 0.0))[0]
            if entry is None:  # it is told again at the next connect
                continue
            self.refusal = refusal
            if refusal is None:
                arrived.append(entry.number)
            elif refusal in _FINAL:
                given_up.append(entry.number)
            else:  # it stays where it is, and goes again after a while
                self._newest = min(self._newest, entry.number - 1)
                self._paused_until_s = self._clock() + _PAUSE_S
        if arrived:
            self._outbox.remove(arrived)
        if given_up:
            self._outbox.remove(given_up, REFUSED)
        self.proceed()

    @property
    def is_done(self) -> bool:
        """Whether the broker has acknowledged all that there is."""
        return not self._sent and not len(self._outbox)

    @property
    def lag_s(self) -> float:
        """How long the oldest message has waited for its acknowledgement."""
        return max((self._clock() - sent_s for _, sent_s in self._sent.values()), default=0.0)
