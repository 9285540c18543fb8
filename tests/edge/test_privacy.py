"""The privacy switch: kept before it is confirmed, and obeyed by a camera that lets go of its device."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from paho.mqtt import publish

from edge.config import MqttConfig, PrivacyConfig, PublishConfig, state_folder
from edge.control import Control
from edge.errors import PrivacyError
from edge.mqtt.publisher import Publisher
from edge.mqtt.subscriber import Subscriber
from edge.mqtt.topics import Topics
from edge.privacy import FILE, Privacy
from edge.records import Frame
from edge.watchdog import Watchdog
from tests.conftest import Broker, wait_until
from tests.edge.rig import DEVICE, CollectingTransport, Rig


def test_an_absent_store_means_off_and_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "mien"
    privacy = Privacy(folder)
    assert not privacy.is_on and privacy.problem is None
    assert (folder / FILE).read_text() == "OFF\n"
    assert [path.name for path in folder.iterdir()] == [FILE]


@pytest.mark.parametrize("on", [True, False])
def test_what_was_set_is_there_for_the_next_process(on: bool, tmp_path: Path) -> None:
    privacy = Privacy(tmp_path)
    privacy.set(not on)
    privacy.set(on)
    assert privacy.is_on == Privacy(tmp_path).is_on == on


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"OF", b"ONE", b"\xff\xfe", b"ON\n" * 1000])
def test_a_store_that_cannot_be_read_means_on_until_the_switch_is_set_anew(
    content: bytes, tmp_path: Path
) -> None:
    (tmp_path / FILE).write_bytes(content)
    privacy = Privacy(tmp_path)
    assert privacy.is_on and privacy.is_kept
    assert "where ON or OFF was expected, so the camera stays closed" in str(privacy.problem)
    assert (tmp_path / FILE).read_bytes() == content
    privacy.set(False)
    assert not privacy.is_on and privacy.problem is None
    assert (tmp_path / FILE).read_text() == "OFF\n"


def test_a_store_that_is_something_else_means_on(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    privacy = Privacy(tmp_path)
    assert privacy.is_on
    assert "cannot be read (is a directory)" in str(privacy.problem)


def test_where_nothing_can_be_kept_on_holds_and_off_does_not(tmp_path: Path) -> None:
    privacy = Privacy(tmp_path / "a")
    (tmp_path / "a" / FILE).unlink()
    (tmp_path / "a").rmdir()
    (tmp_path / "a").write_text("a file where the folder was")
    with pytest.raises(PrivacyError, match=r"cannot be written \(.*set privacy.folder"):
        privacy.set(True)
    assert privacy.is_on and not privacy.is_kept and privacy.problem
    with pytest.raises(PrivacyError):
        privacy.set(False)
    assert privacy.is_on
    (tmp_path / "a").unlink()
    privacy.set(True)
    assert privacy.is_kept and privacy.problem is None


def test_an_absent_store_that_cannot_be_written_is_a_problem_and_off(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "nowhere" / "else")
    privacy = Privacy(tmp_path / "loop")
    assert not privacy.is_on
    assert "cannot be written" in str(privacy.problem)


def test_a_flood_of_the_same_writes_nothing(tmp_path: Path) -> None:
    privacy = Privacy(tmp_path)
    privacy.set(True)
    before = (tmp_path / FILE).stat()
    for _ in range(100):
        privacy.set(True)
    after = (tmp_path / FILE).stat()
    assert (before[stat.ST_INO], before.st_mtime_ns) == (after[stat.ST_INO], after.st_mtime_ns)


def test_the_folder_is_the_configured_one_else_the_services_else_the_users(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert state_folder(PrivacyConfig()) == Path("/home/me/.local/state/mien")
    assert state_folder(PrivacyConfig(folder=Path("~/here"))) == Path("/home/me/here")
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/mien:/var/lib/other")
    assert state_folder(PrivacyConfig()) == Path("/var/lib/mien")


class Camera:
    """A live camera that says whether it is open, and may hang."""

    name = "made"
    is_live = True
    has_sensor = False
    granted = ""

    def __init__(self) -> None:
        self.is_open = True

    def __iter__(self) -> Iterator[Frame]:
        for index in range(10_000):
            assert self.is_open, "read after it was closed"
            time.sleep(0.02)
            now_s = time.monotonic()
            yield Frame(np.full((480, 640), 110, np.uint8), now_s, now_s, index)

    def close(self) -> None:
        self.is_open = False


@pytest.fixture
def opened() -> list[Camera]:
    return []


@pytest.fixture
def rig(opened: list[Camera], tmp_path: Path) -> Iterator[Rig]:
    def open_camera() -> Camera:
        opened.append(Camera())
        return opened[-1]

    rig = Rig(open_camera, Watchdog(None), folder=tmp_path)
    assert wait_until(lambda: bool(rig.told("info"))) and rig.told("status") == ["online"]
    yield rig
    rig.end()


def test_on_closes_the_camera_and_is_confirmed_off_opens_it_again(
    rig: Rig, opened: list[Camera], tmp_path: Path
) -> None:
    assert rig.told("privacy/state") == ["OFF"]
    rig.hear("privacy/set", "ON")
    assert wait_until(lambda: rig.told("privacy/state") == ["OFF", "ON"], 1)
    assert not opened[0].is_open
    assert (tmp_path / FILE).read_text() == "ON\n"
    assert wait_until(lambda: rig.told("status") == ["online", "privacy"], 1)
    time.sleep(0.5)
    assert len(opened) == 1
    rig.hear("privacy/set", "OFF")
    assert wait_until(lambda: rig.told("status") == ["online", "privacy", "online"], 2)
    assert rig.told("privacy/state") == ["OFF", "ON", "OFF"]
    assert len(opened) == 2 and opened[1].is_open


def test_another_thread_may_set_it_as_the_local_page_does(rig: Rig, opened: list[Camera]) -> None:
    threading.Thread(target=rig.privacy.set, args=(True,)).start()
    assert wait_until(lambda: not opened[0].is_open, 1)
    assert wait_until(lambda: rig.told("privacy/state") == ["OFF", "ON"], 1)


def test_a_retained_on_is_obeyed_and_a_retained_off_is_not(rig: Rig, opened: list[Camera]) -> None:
    rig.hear("privacy/set", "ON", is_retained=True)
    assert wait_until(lambda: rig.told("privacy/state") == ["OFF", "ON"], 1)
    rig.hear("privacy/set", "OFF", is_retained=True)
    assert wait_until(lambda: rig.told("privacy/state") == ["OFF", "ON", "ON"], 1), "who asked is to see it"
    time.sleep(0.3)
    assert len(opened) == 1


@pytest.mark.parametrize("payload", [b"", b"on", b"1", b"ON\0", b"ON ", b"\xff", b"{}", b"x" * 1_000_000])
def test_what_is_neither_changes_nothing(payload: bytes, rig: Rig, opened: list[Camera]) -> None:
    rig.hear("privacy/set", payload)
    time.sleep(0.3)
    assert opened[0].is_open and set(rig.told("privacy/state")) == {"OFF"}
    assert rig.told("status") == ["online"]


def test_while_it_is_on_the_reason_of_an_unreadable_store_is_told(tmp_path: Path, opened: list[Camera]) -> None:
    (tmp_path / FILE).write_bytes(b"\0")
    rig = Rig(lambda: opened.append(Camera()), Watchdog(None), folder=tmp_path)
    assert wait_until(lambda: rig.told("status") == ["privacy"], 5)
    assert wait_until(lambda: "stays closed" in rig.last("info").get("problems", {}).get("privacy", ""), 1)
    assert rig.told("privacy/state") == ["ON"]
    assert not opened
    rig.end()


@contextmanager
def daemon(config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def holds(pid: int, path: Path) -> bool:
    """Whether a process has a file open."""
    links = Path(f"/proc/{pid}/fd").iterdir()
    return any(os.path.realpath(link) == str(path) for link in links)


@pytest.mark.broker
def test_the_handle_is_gone_within_a_second_and_stays_so_over_kill_9(
    make_mosquitto: Callable[..., Broker], clip: Path, tmp_path: Path
) -> None:
    broker = make_mosquitto()
    config, folder = tmp_path / "mien.toml", tmp_path / "state"
    config.write_text(
        f'device = {{ id = "{DEVICE}" }}\ncamera = {{ source = "file:{clip}", loop = true }}\n'
        f'mqtt = {{ host = "127.0.0.1", port = {broker.port} }}\nprivacy = {{ folder = "{folder}" }}\n'
    )
    subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=broker.port), None, DEVICE)
    messages = subscriber.messages(0.02)
    heard: dict[str, str] = {}

    def hears(kind: str, payload: str) -> bool:
        if message := next(messages):
            heard[message[0].removeprefix(f"mien/{DEVICE}/")] = message[1]
        return heard.get(kind) == payload

    def switch(position: str) -> None:
        publish.single(f"mien/{DEVICE}/privacy/set", position, 1, hostname="127.0.0.1", port=broker.port)

    with daemon(config) as process:
        assert wait_until(lambda: hears("status", "online"), 15)
        assert hears("privacy/state", "OFF") and holds(process.pid, clip)
        switch("ON")
        begun_s = time.monotonic()
        assert wait_until(lambda: not holds(process.pid, clip), 1)
        assert wait_until(lambda: hears("privacy/state", "ON"), 1)
        assert time.monotonic() - begun_s < 1
        assert (folder / FILE).read_text() == "ON\n"
        process.send_signal(signal.SIGKILL)
    assert wait_until(lambda: hears("status", "offline"))
    with daemon(config) as process:
        assert wait_until(lambda: hears("status", "privacy"), 15)
        time.sleep(0.5)
        assert not holds(process.pid, clip)
        switch("OFF")
        assert wait_until(lambda: hears("privacy/state", "OFF"), 2)
        assert wait_until(lambda: hears("status", "online"), 5) and holds(process.pid, clip)
    subscriber.close()


class HangingCamera(Camera):
    """Caught in its driver after some frames."""

    def __iter__(self) -> Iterator[Frame]:
        now_s = time.monotonic()
        yield Frame(np.full((480, 640), 110, np.uint8), now_s, now_s, 0)
        time.sleep(30)


def test_a_camera_that_hangs_is_closed_by_the_end_of_the_process(tmp_path: Path) -> None:
    script = """
