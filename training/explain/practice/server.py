"""The page's server: on loopback, for whoever has the address that was printed, and for no other site.

The address holds a token. A page of another site knows neither it nor can it ask under our name: requests whose
Host or Origin is not ours are refused. Nothing is kept by the browser.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from edge.errors import UsageError
from training.explain.practice.teacher import Teacher

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
_PAGES = Path(__file__).parent / "pages"
_FILES = {
    "": ("practice.html", "text/html; charset=utf-8"),
    "practice.css": ("practice.css", "text/css; charset=utf-8"),
    "practice.js": ("practice.js", "text/javascript; charset=utf-8"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: An answer is one short line of JSON.
_MAX_BYTES = 1000


class PracticeServer(ThreadingHTTPServer):
    """Serves one teacher's page.

    Attributes:
        url: what to open; it holds the token.
    """

    daemon_threads = True

    def __init__(self, teacher: Teacher, port: int) -> None:
        """Begin to listen.

        Args:
            teacher: asks and answers.
            port: 0: any that is free.

        Raises:
            UsageError: the port is in use.
        """
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise UsageError(f"port {port} cannot be used: {error.strerror}; try --port 0, for any") from None
        self.teacher = teacher
        self.token = secrets.token_urlsafe(16)
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}
        self.url = f"http://{HOST}:{self.server_port}/{self.token}/"


class _Handler(BaseHTTPRequestHandler):
    server: PracticeServer
    timeout = 30

    def do_GET(self) -> None:  # noqa: N802, the name that http.server calls
        name = self._allowed()
        if name is None:
            return
        if name not in _FILES:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")
            return
        file, kind = _FILES[name]
        self._send(HTTPStatus.OK, kind, (_PAGES / file).read_bytes())

    def do_POST(self) -> None:  # noqa: N802
        name = self._allowed()
        if name is None:
            return
        if self.headers.get("Origin") not in {f"http://{host}" for host in self.server.hosts}:
            self._refuse(HTTPStatus.FORBIDDEN, "this page may be used from its own address alone")
            return
        actions: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
            "question": lambda _: self.server.teacher.question(),
            "answer": lambda given: self.server.teacher.answer(given["id"], given["name"]),
            "forget": lambda _: self.server.teacher.forget(),
        }
        try:
            found = actions[name](self._given())
        except (KeyError, TypeError, ValueError) as error:  # UsageError, too
            said = str(error) if isinstance(error, UsageError) else "this is no request of the page"
            self._refuse(HTTPStatus.BAD_REQUEST, said)
            return
        except OSError as error:
            logger.error("%s", error)
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, f"the progress could not be kept: {error.strerror}")
            return
        self._send_json(HTTPStatus.OK, found)

    def _allowed(self) -> str | None:
        """What is asked for behind the token; None where it was refused."""
        if self.headers.get("Host") not in self.server.hosts:
            self._refuse(HTTPStatus.FORBIDDEN, "this page is for this computer alone")
            return None
        token, _, name = self.path.partition("?")[0].removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.NOT_FOUND, "open the whole address that mien-train printed")
            return None
        return name

    def _given(self) -> Any:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= _MAX_BYTES:
            raise ValueError("too long")
        return json.loads(self.rfile.read(length) or b"{}")

    def _refuse(self, status: HTTPStatus, said: str) -> None:
        self._send_json(status, {"error": said})

    def _send_json(self, status: HTTPStatus, found: Mapping[str, Any]) -> None:
        content = json.dumps(found, ensure_ascii=False).encode()
        self._send(status, "application/json; charset=utf-8", content)

    def _send(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        headers = {**_HEADERS, "Content-Type": kind, "Content-Length": str(len(content)), "Connection": "close"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def version_string(self) -> str:
        return "mien"

    def log_message(self, format: str, *args: Any) -> None:
        """Keep addresses out of the log: they hold the token."""
