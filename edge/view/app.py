"""What the page's server answers: the page, what is seen, and the moods of the last minutes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from edge.errors import MienError
from edge.view.access import Access

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

_PAGE = Path(__file__).parent / "page"

#: What a browser may take from where, and who may take us: nobody but ourselves, and nothing is kept.
_ALWAYS = [
    ("Cache-Control", "no-store"),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
]

#: Of what is sent to us.
_MOST_BYTES = 64

_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/view.css": ("view.css", "text/css; charset=utf-8"),
    "/view.js": ("view.js", "text/javascript; charset=utf-8"),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: str
    body: bytes = b""
    kind: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class App:
    """A WSGI application.

    Args:
        device: its name, of which the cookie's is made: browsers do not tell ports apart.
        sources: what gives the JSON of each address.
        changes: what takes what is sent to each address; a MienError says why it cannot be.
    """

    def __init__(
        self,
        access: Access,
        device: str,
        sources: Mapping[str, Callable[[], str]],
        changes: Mapping[str, Callable[[str], None]],
    ) -> None:
        self._access, self._cookie = access, f"mien_{device}"
        self._sources, self._changes = sources, changes
        self._files = {
            path: Answer("200 OK", (_PAGE / name).read_bytes(), kind) for path, (name, kind) in _FILES.items()
        }

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        answer = self._answer(environ)
        length = ("Content-Length", str(len(answer.body)))
        start_response(answer.status, [("Content-Type", answer.kind), length, *answer.headers, *_ALWAYS])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [answer.body]

    def _answer(self, environ: "WSGIEnvironment") -> Answer:
        host, method, path = environ.get("HTTP_HOST", ""), environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if not self._access.is_own_host(host):
            return Answer("421 Misdirected Request", b"this page answers to no such name\n")
        origin = environ.get("HTTP_ORIGIN")
        if not self._access.is_own_origin(origin, host, is_change=method not in ("GET", "HEAD")):
            return Answer("403 Forbidden", b"this page takes nothing from other pages\n")
        token = parse_qs(environ.get("QUERY_STRING", "")).get("token", [""])[0]
        if path == "/" and token and self._access.is_token(token):
            return self._admit()
        if not self._access.is_pass(self._cookie_of(environ)):
            return Answer("403 Forbidden", b"this page opens by its link only; mien view shows it\n")
        if method == "POST" and path in self._changes:
            return self._change(path, environ)
        if method not in ("GET", "HEAD"):
            return Answer("405 Method Not Allowed", headers=(("Allow", "GET, HEAD"),))
        if path in self._sources:
            return Answer("200 OK", self._sources[path]().encode(), "application/json")
        return self._files.get(path, Answer("404 Not Found", b"nothing here\n"))

    def _change(self, path: str, environ: "WSGIEnvironment") -> Answer:
        text = environ["wsgi.input"].read(_MOST_BYTES).decode(errors="replace")
        try:
            self._changes[path](text)
        except MienError as error:
            return Answer("409 Conflict", f"{error}\n".encode())
        return Answer("204 No Content")

    def _admit(self) -> Answer:
        """Exchange the token for a cookie, and the link for the bare address."""
        cookie = f"{self._cookie}={self._access.browser_pass}; Path=/; HttpOnly; SameSite=Strict"
        return Answer("303 See Other", headers=(("Location", "/"), ("Set-Cookie", cookie)))

    def _cookie_of(self, environ: "WSGIEnvironment") -> str:
        try:
            cookie = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(self._cookie)
        except CookieError:
            return ""
        return cookie.value if cookie else ""
