"""Who gets an answer from the aim page, and what it costs the daemon to refuse the others."""

import json
import socket
import time

import pytest

from tests.conftest import wait_until
from tests.edge.view.conftest import DEVICE, Served
from tests.edge.view.load import crowd

PATHS = ["/", "/scene", "/moods", "/view.js", "/view.css", "/nothing"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("cookie", ["", f"mien_{DEVICE}=wrong", f"mien_{DEVICE}=", "=;", "{broken"])
def test_without_the_cookie_nothing_is_told(page: Served, path: str, cookie: str) -> None:
    reply = page.ask(path, Cookie=cookie)
    assert reply.status == 403
    assert "face" not in reply.body and "lab" not in reply.body


@pytest.mark.parametrize("token", ["wrong", "", "%00", "%FF", "é".encode().hex(), "x" * 5000])
def test_a_wrong_token_opens_nothing(page: Served, token: str) -> None:
    reply = page.ask(f"/?token={token}")
    assert reply.status == 403
    assert "Set-Cookie" not in reply.headers


def test_the_token_opens_by_the_link_alone(page: Served) -> None:
    assert page.ask(page.path.replace("/?", "/scene?")).status == 403
    token = page.path.partition("=")[2]
    assert page.ask("/scene", Cookie=f"mien_{DEVICE}={token}").status == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "192.0.2.7",
        "localhost.evil.example",
        "",
        "[",
        "[::",
    ],
)
def test_a_foreign_host_is_refused_even_with_the_cookie(page: Served, host: str) -> None:
    reply = page.ask("/scene", Cookie=page.cookie(), Host=host)
    assert reply.status in (400, 421)
    assert "faces" not in reply.body
    assert "Set-Cookie" not in page.ask(page.path, Host=host).headers


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST:9999", "127.0.0.1:8080"])
def test_a_name_of_this_machine_is_taken_through_any_tunnel(page: Served, host: str) -> None:
    assert page.ask("/scene", Cookie=page.cookie(), Host=host).status == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://localhost", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused_even_with_the_cookie(page: Served, origin: str) -> None:
    assert page.ask("/scene", Cookie=page.cookie(), Origin=origin).status == 403


@pytest.mark.parametrize("path", [*PATHS, "/?token=wrong"])
def test_nothing_is_kept_by_a_browser_and_no_script_but_ours_runs(page: Served, path: str) -> None:
    for headers in ({"Cookie": page.cookie()}, {}, {"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        reply = page.ask(path, **headers)
        assert reply.headers["Cache-Control"] == "no-store"
        policy = reply.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert "Server" not in reply.headers


def test_the_cookie_is_for_our_pages_and_for_no_script(page: Served) -> None:
    reply = page.ask(page.path)
    assert reply.status == 303 and reply.headers["Location"] == "/"
    name, *rules = reply.headers["Set-Cookie"].split("; ")
    assert name.startswith(f"mien_{DEVICE}=") and {"HttpOnly", "SameSite=Strict"} <= set(rules)
    assert page.path.partition("=")[2] not in name, "the cookie is the token"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_only_what_is_offered_can_be_done(page: Served, method: str) -> None:
    reply = page.ask("/scene", method, Cookie=page.cookie(), Origin=f"http://127.0.0.1:{page.port}")
    assert reply.status == 405
    assert page.ask("/scene", method, Cookie=page.cookie()).status == 403, "it did not say where it comes from"


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_privacy_is_not_turned_by_other_pages(page: Served, headers: dict[str, str]) -> None:
    reply = page.ask("/privacy", "POST", "ON", Cookie=page.cookie(), Host="localhost", **headers)
    assert reply.status == 403
    assert page.scene(page.cookie())["device"]["is_private"] is False


def test_privacy_is_not_turned_without_the_cookie(page: Served) -> None:
    assert page.ask("/privacy", "POST", "ON", Host="localhost", Origin="http://localhost").status == 403


@pytest.mark.parametrize("body", ["", "on", "ON OFF", "x" * 5000, "\0"])
def test_privacy_takes_on_and_off_alone(page: Served, body: str) -> None:
    cookie = page.cookie()
    reply = page.ask("/privacy", "POST", body, Cookie=cookie, Host="localhost", Origin="http://localhost")
    assert reply.status == 409
    assert "expected ON or OFF" in reply.body and len(reply.body) < 300


def test_head_tells_of_the_page_without_sending_it(page: Served) -> None:
    reply = page.ask("/", "HEAD", Cookie=page.cookie())
    assert reply.status == 200 and reply.body == "" and int(reply.headers["Content-Length"]) > 1000


def test_the_page_loads_nothing_from_elsewhere(page: Served) -> None:
    cookie = page.cookie()
    for path in ("/", "/view.js", "/view.css"):
        body = page.ask(path, Cookie=cookie).body.replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in body and "https:" not in body and "//cdn" not in body


def test_a_large_request_is_refused(page: Served) -> None:
    assert page.ask("/scene", Cookie="x" * 20_000).status == 431
    with pytest.raises((ConnectionError, AssertionError)):
        assert page.ask("/scene", "POST", "x" * 5_000_000, Cookie=page.cookie()).status == 200


def test_two_hundred_connections_and_a_slow_reader_take_no_frames_from_the_daemon(page: Served) -> None:
    cookie = page.cookie()
    before = page.scene(cookie)["fps"]
    request = f"GET /scene HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", page.port)) as viewer, crowd(page.port, cookie):
        time.sleep(5)
        for _ in range(2):  # nobody has watched for a while: the first look finds no picture
            viewer.sendall(request)
            during = json.loads(_body(viewer))
            time.sleep(1)
    # By how much exactly is measured on a quiet machine: python -m tests.edge.view.load
    assert during["fps"] >= 0.8 * before
    assert during["frame"]["faces"]
    assert wait_until(lambda: page.ask("/scene", Cookie=cookie).status == 200, 15), "it does not come back"


def _body(connection: socket.socket) -> bytes:
    answer = b""
    connection.settimeout(10)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return body
