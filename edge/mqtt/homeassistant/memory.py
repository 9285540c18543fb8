"""Under which topics a camera's device was announced, kept beyond the process so that it can be taken back."""

import json
import logging
from pathlib import Path

from edge.files import write_text

logger = logging.getLogger(__name__)

FILE = "homeassistant.json"

#: A device that is renamed every day must not fill the file.
_MOST = 20


class Memory:
    """The topics of one camera, by which a device is known here: two daemons of a machine share no camera.

    Args:
        folder: where the file is kept; None: it is not.
        source: the camera's.
    """

    def __init__(self, folder: Path | None, source: str) -> None:
        self._path, self._source = folder / FILE if folder else None, source
        self.topics: tuple[str, ...] = tuple(self._read().get(source, ()))

    def add(self, topic: str) -> None:
        if topic not in self.topics:
            self._write((*self.topics, topic)[-_MOST:])

    def forget(self, topic: str) -> None:
        if topic in self.topics:
            self._write(tuple(known for known in self.topics if known != topic))

    def _read(self) -> dict[str, list[str]]:
        if self._path is None:
            return {}
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(source): [str(topic) for topic in topics] for source, topics in content.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            logger.warning("%s cannot be read and is begun anew", self._path)
            return {}

    def _write(self, topics: tuple[str, ...]) -> None:
        self.topics = topics
        if self._path is None:
            return
        others = {source: kept for source, kept in self._read().items() if source != self._source}
        try:
            write_text(self._path, json.dumps(others | ({self._source: topics} if topics else {})))
        except OSError as error:
            logger.warning(
                "%s cannot be written (%s); after a change of device.id Home Assistant keeps the old device "
                "until `mien homeassistant --remove --device OLD`",
                *(self._path, (error.strerror or str(error)).lower()),
            )
