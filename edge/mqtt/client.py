"""The connection to the broker. It comes and goes; the daemon stays."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import MqttConfig
from edge.mqtt.topics import OFFLINE, Topics

logger = logging.getLogger(__name__)

#: Messages of QoS 1 that wait for the broker; the oldest give way to none, the newest are dropped.
_MOST_WAITING = 1000
_FAREWELL_S = 2.0
_LONGEST_WAIT_S = 60


def make_client(mqtt: MqttConfig, password: str | None, client_id: str = "") -> paho.Client:
    """A client that reconnects by itself with growing delay. Without an id the broker gives one."""
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.reconnect_delay_set(min_delay=1, max_delay=_LONGEST_WAIT_S)
    client.max_queued_messages_set(_MOST_WAITING)
    if mqtt.username:
        client.username_pw_set(mqtt.username, password)
    return client


def explain_refusal(reason: ReasonCode, mqtt: MqttConfig) -> str:
    """One line on why the broker refused, and what to do."""
    broker = f"broker {mqtt.host}:{mqtt.port} refused the connection: {str(reason).lower()}"
    if str(reason) in ("Bad user name or password", "Not authorized"):
        who = f"user {mqtt.username}" if mqtt.username else "no user name was given"
        return f"{broker} ({who}); set mqtt.username and mqtt.password_file as the broker knows them"
    return f"{broker}; look into the broker's log"


class MqttTransport:
    """Carries messages to a broker; the last will tells `offline` when we vanish.

    While the broker is away events (QoS 1) wait; live messages (QoS 0) are dropped, and so are retained
    ones, which are told again at every connect. An outage is said once, and so is its end.
    """

    def __init__(self, mqtt: MqttConfig, topics: Topics, password: str | None) -> None:
        self._mqtt = mqtt
        self._broker = f"broker {mqtt.host}:{mqtt.port}"
        self.dropped = 0
        self._said: str | None = None
        self._last: paho.MQTTMessageInfo | None = None
        self._client = make_client(mqtt, password, f"mien-{topics.device}")
        self._client.will_set(topics.status, OFFLINE, qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_connect_fail = self._on_connect_fail
        self._client.on_disconnect = self._on_disconnect

    def start(self, on_connect: Callable[[], None]) -> None:
        self._tell_connected = on_connect
        self._client.connect_async(self._mqtt.host, self._mqtt.port, self._mqtt.keepalive_s)
        self._client.loop_start()

    def send(self, topic: str, payload: str, qos: int = 0, retain: bool = False) -> None:
        if self._client.is_connected() or (qos and not retain):
            self._last = self._client.publish(topic, payload, qos, retain)
            self.dropped += self._last.rc == paho.MQTT_ERR_QUEUE_SIZE
        else:
            self.dropped += not retain

    def close(self) -> None:
        if self._last and self._client.is_connected():
            with suppress(ValueError, RuntimeError):  # it was refused or lost: there is nothing to wait for
                self._last.wait_for_publish(_FAREWELL_S)
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        if reason.is_failure:
            self._say_once(explain_refusal(reason, self._mqtt), logging.ERROR)
            return
        self._said = None
        logger.info("connected to %s", self._broker)
        self._tell_connected()

    def _on_connect_fail(self, client: Any, userdata: Any) -> None:
        self._say_once(
            f"{self._broker} does not answer; is it running? Trying again",
            logging.WARNING,
        )

    def _on_disconnect(
        self, client: Any, userdata: Any, flags: Any, reason: ReasonCode, properties: Any
    ) -> None:
        if reason.is_failure and self._said is None:
            self._say_once(f"lost {self._broker}: {reason}; trying again", logging.WARNING)

    def _say_once(self, line: str, level: int) -> None:
        if line != self._said:
            self._said = line
            logger.log(level, line)
