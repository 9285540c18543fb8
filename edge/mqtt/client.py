"""Between publisher and broker: live messages go or are gone, what must arrive goes through the outbox."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

from edge.config import MqttConfig
from edge.mqtt.connection import Connection, Limits
from edge.mqtt.delivery import Delivery
from edge.mqtt.inbox import Inbox
from edge.mqtt.making import make_client_id
from edge.mqtt.outbox import Outbox
from edge.mqtt.topics import OFFLINE, ROOT, Topics
from edge.mqtt.transport import Handle

logger = logging.getLogger(__name__)

#: How long the last messages may take to get out when the daemon ends, seconds.
_FAREWELL_S = 2.0

#: A broker that has not acknowledged a message for so long, in seconds, is slow; then stuck: we connect anew.
_SLOW_S, _STUCK_S = 5.0, 60.0

#: Topic, properties and header of a packet, at most.
_OVERHEAD_BYTES = 256


class MqttTransport:
    """Carries messages to a broker; the last will tells `offline` when we vanish.

    While the broker is away, what must arrive (QoS 1) waits in the outbox; live messages (QoS 0) are dropped,
    and so are retained ones, which are told again at every connect. These and live ones go first.
    """

    def __init__(self, mqtt: MqttConfig, topics: Topics, password: str | None, outbox: Outbox) -> None:
        self._outbox, self._delivery = outbox, Delivery(outbox)
        self._inbox = Inbox()
        self._device = topics.device
        self._dropped: Counter[str] = Counter()
        self._lock = threading.Lock()  # of the delivery; never held while the publisher is called
        self._limits = Limits()
        self._too_large: set[str] = set()
        self._said: set[str] = set()  # refusals, of this connection
        self._retained: dict[int, str] = {}  # topics of what is on its way, by the broker's number
        client_id = make_client_id(mqtt, topics.device)
        self._connection = Connection(mqtt, password, client_id, (topics.status, OFFLINE), self)

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many messages did not get out since the start, by reason."""
        return self._dropped + self._outbox.dropped

    @property
    def waiting(self) -> int:
        """How many messages wait for the broker's acknowledgement."""
        return len(self._outbox)

    @property
    def is_up(self) -> bool:
        """Whether the broker is there."""
        return self._connection.is_up

    @property
    def problem(self) -> str | None:
        """What is wrong with the broker that we are connected to; None where nothing is."""
        if not self._connection.is_up:
            return None
        with self._lock:
            lag_s, refusal = self._delivery.lag_s, self._delivery.refusal
        if refusal:
            return self._explain(refusal)
        return f"the broker has not acknowledged a message for {_SLOW_S:g} s" if lag_s > _SLOW_S else None

    def subscribe(self, topic_filter: str, handle: Handle) -> None:
        self._inbox.subscribe(topic_filter, handle)

    def deliver(self) -> None:
        self._inbox.deliver()

    def start(self, on_connect: Callable[[], None]) -> None:
        self._tell_connected = on_connect
        self._connection.start()

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        if self._is_too_large(topic, payload):
            self._dropped["too_large"] += not retain
        elif retain:
            self._send_and_expect(topic, payload)
        elif qos:
            self._outbox.add(topic, payload)
            with self._lock:
                self._delivery.proceed()
        elif self._is_stuck() or self._connection.publish(topic, payload, 0, False) is None:
            self._dropped["no_broker"] += 1

    def close(self) -> None:
        deadline_s = time.monotonic() + _FAREWELL_S
        while self._connection.is_up and time.monotonic() < deadline_s and not self._is_done():
            time.sleep(0.01)
        self._connection.close()
        if len(self._outbox) and not self._outbox.is_lasting:
            logger.warning(
                '%d messages did not reach the broker and are lost; publish.outbox = "FILE" would keep them',
                len(self._outbox),
            )
        self._outbox.close()

    def on_up(self, limits: Limits) -> None:
        self._limits = limits
        self._said.clear()
        self._retained.clear()
        for topic_filter in self._inbox.filters:
            self._connection.subscribe(topic_filter)
        self._tell_connected()
        with self._lock:
            self._delivery.begin(
                lambda topic, payload: self._connection.publish(topic, payload, 1, False),
                *filter(None, [limits.unacknowledged]),
            )

    def on_answers(self, answers: list[tuple[int, str | None]]) -> None:
        with self._lock:
            self._delivery.settle(answers)
        for number, refusal in answers:
            topic = self._retained.pop(number, "")
            explanation = self._explain(refusal, topic) if refusal else None
            if explanation and explanation not in self._said:
                self._said.add(explanation)
                logger.error("%s", explanation)

    def on_down(self) -> None:
        with self._lock:
            self._delivery.end()

    def on_tick(self) -> None:
        with self._lock:
            self._delivery.proceed()
            is_stuck = self._delivery.lag_s > _STUCK_S
        if is_stuck:
            logger.warning("the broker has not acknowledged a message for %g s; connecting anew", _STUCK_S)
            self._connection.cut()

    def on_message(self, topic: str, payload: bytes, is_retained: bool) -> None:
        self._inbox.put(topic, payload, is_retained)

    def _send_and_expect(self, topic: str, payload: str) -> None:
        with self._lock:
            number = self._connection.publish(topic, payload, 1, True)
            if number is not None:
                self._delivery.expect(number)
                self._retained[number] = topic

    def _explain(self, refusal: str, topic: str = "") -> str:
        """Why the broker did not take a message; `topic` where it is one of others."""
        ours = f"{ROOT}/{self._device}/"
        tree = topic if topic and not topic.startswith(ours) else f"{ours}#"
        rights = f"; its ACL has to allow “topic readwrite {tree}”"
        hint = rights if refusal == "Not authorized" else ""
        return f"the broker refuses what we publish: {refusal.lower()}{hint}"

    def _is_stuck(self) -> bool:
        """Whether live messages would only pile up: they would be old when they arrive."""
        with self._lock:
            return self._delivery.lag_s > _SLOW_S

    def _is_done(self) -> bool:
        with self._lock:
            return self._delivery.is_done

    def _is_too_large(self, topic: str, payload: str) -> bool:
        """Whether the broker would throw us out for a message; said once a topic."""
        most = self._limits.packet_bytes
        size = len(payload.encode()) + _OVERHEAD_BYTES
        if most is None or size <= most:
            return False
        if topic not in self._too_large:
            self._too_large.add(topic)
            logger.error("the broker takes messages of %d bytes; %s has %d and is left out", most, topic, size)
        return True
