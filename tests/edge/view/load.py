"""What the page costs, by hand and on a quiet machine: `python -m tests.edge.view.load --seconds 30`.

Two daemons on the same clip, one without a page and one with, run side by side, so that what else the machine
does falls on both. CPU is that of the process, in percent of one core.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edge.clip import write_clip
from tests.edge.view.conftest import Served, serving

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_VIEWS_PER_S = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of each part")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        write_clip(folder / "clip.mp4", seconds=30, fps=15)
        served = stack.enter_context(serving(folder, folder / "clip.mp4"))
        plain = stack.enter_context(_without_page(folder / "mien.toml"))
        cookie = served.cookie()
        time.sleep(5)  # both have started, and warmed up
        print(f"{'':34}{'with page':>12}{'without':>12}{'frames/s':>12}")
        measure = _measurer(served, plain, seconds)
        measure("nobody watches", None)
        viewer = _Viewer(served, cookie)
        measure("one viewer, 5 pictures a second", viewer)
        with crowd(served.port, cookie):
            measure("and 200 connections, a slow reader", viewer)
        viewer.close()


def _measurer(served: Served, plain: "subprocess.Popen[bytes]", seconds: float) -> Callable[..., None]:
    assert served.process
    pids = served.process.pid, plain.pid

    def measure(what: str, viewer: "_Viewer | None") -> None:
        before, first = [_cpu_s(pid) for pid in pids], viewer.number() if viewer else 0
        begun_s = time.monotonic()
        time.sleep(seconds)
        last, elapsed_s = viewer.number() if viewer else 0, time.monotonic() - begun_s
        cpu = [100 * (_cpu_s(pid) - then) / elapsed_s for pid, then in zip(pids, before, strict=True)]
        rate = f"{(last - first) / elapsed_s:12.2f}" if viewer else ""
        print(f"{what:34}{cpu[0]:11.2f}%{cpu[1]:11.2f}%{rate}", flush=True)

    return measure


class _Viewer:
    """Asks as a browser does, on one connection."""

    def __init__(self, served: Served, cookie: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
        self._cookie, self._number, self._is_wanted = cookie, 0, True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def number(self) -> int:
        """Of the newest frame."""
        seen = self._number
        while self._number == seen:
            time.sleep(0.005)
        return self._number

    def close(self) -> None:
        self._is_wanted = False
        self._thread.join()

    def _watch(self) -> None:
        while self._is_wanted:
            self._connection.request("GET", "/scene", headers={"Cookie": self._cookie})
            scene = json.loads(self._connection.getresponse().read())
            if scene["frame"]:
                self._number = scene["frame"]["number"]
            time.sleep(1 / _VIEWS_PER_S)


@contextmanager
def crowd(port: int, cookie: str, count: int = 200) -> Iterator[None]:
    """So many connections that ask half a question, and a reader that takes nothing of many answers."""
    request = f"GET /scene HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
    with ExitStack() as stack:
        slow = stack.enter_context(socket.socket())
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.connect(("127.0.0.1", port))
        slow.sendall(request * 50)
        many = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in many:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        time.sleep(0.5)
        for one in many:
            try:
                one.send(request[:20])
            except OSError:
                continue  # it was not taken
        yield


@contextmanager
def _without_page(config: Path) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


if __name__ == "__main__":
    main()
