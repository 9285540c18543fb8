"""What may be asked of the daemon from outside, and whether it may see."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from edge.errors import CommandError, PrivacyError
from edge.mqtt.commands import Commands
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
        verbs: commands that others obey; each gives the reply's data.

    Attributes:
        wants_restart: another process is wanted.
    """

    def __init__(
        self,
        privacy: Privacy,
        publisher: Publisher,
        transport: Transport,
        topics: Topics,
        verbs: Mapping[str, Callable[[], Mapping[str, Any]]],
    ) -> None:
        self._privacy, self._publisher = privacy, publisher
        self._is_paused = self.wants_restart = False
        self._asked: bool | None = None  # of the switch, and not kept yet
        self._told: bool | None = None
        own = {"ping": dict, "pause": self._pause, "resume": self._resume, "restart": self._restart}
        self._commands = Commands({**own, **verbs}, publisher.reply)
        transport.subscribe(topics.privacy_set, self._take_switch)
        transport.subscribe(topics.command("+"), self._commands.take)

    @property
    def is_private(self) -> bool:
        """Whether the privacy switch has the camera closed."""
        return self._privacy.is_on or self._asked is True

    @property
    def wants_camera(self) -> bool:
        return not (self.is_private or self._is_paused)

    @property
    def problems(self) -> Mapping[str, str | None]:
        """What keeps the status from `online`, a line for each part; None where nothing does."""
        pause = "the command pause closed the camera; the command resume opens it" if self._is_paused else None
        return {"privacy": self._privacy.problem, "pause": pause}

    def turn(self, on: bool) -> None:
        """Turn the switch by hand, from any thread; when this returns, that is kept.

        Raises:
            PrivacyError: it cannot be kept.
        """
        self._privacy.set(on)

    def settle(self, *, camera_is_open: bool = False) -> None:
        """Keep what was asked, and confirm it; to be called while no camera is open where none may be.

        Args:
            camera_is_open: then ON, which another thread may have turned this moment, waits until it is closed.
        """
        if self._asked is not None:
            asked, self._asked = self._asked, None
            try:
                self._privacy.set(asked)
            except PrivacyError as error:
                logger.error("%s", error)
                self._commands.refuse("privacy", str(error))
            self._told = None
        is_on = self._privacy.is_on
        if is_on and camera_is_open:
            return
        if self._told != is_on and self._privacy.is_kept:
            self._told = is_on
            self._publisher.set_privacy(ON if is_on else OFF)
            logger.info("privacy %s: the camera %s", *((ON, "is closed") if is_on else (OFF, "may be opened")))

    def _take_switch(self, received: Received) -> None:
        if received.payload == ON.encode():
            self._asked = True
        elif received.payload == OFF.encode() and not received.is_retained:
            self._asked = False
        elif received.payload == OFF.encode():
            self._refuse_switch("a retained OFF is not obeyed: it would open the camera at every connect")
        elif received.payload:  # an empty one is how what is retained is taken back
            self._refuse_switch(f"the privacy switch is set to {received.payload[:20]!r}; expected ON or OFF")

    def _refuse_switch(self, error: str) -> None:
        logger.warning("the privacy switch stays as it is: %s", error)
        self._commands.refuse("privacy", error)
        self._told = None  # whoever asked is to see where it stands

    def _pause(self) -> dict[str, Any]:
        self._is_paused = True
        return {}

    def _resume(self) -> dict[str, Any]:
        if self.is_private:
            raise CommandError("the privacy switch is ON; expected OFF at privacy/set first")
        self._is_paused = False
        return {}

    def _restart(self) -> dict[str, Any]:
        self.wants_restart = True
        return {}
