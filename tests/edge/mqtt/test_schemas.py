"""Every message of a real run is what its published schema says; page and command say the same."""

import json
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from edge.cameras.recovery import RecoveringCamera
from edge.cli import main
from edge.config import parse_config
from edge.health import Health
from edge.machine import read_machine
from edge.mqtt import payloads
from edge.mqtt.schemas import KINDS, make_schemas
from edge.mqtt.topics import split_topic
from edge.stages import Stages
from tests.edge.mqtt.tables import PAGE, render


@pytest.fixture(scope="module")
def recorded(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any]]:
    """Kinds and payloads of a daemon on a clip, again and again, faster than life, for a minute of it."""
    config = tmp_path_factory.mktemp("run") / "mien.toml"
    config.write_text(
        f'device = {{ id = "lab" }}\npublish = {{ to = "log" }}\nmodel = {{ accelerator = "cpu" }}\n'
        f'[camera]\nsource = "file:{clip}"\nrealtime = false\nloop = true\n'
    )
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    messages, deadline_s = [], time.monotonic() + 60
    assert process.stdout
    for line in process.stdout:
        message = json.loads(line)
        messages.append((split_topic(message["topic"])[1].partition("/")[0], message["payload"]))
        if messages[-1][0] == "summary" or time.monotonic() > deadline_s:
            process.terminate()
    process.wait(20)
    return messages


def test_every_message_of_a_run_follows_the_schema_that_its_info_tells(
    recorded: list[tuple[str, Any]],
) -> None:
    schemas = next(payload["schemas"] for kind, payload in recorded if kind == "info")
    kinds = Counter(kind for kind, _ in recorded)
    assert set(kinds) >= {"status", "info", "state", "faces", "summary"}
    for kind, payload in recorded:
        if kind == "status":
            assert payload in ("online", "degraded", "stopped")
        elif kind == "privacy":
            assert payload == "OFF"
        else:
            Draft202012Validator(schemas[kind]).validate(payload)


def test_health_of_this_machine_follows_its_schema() -> None:
    class Silence:
        dropped = {"no_broker": 3}
        waiting = 1

    camera = RecoveringCamera(lambda: None, Stages(), comes_back=True, waits=True)  # type: ignore[arg-type,return-value]
    fields = Health(camera, Silence()).report("online", {}, read_machine())
    message = payloads.Health(session="abcd", seq=0, ts="1970-01-01T00:00:00.000Z", **fields)
    Draft202012Validator(make_schemas()["health"]).validate(json.loads(message.model_dump_json()))


def test_the_schemas_are_schemas_and_refuse_what_we_do_not_send(recorded: list[tuple[str, Any]]) -> None:
    state = next(payload for kind, payload in recorded if kind == "state")
    for schema in make_schemas().values():
        Draft202012Validator.check_schema(schema)
        assert set(schema["required"]) == set(schema["properties"])
    for change in ({"mood": 1}, {"v": 2}, {"faces": -1}, {"ts": 5}):
        with pytest.raises(ValidationError):
            Draft202012Validator(make_schemas()["state"]).validate(state | change)


def test_info_stays_of_a_size_that_brokers_and_readers_can_bear(recorded: list[tuple[str, Any]]) -> None:
    info = next(payload for kind, payload in recorded if kind == "info")
    assert set(info["schemas"]) == set(KINDS)
    assert len(json.dumps(info)) < 40_000


def test_the_command_prints_them_and_writes_a_file_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schemas"]) == 0
    assert json.loads(capsys.readouterr().out) == make_schemas()
    assert main(["schemas", "--out", str(tmp_path)]) == 0
    assert {path.stem: json.loads(path.read_text()) for path in tmp_path.iterdir()} == make_schemas()
    assert main(["schemas", "--out", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["schemas", "--out", str(tmp_path), "--force"]) == 0


def test_the_page_has_the_tables_of_the_models() -> None:
    assert PAGE.read_text() == render(PAGE.read_text()), "python -m tests.edge.mqtt.tables mends it"


def test_the_configuration_of_the_page_is_accepted() -> None:
    (text,) = PAGE.read_text().split("```toml\n")[1:]
    mqtt = parse_config(tomllib.loads(text.partition("```")[0])).mqtt
    assert (mqtt.tls, mqtt.port) == (True, 8883)
