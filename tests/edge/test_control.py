"""The daemon obeys: a command goes in at its topic, and what it does is seen from outside."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from edge.config import MqttConfig, parse_config
from edge.mqtt.subscriber import Subscriber
from edge.reload import merge
from edge.watchdog import Watchdog
from tests.conftest import Broker, wait_until
from tests.edge.rig import DEVICE, Rig
from tests.edge.test_privacy import Camera


@pytest.fixture
def opened() -> list[Camera]:
    return []


@pytest.fixture
def rig(opened: list[Camera]) -> Iterator[Rig]:
    def open_camera() -> Camera:
        opened.append(Camera())
        return opened[-1]

    rig = Rig(open_camera, Watchdog(None), {"source": "v4l2:/dev/made"})
    assert wait_until(lambda: bool(rig.told("info"))) and rig.told("status") == ["online"]
    yield rig
    rig.end()


def command(rig: Rig, verb: str) -> dict[str, Any]:
    """Send a command; gives its reply."""
    transaction = f"{verb}-{len(rig.told(f'rsp/{verb}'))}"
    rig.hear(f"cmd/{verb}", json.dumps({"transaction": transaction}))
    assert wait_until(lambda: rig.last(f"rsp/{verb}").get("transaction") == transaction, 3)
    return rig.last(f"rsp/{verb}")


def test_ping_and_info_are_answered(rig: Rig) -> None:
    assert command(rig, "ping")["status"] == "ok"
    info = command(rig, "info")["data"]
    told = rig.last("info")
    assert info["version"] == told["version"] and info["config"] == told["config"]
    assert info["camera"]["name"] == "made"
    assert "schemas" not in info, "the topic info has them"


def test_pause_closes_the_camera_and_resume_opens_it(rig: Rig, opened: list[Camera]) -> None:
    assert command(rig, "pause")["status"] == "ok"
    assert wait_until(lambda: rig.told("status") == ["online", "degraded"], 2)
    assert wait_until(lambda: not opened[0].is_open, 1)
    assert "resume opens it" in rig.last("info")["problems"]["pause"]
    assert command(rig, "ping")["status"] == "ok", "it hears while it rests"
    assert command(rig, "resume")["status"] == "ok"
    assert wait_until(lambda: rig.told("status") == ["online", "degraded", "online"], 2)
    assert len(opened) == 2


def test_resume_does_not_go_against_privacy(rig: Rig, opened: list[Camera]) -> None:
    rig.hear("privacy/set", "ON")
    assert wait_until(lambda: rig.told("status")[-1] == "privacy", 2)
    reply = command(rig, "resume")
    assert (reply["status"], "the privacy switch is ON" in reply["error"]) == ("error", True)
    time.sleep(0.3)
    assert len(opened) == 1


def test_reload_takes_over_what_it_can_and_names_what_needs_a_restart(rig: Rig, opened: list[Camera]) -> None:
    rig.tables |= {"mood": {"min_dwell_s": 2.0}, "mqtt": {"host": "elsewhere"}}
    reply = command(rig, "reload")
    assert reply["data"] == {"applied": ["mood.min_dwell_s"], "needs_restart": ["mqtt.host"]}
    config = rig.last("info")["config"]
    assert config["mood"]["min_dwell_s"] == 2.0 and config["mqtt"]["host"] == "localhost"
    assert len(opened) == 1, "the camera is not touched"


def test_reload_opens_the_camera_anew_where_its_table_changed(rig: Rig, clip: Path) -> None:
    rig.tables["camera"] = {"source": f"file:{clip}", "loop": True}
    assert command(rig, "reload")["data"]["applied"] == ["camera.source", "camera.loop"]
    assert wait_until(lambda: (command(rig, "info")["data"]["camera"]["name"] or "").startswith("file:"), 3)
    assert rig.told("status")[-1] == "online"


@pytest.mark.parametrize(
    ("tables", "error"),
    [
        ({"mood": {"min_dwel_s": 1}}, "did you mean mood.min_dwell_s?"),
        ({"camera": {"source": "file:/none.mp4"}}, "/none.mp4 is not there"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_has_changed(
    tables: dict[str, Any], error: str, rig: Rig, opened: list[Camera]
) -> None:
    before = rig.last("info")["config"]
    rig.tables |= {"detect": {"max_faces": 3}} | tables
    reply = command(rig, "reload")
    assert reply["status"] == "error" and error in reply["error"]
    assert command(rig, "info")["data"]["config"] == before
    assert len(opened) == 1 and opened[0].is_open


def test_a_recording_in_virtual_time_takes_over_nothing(clip: Path) -> None:
    camera = {"source": f"file:{clip}", "clock": "virtual"}
    old, new = parse_config({"camera": camera}), parse_config({"camera": camera, "mood": {"min_dwell_s": 2.0}})
    change = merge(old, new)
    assert (change.config, change.applied, change.waiting) == (old, (), ("mood.min_dwell_s",))


@pytest.mark.broker
def test_commands_come_through_a_broker_and_restart_makes_another_process_of_it(
    make_mosquitto: Callable[..., Broker], clip: Path, tmp_path: Path
) -> None:
    broker, config = make_mosquitto(), tmp_path / "mien.toml"
    config.write_text(
        f'device = {{ id = "{DEVICE}" }}\ncamera = {{ source = "file:{clip}", loop = true }}\n'
        f'mqtt = {{ host = "127.0.0.1", port = {broker.port} }}\n'
    )
    subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=broker.port), None, DEVICE)
    messages = subscriber.messages(0.05)
    heard: list[tuple[str, str]] = []

    def hears(kind: str, *payloads: str) -> bool:
        if message := next(messages):
            heard.append((message[0].removeprefix(f"mien/{DEVICE}/"), message[1]))
        return [payload for name, payload in heard if name == kind][-len(payloads) :] == list(payloads)

    def replies(verb: str) -> list[dict[str, Any]]:
        return [json.loads(payload) for name, payload in heard if name == f"rsp/{verb}"]

    def sessions() -> set[str]:
        return {json.loads(payload)["session"] for name, payload in heard if name == "info"}

    def ask(verb: str, payload: bytes, **options: Any) -> None:
        topic = f"mien/{DEVICE}/cmd/{verb}"
        publish.single(topic, payload, 1, hostname="127.0.0.1", port=broker.port, **options)

    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: hears("status", "online"), 15)
        ask("ping", b"x" * 1_000_000)
        ask("ping", b'{"transaction": "kept"}', retain=True)
        ask("restart", b'{"transaction": "again"}')
        assert wait_until(lambda: hears("status", "online", "stopped", "online"), 15)
        assert process.poll() is None, "the same process has become another one"
        errors = [(reply["transaction"], reply["error"]) for reply in replies("ping")]
        assert "has 1000000 bytes" in errors[0][1]
        assert errors[1][0] == "kept" and "is retained" in errors[1][1]
        assert [reply["status"] for reply in replies("restart")] == ["ok"]
        assert wait_until(lambda: hears("", "") or len(sessions()) == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        subscriber.close()
