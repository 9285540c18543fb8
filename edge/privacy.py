"""The privacy switch: whether the camera has to be closed, kept where it outlives kill -9 and the power."""

import os
import threading
from pathlib import Path

from edge.errors import PrivacyError
from edge.files import replacing

ON, OFF = "ON", "OFF"

#: The file's name. It is not the device's: a device that is renamed must not open its eyes.
FILE = "privacy"


class Privacy:
    """A switch that may be set from any thread; the daemon looks at it and closes the camera.

    An absent file means OFF and is written; one that cannot be read means ON: nobody knows what was wanted.

    Attributes:
        is_on: the camera has to be closed.
        problem: why the position cannot be kept or was not known, in one line; None where all is well.
        is_kept: the position is on the disk; false where ON could not be written.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._lock = threading.Lock()
        self.is_on, self.is_kept = False, True
        self.problem: str | None = None
        self._begin()

    def set(self, on: bool) -> None:
        """Turn it; when this returns the position is on the disk.

        Raises:
            PrivacyError: it cannot be kept. ON then holds until this process ends, and OFF not at all.
        """
        with self._lock:
            if on == self.is_on and self.is_kept and self.problem is None:
                return  # a flood of the same must not wear out a card
            if on:
                self.is_on, self.is_kept = True, False
            self._keep(on)
            self.is_on, self.is_kept, self.problem = on, True, None

    def _begin(self) -> None:
        try:
            with self._path.open("rb") as file:
                content = file.read(16)
        except FileNotFoundError:
            with self._lock:
                try:
                    self._keep(False)
                except PrivacyError as error:
                    self.problem = str(error)
            return
        except OSError as error:
            self._doubt(f"cannot be read ({(error.strerror or str(error)).lower()})")
            return
        if content.strip() not in (ON.encode(), OFF.encode()):
            self._doubt(f"holds {content[:12]!r}, where ON or OFF was expected")
        else:
            self.is_on = content.strip() == ON.encode()

    def _doubt(self, what: str) -> None:
        self.is_on = True
        self.problem = f"{self._path} {what}, so the camera stays closed; set the switch to ON or OFF anew"

    def _keep(self, on: bool) -> None:
        """Write the position so that it is there after a power cut at any moment."""
        try:
            with replacing(self._path) as temporary, temporary.open("w", encoding="ascii") as file:
                file.write(f"{ON if on else OFF}\n")
                file.flush()
                os.fsync(file.fileno())
            folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self.problem = (
                f"{self._path} cannot be written ({reason}), so the privacy switch does not outlive a restart; "
                "set privacy.folder to a folder that this user may write to"
            )
            raise PrivacyError(self.problem) from None
