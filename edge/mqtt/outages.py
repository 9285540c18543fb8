"""What is said of a connection: each thing once an outage, with what to do about it."""

import logging
import ssl

from paho.mqtt.reasoncodes import ReasonCode

from edge.config import MqttConfig
from edge.mqtt.making import TAKEN_OVER, explain_refusal, explain_silence
from edge.mqtt.tls import explain_end, explain_tls

logger = logging.getLogger(__name__)

#: After so many connections that did not hold, one after the other, something is wrong.
_SUSPICIOUS = 3

#: What was said of a broker that is not there, however it came to be so.
_AWAY = "away"


class Outages:
    """One line when a connection is lost, one when it is back; a refusal says which and what to do."""

    def __init__(self, mqtt: MqttConfig, client_id: str) -> None:
        self._mqtt, self._client_id = mqtt, client_id
        self._broker = f"broker {mqtt.host}:{mqtt.port}"
        self._said: set[str] = set()
        self._was_up = False
        self._short_lives = 0

    def end(self, protocol: str) -> None:
        """It is connected."""
        self._was_up = True
        self._said.clear()
        tls = " over TLS" if self._mqtt.tls else ""
        logger.info("connected to %s by %s%s", self._broker, protocol, tls)

    def say_lost(self, reason: ReasonCode | None) -> None:
        """A connection ended."""
        why = str(reason)
        if why == TAKEN_OVER and reason:
            self.say_refused(reason)
            return
        self._said.add(_AWAY)
        says_little = reason is None or why in ("Unspecified error", "Success")
        logger.warning("lost %s%s; trying again", self._broker, "" if says_little else f" ({why.lower()})")

    def say_unreachable(self, error: Exception) -> None:
        """Nobody took the connection, or no handshake came about."""
        reason = explain_tls(error, self._mqtt)
        if reason and not (self._was_up and isinstance(error, ssl.SSLEOFError)):
            self.say_once(reason)
        elif _AWAY not in self._said:  # that it is away was said when it went
            self._said.add(_AWAY)
            why = (getattr(error, "strerror", None) or str(error)).lower()
            logger.warning("%s does not answer (%s); is it running? Trying again", self._broker, why)

    def say_silent(self) -> None:
        """It took the connection and did not answer; one that did talk MQTT is just going or coming."""
        if not (self._was_up and _AWAY in self._said):
            self.say_once(explain_silence(self._mqtt))

    def say_ended(self) -> bool:
        """It took the connection and ended it without an answer; whether TLS is the reason."""
        reason = explain_end(self._mqtt)
        if reason:
            self.say_once(reason)
        return reason is not None

    def say_refused(self, reason: ReasonCode) -> None:
        self.say_once(explain_refusal(reason, self._mqtt))

    def say_not_subscribed(self, topic_filter: str, refusal: str) -> None:
        self.say_once(
            f"{self._broker} does not let us hear {topic_filter}: {refusal.lower()}; "
            f"its ACL has to allow “topic read {topic_filter}”"
        )

    def say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            logger.error("%s", line)

    def note_life(self, is_short: bool) -> None:
        """Not every broker says that it ended a connection for another one with the same id."""
        self._short_lives = self._short_lives + 1 if is_short else 0
        if self._short_lives == _SUSPICIOUS:
            logger.error(
                "%s ends our connections soon; is there another client with our id, %s? "
                "Give each device its own device.id or mqtt.client_id",
                *(self._broker, self._client_id),
            )
