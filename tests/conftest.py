"""What tests share: real parts where the machine has them, a reason for skipping where not.

MIEN_REQUIRE=broker,tensorflow,… turns such a skip into a failure.
"""

import atexit
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.clip import write_clip
from edge.mqtt.embedded import embedded_broker
from edge.records import Gray
from tests.browser import find_chromium

# A shell that runs us in the background has SIGINT ignored, and what we start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Daemons keep the position of their privacy switch; not in the home of whoever runs the tests.
os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="mien-test-state-")
atexit.register(shutil.rmtree, os.environ["XDG_STATE_HOME"], ignore_errors=True)
os.environ.pop("STATE_DIRECTORY", None)


def _have(*modules: str) -> Callable[[], bool]:
    return lambda: all(importlib.util.find_spec(module) for module in modules)


def _have_face_mesh() -> bool:
    return (Path(__file__).parents[1] / ".venv-explain" / "bin" / "python").is_file()


def find_mosquitto() -> str | None:
    return shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")


def _can_trace() -> bool:
    command = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"]
    return shutil.which("strace") is not None and subprocess.run(command, capture_output=True).returncode == 0


#: marker: (whether this machine has it, how to get it)
REQUIREMENTS: dict[str, tuple[Callable[[], bool], str]] = {
    "broker": (lambda: find_mosquitto() is not None, "mosquitto: apt-get install mosquitto"),
    "browser": (
        lambda: find_chromium() is not None and _have("selenium", "axe_core_python")(),
        "Chromium, its driver and Selenium: apt-get install chromium chromium-driver; make setup",
    ),
    "gcc": (lambda: shutil.which("gcc") is not None, "a C compiler: apt-get install gcc libc6-dev"),
    "shellcheck": (lambda: shutil.which("shellcheck") is not None, "shellcheck: apt-get install shellcheck"),
    "strace": (_can_trace, "strace, and the right to trace: apt-get install strace"),
    "systemd": (lambda: shutil.which("systemd-analyze") is not None, "systemd: apt-get install systemd"),
    "tensorflow": (_have("keras", "tensorflow"), "TensorFlow: make setup-training"),
    "training": (_have("keras", "sklearn"), "the extra training: make setup-training"),
    "docs": (_have("mkdocs", "material"), "MkDocs: make setup-docs"),
    "mesh": (_have_face_mesh, "mediapipe's face mesh: make setup-explain"),
    "jax": (_have("keras", "jax"), "JAX: make setup-training"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for name in REQUIREMENTS:
        if item.get_closest_marker(name):
            require(name)


def require(name: str) -> None:
    """Skip a test, or a whole module, that needs what this machine lacks; fail where MIEN_REQUIRE names it."""
    is_there, how = REQUIREMENTS[name]
    if is_there():
        return
    if name in os.environ.get("MIEN_REQUIRE", "").split(","):
        pytest.fail(f"MIEN_REQUIRE names {name}, and this machine lacks {how}", pytrace=False)
    pytest.skip(f"needs {how}", allow_module_level=True)


@dataclass(frozen=True)
class Broker:
    """A broker on loopback. `stop` and `start` make it go and come back on the same port."""

    port: int
    start: Callable[[], None]
    stop: Callable[[], None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(is_true: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Look again and again; whether it came true in time."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        if is_true():
            return True
        time.sleep(0.02)
    return is_true()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def make_mosquitto(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Start mosquitto with lines of configuration; use it in tests marked `broker`."""
    processes: list[subprocess.Popen[bytes]] = []

    def make(*lines: str) -> Broker:
        port = free_port()
        config = tmp_path / f"mosquitto-{port}.conf"
        settings = lines or ("allow_anonymous true",)
        config.write_text("\n".join([f"listener {port} 127.0.0.1", *settings, "user root", ""]))
        running: list[subprocess.Popen[bytes]] = []

        def start() -> None:
            program = find_mosquitto()
            assert program
            process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
            running.append(process)
            processes.append(process)
            assert wait_until(lambda: answers(port)), "mosquitto did not start"

        def stop() -> None:
            running[-1].kill()
            running[-1].wait()

        start()
        return Broker(port, start, stop)

    yield make
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.broker), "embedded"])
def any_broker_port(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of each broker that we support: mosquitto and the demo's own."""
    if request.param == "mosquitto":
        yield request.getfixturevalue("make_mosquitto")().port
    else:
        with embedded_broker() as port:
            yield port


@pytest.fixture(scope="session")
def astronaut() -> Gray:
    """A photograph with one smiling face at about (177, 66) of 96x96 pixels; (512, 512), grey."""
    from skimage import data

    return cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)  # type: ignore[return-value]


@pytest.fixture
def astronaut_picture(astronaut: Gray, tmp_path: Path) -> Path:
    path = tmp_path / "astronaut.png"
    cv2.imwrite(str(path), astronaut)
    return path


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of the demo's clip, 15 frames a second."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    write_clip(path, seconds=2, fps=15)
    return path


@pytest.fixture
def broken_video(tmp_path: Path) -> Path:
    """The first half of a file that promises 40 frames, 100 a second."""
    path = tmp_path / "half.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 100, (320, 240))
    for image in np.random.default_rng(0).integers(0, 255, (40, 240, 320, 3), np.uint8):
        writer.write(image)
    writer.release()
    os.truncate(path, path.stat().st_size // 2)
    return path


@pytest.fixture
def empty_room() -> Gray:
    return np.full((480, 640), 110, np.uint8)
