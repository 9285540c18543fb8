"""What may be asked of the daemon from outside, and whether it may see."""

import logging

from edge.errors import PrivacyError
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.mqtt.transport import Received, Transport
from edge.privacy import OFF, ON, Privacy

logger = logging.getLogger(__name__)


class Control:
    """Takes what others send; the daemon's loop asks it whether a camera is wanted.

    The order is: what comes is noted; the loop closes the camera; then it is kept, and then confirmed.

    Args:
        privacy: may be set by others, such as the local page, at any time.
    """

    def __init__(self, privacy: Privacy, publisher: Publisher, transport: Transport, topics: Topics) -> None:
        self._privacy, self._publisher = privacy, publisher
        self._asked: bool | None = None  # of the switch, and not kept yet
        self._told: bool | None = None
        transport.subscribe(topics.privacy_set, self._take_switch)

    @property
    def is_private(self) -> bool:
        """Whether the privacy switch has the camera closed."""
        return self._privacy.is_on or self._asked is True

    @property
    def wants_camera(self) -> bool:
        return not self.is_private

    @property
    def privacy_problem(self) -> str | None:
        return self._privacy.problem

    def turn(self, on: bool) -> None:
        """Turn the switch by hand, from any thread; when this returns, that is kept.

        Raises:
            PrivacyError: it cannot be kept.
        """
        self._privacy.set(on)

    def settle(self) -> None:
        """Keep what was asked, and confirm it; to be called while no camera is open where none may be."""
        if self._asked is not None:
            asked, self._asked = self._asked, None
            try:
                self._privacy.set(asked)
            except PrivacyError as error:
                logger.error("%s", error)
            self._told = None
        is_on = self._privacy.is_on
        if self._told != is_on and self._privacy.is_kept:
            self._told = is_on
            self._publisher.set_privacy(ON if is_on else OFF)
            logger.info("privacy %s: the camera %s", *((ON, "is closed") if is_on else (OFF, "may be opened")))

    def _take_switch(self, received: Received) -> None:
        if received.payload == ON.encode():
            self._asked = True
        elif received.payload == OFF.encode():
            if received.is_retained:  # it would open the camera at every connect
                logger.warning("a retained OFF at %s is not obeyed; send it unretained", received.topic)
                self._told = None
            else:
                self._asked = False
        elif received.payload:  # an empty one is how what is retained is taken back
            logger.warning("%s got %r; expected ON or OFF", received.topic, received.payload[:20])
            self._told = None
