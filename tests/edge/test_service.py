"""The daemon as its users have it: a process, a configuration file, a real broker."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.config import MqttConfig, parse_config
from edge.errors import CameraError
from edge.mqtt.subscriber import Subscriber
from edge.records import Frame
from edge.service import run_daemon
from edge.watchdog import Watchdog
from tests.conftest import Broker, free_port, wait_until
from tests.edge.rig import DEVICE, Rig


def config_text(source: str, port: int, **publish: Any) -> str:
    lines = [f"{key} = {json.dumps(value)}" for key, value in publish.items()]
    return "\n".join(
        [
            f'device = {{ id = "{DEVICE}" }}',
            f"camera = {{ source = {json.dumps(source)}, loop = true }}",
            f'mqtt = {{ host = "127.0.0.1", port = {port} }}',
            "[publish]",
            "heartbeat_s = 1",
            *lines,
        ]
    )


@contextmanager
def daemon(config: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def iter_until(lines: Iterable[str], wanted: str) -> Iterator[str]:
    """Lines up to the one that holds what is wanted."""
    for line in lines:
        yield line
        if wanted in line:
            return


class Listener:
    """Collects what a broker carries for our device."""

    def __init__(self, port: int, **login: Any) -> None:
        password = login.pop("password", None)
        self._subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=port, **login), password, DEVICE)
        self._messages = self._subscriber.messages(patience_s=0.1)
        self.heard: list[tuple[str, str]] = []

    def hears(self, kind: str, is_it: Callable[[str], bool], timeout_s: float = 15.0) -> str | None:
        """The next payload of a kind for which `is_it` holds; None where none comes in time."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            message = next(self._messages)
            if message:
                self.heard.append(message)
                if message[0].startswith(f"mien/{DEVICE}/{kind}") and is_it(message[1]):
                    return message[1]
        return None

    def close(self) -> None:
        self._subscriber.close()


@contextmanager
def listening(port: int, **login: Any) -> Iterator[Listener]:
    listener = Listener(port, **login)
    try:
        yield listener
    finally:
        listener.close()


def any_payload(payload: str) -> bool:
    return True


def test_a_message_published_by_the_daemon_is_read_back_from_the_broker(
    any_broker_port: int, clip: Path, tmp_path: Path
) -> None:
    config = tmp_path / "mien.toml"
    config.write_text(config_text(f"file:{clip}", any_broker_port))
    with listening(any_broker_port) as listener, daemon(config):
        assert listener.hears("status", lambda payload: payload == "online")
        told = listener.hears("state", lambda payload: json.loads(payload)["faces"] == 1)
        assert told
        state = json.loads(told)
        assert state["emotion"] == "happy"
        assert state["v"] == 1 and state["seq"] >= 0 and state["session"]
        assert sum(state["scores"].values()) == pytest.approx(1, abs=0.01)
        assert listener.hears("faces", any_payload)
        events = [json.loads(payload) for topic, payload in listener.heard if "/faces/" in topic]
        assert events[0]["type"] == "new"
        assert events[0]["track"] <= state["track"], "what waited for the connection comes in order"