import sys, pathlib, time
from edge.watchdog import Watchdog
from tests.conftest import wait_until
from tests.edge.rig import Rig
from tests.edge.test_privacy import HangingCamera
rig = Rig(HangingCamera, Watchdog(None), folder=pathlib.Path(sys.argv[1]))
wait_until(lambda: rig.told("status") == ["online"])
rig.hear("privacy/set", "ON")
time.sleep(20)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=15
    )
    assert done.returncode == 1
    assert "the camera hangs and cannot be closed, as privacy wants it" in done.stderr
    assert (tmp_path / FILE).read_text() == "ON\n", "or it would be opened again at the next start"


def test_messages_of_who_was_seen_end_with_the_camera(rig: Rig) -> None:
    rig.hear("privacy/set", "ON")
    assert wait_until(lambda: rig.told("status") == ["online", "privacy"], 1)
    told = len(rig.transport.sent)
    time.sleep(0.5)
    kinds = {topic.split("/")[2] for topic, _ in rig.transport.sent[told:]}
    assert kinds <= {"health", "info"}
    assert json.loads(rig.told("state")[-1])["faces"] == 0


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=some.binary(max_size=20) | some.sampled_from([b"ON\n", b"OFF", b" ON", b"OFFON", b"O\nN"]))
def test_no_store_but_one_that_says_off_lets_the_camera_open(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(content)
    privacy = Privacy(tmp_path)
    assert privacy.is_on == (content.strip() != b"OFF")
    assert (privacy.problem is None) == (content.strip() in (b"ON", b"OFF"))


SENT = some.tuples(
    some.sampled_from([b"ON", b"OFF", b"", b"on", b"OFF\n"]) | some.binary(max_size=8),
    some.booleans(),
    some.sampled_from([0, 0, 0, 1_000_000]),
)


def test_on_that_is_turned_by_hand_is_confirmed_when_the_camera_is_closed(tmp_path: Path) -> None:
    transport, topics = CollectingTransport(), Topics(DEVICE)
    publisher = Publisher(transport, topics, PublishConfig())
    control = Control(Privacy(tmp_path), publisher, transport, topics, {})
    publisher.start()

    def told() -> list[str]:
        return [payload for topic, payload in transport.sent if topic == topics.privacy_state]

    control.settle(camera_is_open=True)
    control.turn(True)  # as the local page does, from a thread of its own
    control.settle(camera_is_open=True)
    assert told() == ["OFF"] and not control.wants_camera
    control.settle()
    assert told() == ["OFF", "ON"]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=some.lists(SENT, max_size=12))
