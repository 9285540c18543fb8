"""What Home Assistant was told under another name, or before a switch-off, is taken back; nothing of others."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.config import parse_config
from edge.mqtt.client import MqttTransport
from edge.mqtt.homeassistant import retraction
from edge.mqtt.homeassistant.announcer import Announcer
from edge.mqtt.homeassistant.discovery import make_discovery, take_away_others
from edge.mqtt.homeassistant.memory import FILE, Memory
from edge.mqtt.outbox import Outbox
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from tests.conftest import Broker, wait_until
from tests.edge.mqtt.homeassistant.conftest import Listen, Listener

OLD, NEW = "homeassistant/device/old/config", "homeassistant/device/new/config"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retraction, "_LOOK_S", 0.3)


class Device:
    """What the daemon has of messaging, without a camera.

    Args:
        folder: its state.
    """

    def __init__(
        self, port: int, folder: Path, device: str, enabled: bool = True, *, classes: Sequence[str] = ("happy",)
    ) -> None:
        config = parse_config(
            {
                "device": {"id": device},
                "mqtt": {"host": "127.0.0.1", "port": port},
                "homeassistant": {"enabled": enabled},
            }
        )
        topics = Topics(device)
        self.transport = MqttTransport(config.mqtt, topics, None, Outbox(None, 10, 60))
        self.publisher = Publisher(self.transport, topics, config.publish)
        self.announcer = Announcer(config, classes, self.transport, self.publisher, folder)
        self.publisher.start()
        self.publisher.set_status("online")
        self.publisher.set_privacy("OFF")

    def runs_until(self, is_true: Callable[[], bool], timeout_s: float = 5) -> bool:
        def turn() -> bool:
            self.transport.deliver()
            self.announcer.tend(time.monotonic())
            return is_true()

        return wait_until(turn, timeout_s)

    def close(self) -> None:
        self.publisher.close("stopped")


@pytest.fixture
def port(make_mosquitto: Callable[..., Broker]) -> int:
    return make_mosquitto().port


def kept(listen: Listen, port: int) -> Listener:
    """Somebody who comes now, and is told what the broker keeps."""
    late = listen(port)
    assert wait_until(lambda: late.says_and_hears("mark"))
    return late


def remembered(folder: Path) -> Any:
    return json.loads((folder / FILE).read_text())


@pytest.mark.broker
def test_after_a_rename_nothing_of_the_old_name_is_left(port: int, listen: Listen, tmp_path: Path) -> None:
    before = Device(port, tmp_path, "old")
    listener = listen(port)
    assert before.runs_until(lambda: bool(listener.all(OLD)) and "online" in listener.all("mien/old/status"))
    before.close()
    after = Device(port, tmp_path, "new")
    assert after.runs_until(lambda: remembered(tmp_path) == {"v4l2:0": [NEW]}), "taken back, and then forgotten"
    late = kept(listen, port)
    assert not late.all(OLD) and not [topic for topic, _ in late.heard if topic.startswith("mien/old/")]
    assert late.all(NEW) and late.all("mien/new/status") == ["online"]
    after.close()


@pytest.mark.broker
def test_what_is_switched_off_is_taken_back_and_its_status_stays(
    port: int, listen: Listen, tmp_path: Path
) -> None:
    before = Device(port, tmp_path, "old")
    listener = listen(port)
    assert before.runs_until(lambda: bool(listener.all(OLD)))
    before.close()
    after = Device(port, tmp_path, "old", enabled=False)
    assert after.runs_until(lambda: remembered(tmp_path) == {})
    late = kept(listen, port)
    assert not late.all(OLD) and late.all("mien/old/status") == ["online"]
    after.close()


@pytest.mark.broker
def test_entities_of_another_model_are_taken_away(port: int, listen: Listen, tmp_path: Path) -> None:
    before = Device(port, tmp_path, "old", classes=["happy", "bored"])
    listener = listen(port)
    assert before.runs_until(lambda: bool(listener.all(OLD)))
    before.close()
    empty = '"share_of_bored":{"platform":"sensor"}'
    for _ in range(2):  # for whoever was not there the first time
        listener.heard.clear()
        after = Device(port, tmp_path, "old")
        assert after.runs_until(lambda: empty in "".join(listener.all(OLD)[-1:]))
        entities = json.loads(listener.all(OLD)[-1])["cmps"]
        listener.heard.clear()
        assert not after.runs_until(lambda: bool(listener.all(OLD)), 0.5), "and once is enough"
        after.close()
    assert len(entities["share_of_happy"]) > 5 and entities["share_of_bored"] == {"platform": "sensor"}


@pytest.mark.parametrize("before", [b"", b"{}", b"[]", b'{"cmps": {"a": 1}}', b'{"cmps": {"a": {}}}', b"\xff"])
def test_an_earlier_payload_that_is_broken_takes_nothing_away(before: bytes) -> None:
    payload = make_discovery(parse_config({}), ["happy"])
    assert take_away_others(payload, before) == payload


@pytest.mark.broker
@pytest.mark.parametrize("whose", ["another machine's", "another daemon's"])
def test_what_is_somebody_elses_by_now_stays(
    whose: str, port: int, listen: Listen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Device(port, tmp_path, "old")
    listener = listen(port)
    assert before.runs_until(lambda: bool(listener.all(OLD)))
    before.close()
    theirs = listener.all(OLD)[0]
    if whose == "another machine's":
        board = json.loads(theirs)["dev"]["serial_number"]
        theirs = theirs.replace(board, "0" * 8)
        listener.say(OLD, theirs, retain=True)
    listener.say("mien/old/status", "online", retain=True)
    after = Device(port, tmp_path, "new")
    assert after.runs_until(lambda: bool(listener.all(NEW)))
    after.runs_until(lambda: False, 0.8)
    late = kept(listen, port)
    assert late.all(OLD) == [theirs] and late.all("mien/old/status") == ["online"]
    is_ours = whose == "another daemon's"  # on this machine; it may be gone at the next start
    assert remembered(tmp_path) == {"v4l2:0": [OLD, NEW] if is_ours else [NEW]}
    after.close()


def test_two_daemons_of_a_machine_know_their_own_topics_alone(tmp_path: Path) -> None:
    Memory(tmp_path, "v4l2:0").add(OLD)
    Memory(tmp_path, "v4l2:1").add(NEW)
    assert Memory(tmp_path, "v4l2:0").topics == (OLD,)
    Memory(tmp_path, "v4l2:1").forget(NEW)
    assert remembered(tmp_path) == {"v4l2:0": [OLD]}


@pytest.mark.parametrize("content", ["", "[]", '{"v4l2:0": 1}', "[" * 100_000, "\0"])
def test_a_memory_that_is_broken_is_said_and_begun_anew(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_text(content)
    memory = Memory(tmp_path, "v4l2:0")
    assert memory.topics == () and "is begun anew" in caplog.text
    memory.add(OLD)
    assert remembered(tmp_path) == {"v4l2:0": [OLD]}


def test_a_memory_that_cannot_be_kept_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    memory = Memory(tmp_path / "file", "v4l2:0")
    memory.add(OLD)
    assert "mien homeassistant --remove --device OLD" in caplog.text and memory.topics == (OLD,)


def test_a_device_that_is_not_announced_leaves_no_file(tmp_path: Path) -> None:
    config = parse_config({"device": {"id": "old"}})
    topics = Topics("old")
    transport = MqttTransport(config.mqtt, topics, None, Outbox(None, 10, 60))
    Announcer(config, ["happy"], transport, Publisher(transport, topics, config.publish), tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_machine_says_which_it_is_where_it_can(tmp_path: Path) -> None:
    about = json.loads(make_discovery(parse_config({}), ["happy"]))["dev"]
    assert len(about.get("serial_number", "0" * 8)) == 8
