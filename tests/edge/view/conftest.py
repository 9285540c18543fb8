"""The aim page as its users have it: a process, a link on its standard error, a browser."""

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from edge.clip import write_clip
from tests.browser import running_browser
from tests.conftest import free_port, wait_until

DEVICE = "lab"


@dataclass(frozen=True)
class Served:
    """A page, and the link that opens it."""

    link: str
    process: "subprocess.Popen[str] | None" = None

    @property
    def port(self) -> int:
        return urlsplit(self.link).port or 0

    @property
    def path(self) -> str:
        return self.link.partition(f":{self.port}")[2]

    def ask(self, path: str, method: str = "GET", body: str = "", **headers: str) -> "Reply":
        """One request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body or None, {k.replace("_", "-"): v for k, v in headers.items()})
            answer = connection.getresponse()
            return Reply(answer.status, dict(answer.getheaders()), answer.read().decode())
        finally:
            connection.close()

    def cookie(self) -> str:
        """What a browser has after it came by the link."""
        return self.ask(self.path).headers["Set-Cookie"].partition(";")[0]

    def scene(self, cookie: str) -> dict[str, Any]:
        return dict(json.loads(self.ask("/scene", Cookie=cookie).body))

    def sees_faces(self, cookie: str) -> bool:
        return bool((self.scene(cookie)["frame"] or {}).get("faces"))


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: str


@contextmanager
def serving(folder: Path, clip: Path, *arguments: str, to: str = "log") -> Iterator[Served]:
    """`mien view` on a clip that begins again and again."""
    config = folder / "mien.toml"
    config.write_text(
        f'device = {{ id = "{DEVICE}" }}\ncamera = {{ source = "file:{clip}", loop = true }}\n'
        f'publish = {{ to = "{to}" }}\nmqtt = {{ host = "127.0.0.1", port = {free_port()} }}\n'
        f'privacy = {{ folder = "{folder}" }}\n'
    )
    command = [sys.executable, "-m", "edge.cli", "view", "--config", str(config), "--port", str(free_port())]
    process = subprocess.Popen(
        [*command, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        link = process.stderr.readline().strip()
        assert link.startswith("http://"), link
        yield Served(link, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def face_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face that drifts for ten seconds."""
    path = tmp_path_factory.mktemp("view") / "clip.mp4"
    write_clip(path, seconds=10, fps=15)
    return path


@pytest.fixture(scope="module")
def page(face_clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("page"), face_clip) as served:
        cookie = served.cookie()
        assert wait_until(lambda: bool((served.scene(cookie)["frame"] or {}).get("faces")), 30), (
            "no face was seen"
        )
        yield served


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests; use it in tests marked `browser`."""
    with running_browser(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture
def browser(chromium: Any) -> Any:
    """A browser that knows nothing of the tests before."""
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium.get("about:blank")
    chromium.get_log("browser")
    return chromium


def by_script(driver: Any, script: str) -> Callable[[], Any]:
    return lambda: driver.execute_script(f"return {script}")