def test_the_last_will_says_offline_after_kill_9(any_broker_port: int, clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "mien.toml"
    config.write_text(config_text(f"file:{clip}", any_broker_port))
    with listening(any_broker_port) as listener, daemon(config) as process:
        assert listener.hears("status", lambda payload: payload == "online")
        process.send_signal(signal.SIGKILL)
        assert listener.hears("status", any_payload) == "offline"


def test_sigterm_ends_with_stopped_which_is_retained(any_broker_port: int, clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "mien.toml"
    config.write_text(config_text(f"file:{clip}", any_broker_port))
    with listening(any_broker_port) as listener, daemon(config) as process:
        assert listener.hears("faces", lambda payload: json.loads(payload)["type"] == "new")
        process.send_signal(signal.SIGTERM)
        assert listener.hears("faces", lambda payload: json.loads(payload)["type"] == "end")
        assert listener.hears("status", any_payload) == "stopped"
        assert process.wait(10) == 0
    with listening(any_broker_port) as latecomer:
        assert latecomer.hears("status", any_payload) == "stopped"
        assert not latecomer.hears("state", any_payload, timeout_s=0.5), "a state must not be retained"


@pytest.mark.broker
def test_an_absent_broker_is_said_once_and_told_when_it_comes(
    make_mosquitto: Callable[..., Broker], clip: Path, tmp_path: Path
) -> None:
    broker = make_mosquitto()
    broker.stop()
    config = tmp_path / "mien.toml"
    config.write_text(config_text(f"file:{clip}", broker.port))
    with daemon(config) as process:
        assert process.stderr
        begun = "".join(iter_until(process.stderr, "does not answer"))
        time.sleep(3)  # several tries to connect
        assert process.poll() is None
        broker.start()
        with listening(broker.port) as listener:
            assert listener.hears("state", lambda payload: json.loads(payload)["faces"] == 1)
        process.send_signal(signal.SIGTERM)
        log = begun + process.communicate(timeout=10)[1]
    assert log.count("does not answer") == 1
    assert f"connected to broker 127.0.0.1:{broker.port}" in log


@pytest.mark.broker
def test_a_broker_that_goes_and_comes_back_finds_everything_told_again(
    make_mosquitto: Callable[..., Broker], clip: Path, tmp_path: Path
) -> None:
    broker = make_mosquitto()
    config = tmp_path / "mien.toml"
    config.write_text(config_text(f"file:{clip}", broker.port))
    with daemon(config) as process:
        with listening(broker.port) as listener:
            assert listener.hears("state", any_payload)
        broker.stop()
        time.sleep(1.5)
        broker.start()
        with listening(broker.port) as listener:
            assert listener.hears("status", any_payload) == "online"
            assert listener.hears("state", any_payload)
        process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=10)[1]
    assert log.count("lost broker") == 1
    assert log.count("connected to broker") == 2


@pytest.mark.broker
def test_a_wrong_password_is_said_in_one_line_and_the_daemon_goes_on(
    make_mosquitto: Callable[..., Broker], clip: Path, tmp_path: Path
) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "mien", "right"], check=True)
    passwords.chmod(0o644)
    broker = make_mosquitto("allow_anonymous false", f"password_file {passwords}")
    secret = tmp_path / "password"
    secret.write_text("hunter2-wrong\n")
    config = tmp_path / "mien.toml"
    text = config_text(f"file:{clip}", broker.port)
    login = f'username = "mien", password_file = "{secret}" }}'
    config.write_text(text.replace(f"port = {broker.port} }}", f"port = {broker.port}, {login}"))
    with daemon(config) as process:
        assert process.stderr
        begun = "".join(iter_until(process.stderr, "refused the connection"))
        time.sleep(2)  # and it is tried again, in silence
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        log = begun + process.communicate(timeout=10)[1]
        assert log.count("refused the connection") == 1
        assert "user mien" in log and "mqtt.password_file" in log
        assert "hunter2" not in log
    secret.write_text("right\n")
    with daemon(config), listening(broker.port, username="mien", password="right") as listener:
        assert listener.hears("status", any_payload) == "online"


def test_without_a_broker_messages_go_to_the_log(clip: Path, tmp_path: Path) -> None:
    config = tmp_path / "mien.toml"
    text = config_text(f"file:{clip}", 1, to="log")
    config.write_text(text.replace("loop = true", "realtime = false"))
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    statuses = [m["payload"] for m in messages if m["topic"].endswith("/status")]
    assert statuses == ["online", "stopped"]
    assert any(m["payload"]["emotion"] == "happy" for m in messages if m["topic"].endswith(f"{DEVICE}/state"))
    kinds = [m["payload"]["type"] for m in messages if "/faces/" in m["topic"]]
    assert kinds[0] == "new" and kinds[-1] == "end"


def test_a_video_that_breaks_off_ends_with_one_line_and_offline(broken_video: Path, tmp_path: Path) -> None:
    config = tmp_path / "mien.toml"
    text = config_text(f"file:{broken_video}", 1, to="log")
    config.write_text(text.replace("loop = true", "realtime = false"))
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "breaks off after" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["payload"] == "offline"


