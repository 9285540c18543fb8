"""Who may ask the page: whoever has its address, on this computer, and no other site."""

import http.client
import json
from collections.abc import Mapping
from typing import Any

import pytest

from edge.errors import UsageError
from training.explain.practice.server import HOST, PracticeServer


def ask(
    server: PracticeServer, path: str, *, method: str = "POST", body: bytes = b"{}", **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    connection = http.client.HTTPConnection(HOST, server.server_port, timeout=10)
    usual = {"Host": f"{HOST}:{server.server_port}", "Origin": f"http://{HOST}:{server.server_port}"}
    connection.putrequest(method, path, skip_host=True)
    for name, value in {**usual, **headers}.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    reply = connection.getresponse()
    found = reply.status, dict(reply.headers), reply.read()
    connection.close()
    return found


def test_the_page_needs_nothing_from_elsewhere_and_is_not_kept(served: PracticeServer) -> None:
    for name in ("", "practice.css", "practice.js"):
        status, headers, content = ask(served, f"/{served.token}/{name}", method="GET")
        assert status == 200 and headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Referrer-Policy"] == "no-referrer"
        assert b"http" not in content.replace(b"http-equiv", b"")
    assert served.server_address[0] == "127.0.0.1"


def test_a_question_and_its_answer(served: PracticeServer) -> None:
    status, headers, content = ask(served, f"/{served.token}/question")
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    row = json.loads(content)["id"]
    body = json.dumps({"id": row, "name": "happy"}).encode()
    assert ask(served, f"/{served.token}/answer", body=body)[0] == 200
    status, _, content = ask(served, f"/{served.token}/answer", body=body)
    assert status == 400 and "answered already" in json.loads(content)["error"]
    assert json.loads(ask(served, f"/{served.token}/forget")[2])["progress"][0]["asked"] == 0


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_sites_are_refused(served: PracticeServer, headers: dict[str, str], status: int) -> None:
    assert ask(served, f"/{served.token}/question", **headers)[0] == status


@pytest.mark.parametrize("path", ["/", "/question", "/wrong/question", "/%2e%2e/question"])
def test_without_the_token_there_is_nothing(served: PracticeServer, path: str) -> None:
    status, _, content = ask(served, path)
    assert status == 404 and served.token.encode() not in content


@pytest.mark.parametrize("name", ["../server.py", "..%2fserver.py", "practice.html", "x"])
def test_only_the_pages_own_parts_are_given(served: PracticeServer, name: str) -> None:
    assert ask(served, f"/{served.token}/{name}", method="GET")[0] == 404


@pytest.mark.parametrize("body", [b"", b"[]", b"no json", b'{"id": [], "name": {}}', b"x" * 2000])
def test_what_the_page_never_says_is_refused(served: PracticeServer, body: bytes) -> None:
    assert ask(served, f"/{served.token}/answer", body=body)[0] == 400
    assert ask(served, f"/{served.token}/nothing", body=b"{}")[0] == 400


def test_a_progress_that_cannot_be_kept_is_said(served: PracticeServer, tmp_path: Any) -> None:
    served.teacher.progress.path = tmp_path / "progress.json" / "below"
    (tmp_path / "progress.json").touch()
    row = json.loads(ask(served, f"/{served.token}/question")[2])["id"]
    body = json.dumps({"id": row, "name": "happy"}).encode()
    status, _, content = ask(served, f"/{served.token}/answer", body=body)
    assert status == 500 and "the progress could not be kept" in json.loads(content)["error"]


def test_a_port_in_use_is_one_line(served: PracticeServer) -> None:
    with pytest.raises(UsageError, match=f"port {served.server_port} cannot be used"):
        PracticeServer(served.teacher, served.server_port)
