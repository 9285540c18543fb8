"""The aim page as the daemon has it: what it is told, and what it serves of that."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from edge.config import ViewConfig
from edge.errors import MienError, UsageError
from edge.view.access import Access
from edge.view.app import App
from edge.view.link import Link, leave_link, make_link, remove_link
from edge.view.observer import Observer
from edge.view.server import Server
from edge.view.snapshot import Subject, take_moods, take_snapshot

logger = logging.getLogger(__name__)

#: A browser asks a little before its time as often as after it; then it shall not get the same again.
_EARLY = 0.7


class Page:
    """Serves what an observer saw, from the start on.

    Args:
        observer: what the loop tells of every frame.
        subject: what the observer looks at; asked from the page's threads.
        on_close: called when `view.minutes` are over.

    Attributes:
        link: where it is, with the token.

    Raises:
        MienError: the address or the port cannot be had.
    """

    def __init__(
        self,
        config: ViewConfig,
        observer: Observer,
        subject: Subject,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        self._config, self._observer, self._subject = config, observer, subject
        self._closes_s = time.monotonic() + 60 * config.minutes
        access = Access(is_local=config.is_local, names=config.names)
        scene = _Shared(self._scene, _EARLY / config.pictures_per_s)
        sources: dict[str, Callable[[], str]] = {"/scene": scene, "/moods": self._moods}
        app = App(access, subject.facts().device, sources, {"/privacy": self._turn_privacy})
        self._server = Server(app, config.host, config.port, self._closes_s, on_close)
        self.link: Link = make_link(config, self._server.port, access.token)

    def close(self) -> None:
        self._server.close()

    def _scene(self) -> str:
        scene: dict[str, Any] = take_snapshot(
            self._observer.look(), self._observer, self._subject.facts(), self._config
        )
        scene["interval_ms"] = round(1000 / self._config.pictures_per_s)
        scene["closes_in_s"] = max(0, round(self._closes_s - time.monotonic()))
        return json.dumps(scene)

    def _turn_privacy(self, text: str) -> None:
        if text not in ("ON", "OFF"):
            raise UsageError(f"privacy is {text!r}; expected ON or OFF")
        self._subject.set_privacy(text == "ON")

    def _moods(self) -> str:
        return json.dumps(take_moods(self._observer))


class _Shared:
    """The same text for all who ask within a while: many browsers cost as much as one."""

    def __init__(self, make: Callable[[], str], while_s: float) -> None:
        self._make, self._while_s = make, while_s
        self._text, self._made_s = "", float("-inf")
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            now_s = time.monotonic()
            if now_s - self._made_s >= self._while_s:
                self._text, self._made_s = self._make(), now_s
            return self._text


@contextmanager
def serving(
    config: ViewConfig,
    observer: Observer,
    subject: Subject,
    *,
    show: Callable[[Link], None] | None = None,
    on_close: Callable[[], None] = lambda: None,
    is_needed: bool = True,
) -> Iterator[None]:
    """The page, for the time of a block.

    Args:
        show: tells a person the link; without it the link lies in the service's folder, and never in the log.
        on_close: called when `view.minutes` are over.
        is_needed: whether a page that cannot be had is an error; else it is said, and the block goes on.
    """

    def close() -> None:
        remove_link()
        on_close()

    try:
        page = Page(config, observer, subject, close)
    except MienError as error:
        if is_needed:
            raise
        logger.error("no aim page: %s", error)
        yield
        return
    try:
        _tell(page.link, show)
        yield
    finally:
        page.close()
        remove_link()


def _tell(link: Link, show: Callable[[Link], None] | None) -> None:
    if show:
        show(link)
    elif leave_link(link):
        logger.info("the aim page is open for %g minutes: sudo mien view --link", link.minutes)
    else:
        logger.warning("nobody has the aim page's link: expected a terminal, or the service, to run in")