class StallingCamera:
    """A live camera that gives some frames and then hangs until it is let go."""

    name = "stalling"
    is_live = True
    has_sensor = False

    def __init__(self, frames: int) -> None:
        self.let_go = threading.Event()
        self._frames = frames

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self._frames):
            now_s = time.monotonic()
            yield Frame(np.zeros((480, 640), np.uint8), now_s, now_s, index)
        self.let_go.wait(30)

    def close(self) -> None:
        self.let_go.set()


def test_the_status_leaves_online_when_frames_stop() -> None:
    camera = StallingCamera(frames=3)
    rig = Rig(lambda: camera, Watchdog(None))
    assert wait_until(lambda: rig.told("status") == ["online"])
    assert wait_until(lambda: rig.told("status") == ["online", "degraded"], timeout_s=6.5)
    assert wait_until(lambda: rig.last("info")["problems"] == {"camera": "the camera gives no frames"}, 2)
    camera.let_go.set()
    rig.end()


class FailingCamera:
    """A live camera that gives some frames and is then unplugged."""

    name = "failing"
    is_live = True
    has_sensor = False

    def __init__(self, frames: int) -> None:
        self._frames = frames
        self.is_closed = False

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self._frames):
            time.sleep(0.02)
            now_s = time.monotonic()
            yield Frame(np.zeros((480, 640), np.uint8), now_s, now_s, index)
        raise CameraError("/dev/video7 gives no more frames; was it unplugged?")

    def close(self) -> None:
        self.is_closed = True


def test_a_camera_that_fails_is_closed_and_opened_again_and_the_status_says_why() -> None:
    opened: list[FailingCamera] = []

    def open_camera() -> FailingCamera:
        assert all(camera.is_closed for camera in opened), "opened again before it was closed"
        opened.append(FailingCamera(frames=4 if len(opened) < 2 else 10_000))
        return opened[-1]

    rig = Rig(open_camera, Watchdog(None))
    assert wait_until(lambda: len(opened) == 3)
    assert wait_until(lambda: rig.told("status")[-1:] == ["online"])
    rig.end()
    assert rig.told("status") == ["online", "degraded"] * 2 + ["online"]
    problems = [json.loads(info)["problems"] for info in rig.told("info")]
    assert problems[1] == {"camera": "/dev/video7 gives no more frames; was it unplugged?"}
    assert problems[-1] == {}


def test_info_tells_what_the_device_is_and_is_retained(
    any_broker_port: int, clip: Path, tmp_path: Path
) -> None:
    config = tmp_path / "mien.toml"
    device = f'{{ id = "{DEVICE}", site = "work", basis = "safety: drowsiness of drivers" }}'
    text = config_text(f"file:{clip}", any_broker_port)
    config.write_text(text.replace(f'{{ id = "{DEVICE}" }}', device))
    with daemon(config), listening(any_broker_port) as listener:
        assert listener.hears("state", any_payload)
        with listening(any_broker_port) as latecomer:
            told = latecomer.hears("info", any_payload)
    assert told
    info = json.loads(told)
    assert info["version"] and len(info["model"]["card_sha256"]) == 64
    assert info["accelerator"]["in_use"] == "cpu"
    assert info["camera"]["name"] == f"file:{clip}"
    assert info["restarts"] == {"count": 0, "last_reason": None, "last_ts": None}
    assert info["config"]["device"]["id"] == DEVICE
    assert (info["site"], info["basis"]) == ("work", "safety: drowsiness of drivers")
    assert "camera" in info["config_schema"]["properties"]


def test_a_missing_camera_ends_before_anything_is_published(tmp_path: Path) -> None:
    config = parse_config(
        {"camera": {"source": f"file:{tmp_path}/none.mp4"}, "mqtt": {"host": "127.0.0.1", "port": free_port()}}
    )
    with pytest.raises(CameraError, match="none.mp4 is not there"):
        run_daemon(config, threading.Event())
