"""The same clip and the same configuration give the same messages, byte for byte."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge.config import parse_config
from edge.errors import ConfigError


def run(config: Path) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    return subprocess.run(command, capture_output=True, timeout=120)


@pytest.fixture
def config(clip: Path, tmp_path: Path) -> Path:
    path = tmp_path / "mien.toml"
    path.write_text(
        f'device = {{ id = "lab" }}\ncamera = {{ source = "file:{clip}", clock = "virtual" }}\n'
        'publish = { to = "log", interval_s = 0.1, heartbeat_s = 0.5 }\n'
    )
    return path


def test_two_runs_in_virtual_time_are_alike_to_the_byte(config: Path) -> None:
    first, second = run(config), run(config)
    assert first.returncode == second.returncode == 0
    assert first.stdout == second.stdout
    messages = [json.loads(line) for line in first.stdout.splitlines()]
    kinds = {message["topic"].split("/")[2] for message in messages}
    assert {"status", "info", "state", "faces"} <= kinds
    assert "health" not in kinds, "it tells of the machine, which is another one at every run"
    states = [message["payload"] for message in messages if message["topic"].endswith("/lab/state")]
    assert states[0]["ts"] == "1970-01-01T00:00:00.000Z" and states[0]["age_ms"] == 0
    assert "1970-01-01T00:00:01" in states[-1]["ts"], "the last second of a clip of two"
    assert len({state["session"] for state in states}) == 1


def test_another_configuration_is_another_session(config: Path) -> None:
    sessions = set()
    for interval_s in ("0.1", "0.2"):
        config.write_text(config.read_text().replace("interval_s = 0.1", f"interval_s = {interval_s}"))
        sessions.add(json.loads(run(config).stdout.splitlines()[1])["payload"]["session"])
    assert len(sessions) == 2


@pytest.mark.parametrize("source", ["v4l2:0", "picamera2", "file:rtsp://me:hunter2@camera/1"])
def test_what_is_no_recording_has_no_time_of_its_own(source: str) -> None:
    with pytest.raises(ConfigError, match="clock is virtual and source is .*; expected a video") as caught:
        parse_config({"camera": {"source": source, "clock": "virtual"}})
    assert "hunter2" not in str(caught.value)


def test_a_coral_is_ready_when_it_is_ready_and_so_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="^camera.clock is virtual and model.accelerator is edgetpu; expected cpu"
    ):
        parse_config(
            {"camera": {"source": "file:a.mp4", "clock": "virtual"}, "model": {"accelerator": "edgetpu"}}
        )


def test_where_aggregates_alone_are_told_one_face_is_not(config: Path) -> None:
    config.write_text(config.read_text() + "privacy = { aggregate_only = true }\n")
    done = run(config)
    assert done.returncode == 0
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert {message["topic"].split("/", 2)[2] for message in messages} == {"status", "info", "privacy/state"}