def test_whatever_is_sent_only_on_closes_and_only_a_live_off_opens(
    messages: list[tuple[bytes, bool, int]], tmp_path: Path
) -> None:
    (tmp_path / FILE).unlink(missing_ok=True)
    privacy, transport, topics = Privacy(tmp_path), CollectingTransport(), Topics(DEVICE)
    publisher = Publisher(transport, topics, PublishConfig())
    control = Control(privacy, publisher, transport, topics, {})
    publisher.start()
    wanted = False
    for content, is_retained, size in messages:
        payload = content.ljust(size)
        transport.inbox.put(topics.privacy_set, payload, is_retained)
        transport.deliver()
        control.settle()
        if payload == b"ON":
            wanted = True
        elif payload == b"OFF" and not is_retained:
            wanted = False
        assert privacy.is_on == wanted
        position = [told for topic, told in transport.sent if topic == topics.privacy_state][-1]
        assert position == ("ON" if wanted else "OFF")
        assert Privacy(tmp_path).is_on == wanted
    errors = [told for topic, told in transport.sent if topic == topics.reply("privacy")]
    wrong = [
        (content, is_retained)
        for content, is_retained, size in messages
        if content.ljust(size) not in (b"ON", b"OFF", b"") or (content.ljust(size) == b"OFF" and is_retained)
    ]
    assert len(errors) == len(wrong)
