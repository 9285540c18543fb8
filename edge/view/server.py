"""The page's server: few threads, few connections, and an end of its own."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from waitress import wasyncore
from waitress.server import create_server

from edge.errors import MienError
from edge.view.app import App

logger = logging.getLogger(__name__)

#: Threads that answer. An answer takes milliseconds and waits for nothing, and a browser that reads slowly
#: holds none of them: what it has yet to read waits in the connection's own buffer.
_THREADS = 2

#: Most connections, and how long one may be silent, or may not read what it asked for, seconds. Further ones
#: wait in the kernel, which keeps a few and drops the rest.
_CONNECTIONS, _SILENT_S, _BACKLOG = 32, 10, 16

#: A request has no body and short headers; what comes in one piece is so short that the answers to all that may
#: stand in it fill no memory. Nothing ever goes to a temporary file.
_REQUEST_BYTES, _PIECE_BYTES, _NEVER_BYTES = 8192, 2048, 1 << 30


class Server:
    """Serves from the start until `close`, or until its time is over.

    Args:
        on_close: called once, from the server's thread, when its time is over.

    Raises:
        MienError: the address or the port cannot be had.
    """

    def __init__(self, app: App, host: str, port: int, closes_s: float, on_close: Callable[[], None]) -> None:
        self._closes_s, self._on_close = closes_s, on_close
        self._map: dict[int, object] = {}
        listening = _listen(host, port)
        self.port = int(listening.getsockname()[1])
        self._server = create_server(
            app,
            map=self._map,
            sockets=[listening],
            threads=_THREADS,
            backlog=_BACKLOG,
            connection_limit=_CONNECTIONS,
            channel_timeout=_SILENT_S,
            cleanup_interval=2,
            max_request_header_size=_REQUEST_BYTES,
            max_request_body_size=_REQUEST_BYTES,
            recv_bytes=_PIECE_BYTES,
            outbuf_overflow=_NEVER_BYTES,
            inbuf_overflow=_NEVER_BYTES,
            asyncore_use_poll=True,
            log_socket_errors=False,
            ident=None,
        )
        self._is_wanted = True
        self._thread = threading.Thread(target=self._serve, name="view", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more; at once, and with every connection."""
        self._is_wanted = False
        with suppress(OSError):  # it closed by itself a moment ago
            self._server.pull_trigger()
        self._thread.join()

    def _serve(self) -> None:
        while self._is_wanted and time.monotonic() < self._closes_s:
            wait_s = min(2.0, max(0.0, self._closes_s - time.monotonic()))
            wasyncore.loop(timeout=wait_s, map=self._map, use_poll=True, count=1)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)
        if self._is_wanted:
            logger.info("the aim page has closed, as view.minutes says")
            self._on_close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise MienError(
            f"view.host {host} and view.port {port} cannot be served: {reason}; "
            "expected an address of this machine and a port that nothing else has"
        ) from None
