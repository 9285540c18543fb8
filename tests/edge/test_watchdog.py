"""What brings the daemon back: real processes, a real notify socket, a real runtime folder."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.restarts import Restarts, read_restarts
from tests.conftest import wait_until
from tests.edge.hanging import PARTS

ROOT = Path(__file__).resolve().parents[2]


class Manager:
    """Stands where systemd does: it listens, and starts processes with the environment that systemd gives."""

    def __init__(self, folder: Path) -> None:
        self.runtime = folder / "run"
        self.runtime.mkdir()
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._channel.bind(str(folder / "notify"))
        self._channel.setblocking(False)
        self.heard: list[str] = []
        self.environment = os.environ | {
            "NOTIFY_SOCKET": str(folder / "notify"),
            "RUNTIME_DIRECTORY": str(self.runtime),
            "WATCHDOG_USEC": str(60_000_000),
        }

    def listen(self) -> list[str]:
        while True:
            try:
                self.heard += self._channel.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    @contextmanager
    def running(
        self, *command: str, stdout: int = subprocess.PIPE, **environment: str
    ) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [sys.executable, *command],
            env=self.environment | environment,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def close(self) -> None:
        self._channel.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    manager = Manager(tmp_path)
    yield manager
    manager.close()


@pytest.fixture
def config(clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / "mien.toml"
    path.write_text(
        f'device = {{ id = "lab" }}\ncamera = {{ source = "file:{clip}", loop = true }}\n'
        'publish = { to = "log" }\nmodel = { accelerator = "cpu" }\n'
    )
    return path


def run(config: Path) -> list[str]:
    return ["-m", "edge.cli", "run", "--config", str(config)]


def restarts_told(process: subprocess.Popen[str]) -> dict[str, object]:
    """What the first `info` message of a process says of restarts."""
    assert process.stdout
    for line in process.stdout:
        message = json.loads(line)
        if message["topic"].endswith("/info"):
            return dict(message["payload"]["restarts"])
    raise AssertionError("the process ended without an info message")


def test_the_manager_is_told_ready_fed_by_frames_and_told_the_end(manager: Manager, config: Path) -> None:
    with manager.running(*run(config)) as process:
        assert wait_until(lambda: manager.listen().count("WATCHDOG=1") >= 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    heard = manager.listen()
    assert heard.index("READY=1") < heard.index("STATUS=online") < heard.index("WATCHDOG=1")
    assert heard[-1] == "STOPPING=1"


def test_a_daemon_that_sees_nothing_does_not_feed_and_ends_before_it_is_killed(
    manager: Manager, config: Path
) -> None:
    text = config.read_text().replace("file:", "v4l2:/dev/none-")
    config.write_text(text)
    with manager.running(*run(config), WATCHDOG_USEC="4000000") as process:
        assert process.wait(15) == 1
    assert "READY=1" in manager.listen()
    assert "WATCHDOG=1" not in manager.heard
    story = read_restarts(manager.runtime)
    assert story and story.last_reason and story.last_reason.startswith("no frame for ")
    assert "/dev/none-" in story.last_reason


def test_a_hang_of_any_stage_ends_the_process_with_its_reason(clip: Path, tmp_path: Path) -> None:
    managers, processes = {}, {}
    for number, stage in enumerate(PARTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        config = folder / "mien.toml"
        config.write_text(f'camera = {{ source = "file:{clip}", loop = true }}\npublish = {{ to = "log" }}\n')
        managers[stage] = Manager(folder)
        processes[stage] = managers[stage].running(
            *("-m", "tests.edge.hanging", stage, str(config)),
            stdout=subprocess.DEVNULL,  # nobody reads it
        )
    running = {stage: process.__enter__() for stage, process in processes.items()}
    try:
        for stage, process in running.items():
            assert process.wait(40) == 1, f"a hang in {stage} did not end the process"
            story = read_restarts(managers[stage].runtime)
            assert story and story.last_reason
            assert story.last_reason.startswith(f"the {stage} hangs" if stage == "camera" else f"{stage} hangs")
    finally:
        for stage, process in processes.items():
            process.__exit__(None, None, None)
            managers[stage].close()


def test_a_process_that_was_killed_is_counted_and_its_stage_named(manager: Manager, config: Path) -> None:
    with manager.running("-m", "tests.edge.hanging", "search", str(config)) as process:
        assert wait_until(
            lambda: (
                b"search" in (manager.runtime / "stages").read_bytes()
                if (manager.runtime / "stages").exists()
                else False
            )
        )
        process.send_signal(signal.SIGKILL)
        process.wait(5)
    with manager.running(*run(config)) as process:
        told = restarts_told(process)
    assert told["count"] == 1
    assert told["last_reason"] == ("ended without a word, in the stage search: it crashed, was killed or hung")
    assert str(told["last_ts"]).startswith("20")


def test_an_end_on_purpose_is_no_restart(manager: Manager, config: Path) -> None:
    with manager.running(*run(config)) as process:
        assert wait_until(lambda: "STATUS=online" in manager.listen())
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    with manager.running(*run(config)) as process:
        assert restarts_told(process)["count"] == 0


def test_an_error_that_ends_the_process_is_the_reason(manager: Manager, config: Path) -> None:
    config.write_text(config.read_text().replace("accelerator", 'bundle = "none", accelerator'))
    with manager.running(*run(config)) as process:
        assert process.wait(10) == 1
    story = read_restarts(manager.runtime)
    assert story and str(story.last_reason).startswith("model none is not there")


def test_the_delay_before_another_try_grows_and_ends_at_a_minute() -> None:
    delays_s = [Restarts(fruitless=fruitless).delay_s for fruitless in range(12)]
    assert delays_s[:3] == [0, 0, 0]
    assert delays_s[3:8] == [1, 2, 4, 8, 16]
    assert delays_s[-1] == 60


def test_a_damaged_record_begins_a_new_story(manager: Manager, config: Path) -> None:
    (manager.runtime / "restarts.json").write_text('{"count": ')
    (manager.runtime / "stages").write_bytes(b"\xff" * 7)
    with manager.running(*run(config)) as process:
        assert restarts_told(process)["count"] == 0
