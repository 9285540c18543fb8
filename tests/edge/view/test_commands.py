"""The page of the service, and the one that is drawn in a terminal: processes, as their users have them."""

import os
import pty
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.cli import main
from edge.errors import MienError
from edge.view.link import LINK_FILE, read_link
from tests.conftest import free_port, wait_until
from tests.edge.view.conftest import DEVICE, Served


@contextmanager
def service(folder: Path, clip: Path, port: int) -> "Iterator[subprocess.Popen[str]]":
    """The daemon with `[view]` on, as the service manager starts it."""
    config = folder / "mien.toml"
    config.write_text(
        f'device = {{ id = "{DEVICE}" }}\ncamera = {{ source = "file:{clip}", loop = true }}\n'
        f'publish = {{ to = "log" }}\nprivacy = {{ folder = "{folder}" }}\n'
        f"view = {{ enabled = true, port = {port} }}\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "edge.cli", "run", "--config", str(config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "RUNTIME_DIRECTORY": str(folder)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_the_service_leaves_its_link_for_root_and_never_logs_it(face_clip: Path, tmp_path: Path) -> None:
    with service(tmp_path, face_clip, free_port()) as process:
        assert wait_until((tmp_path / LINK_FILE).exists, 30), "it leaves no link"
        link = read_link(tmp_path)
        served = Served(link.address)
        cookie = served.cookie()
        assert wait_until(lambda: served.sees_faces(cookie), 30)
        process.terminate()
        log = process.communicate(timeout=10)[1]
    assert process.returncode == 0
    assert "sudo mien view --link" in log and link.address.partition("=")[2] not in log
    assert not (tmp_path / LINK_FILE).exists(), "a link that opens nothing is left"


def test_a_service_whose_port_is_taken_goes_on_without_its_page(face_clip: Path, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        service(tmp_path, face_clip, taken.getsockname()[1]) as process,
    ):
        assert process.stderr
        assert any("no aim page: view.host 127.0.0.1" in line for line in process.stderr)
        time.sleep(0.5)
        assert process.poll() is None


def test_a_port_that_is_taken_ends_the_command_with_one_line(
    face_clip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["view", "--source", f"file:{face_clip}", "--port", str(port)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith(f"mien: view.host 127.0.0.1 and view.port {port} cannot be served: address")


def test_without_an_open_page_there_is_no_link(tmp_path: Path) -> None:
    with pytest.raises(MienError, match="no aim page is open; set enabled = true"):
        read_link(tmp_path)


def test_a_terminal_is_drawn_in_until_the_minutes_are_over(face_clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "mien.toml"
    config.write_text(f'camera.loop = true\nmqtt.port = {free_port()}\nprivacy.folder = "{tmp_path}"\n')
    command = [sys.executable, "-m", "edge.cli", "view", "--config", str(config), "--terminal"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*command, "--source", f"file:{face_clip}", "--minutes", "0.15"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "COLUMNS": "80", "LINES": "30"},
    )
    os.close(theirs)
    drawn = _read_to_the_end(ours)
    assert process.wait(10) == 0
    assert "▀" * 5 in drawn or drawn.count("▀") > 1000
    assert "happy" in drawn and "not connected" in drawn and "frames a second" in drawn
    assert drawn.endswith("\x1b[?25h\x1b[?1049l"), "the terminal is not given back"


def _read_to_the_end(terminal: int, timeout_s: float = 60.0) -> str:
    drawn, deadline_s = b"", time.monotonic() + timeout_s
    while time.monotonic() < deadline_s and select.select([terminal], [], [], timeout_s)[0]:
        try:
            drawn += os.read(terminal, 65536)
        except OSError:  # the other side has closed
            break
    os.close(terminal)
    return drawn.decode()
