"""`mien homeassistant` at a real broker: what was told, and taking back what is ours."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.cli import main
from edge.config import parse_config
from edge.mqtt.homeassistant import removal
from edge.mqtt.homeassistant.discovery import discovery_topic, make_discovery
from edge.mqtt.homeassistant.removal import read_announced
from tests.conftest import Broker, wait_until
from tests.edge.mqtt.homeassistant.conftest import Listen

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setattr(removal, "_QUIET_S", 0.3)

    def command(*words: object) -> tuple[int, str, str]:
        status = main(["homeassistant", *map(str, words)])
        return status, *capsys.readouterr()

    return command


def topic_of(device: str) -> str:
    return discovery_topic("homeassistant", device)


def payload_of(device: str, **about: object) -> str:
    config = parse_config({"device": {"id": device}, "homeassistant": about})
    return make_discovery(config, ["happy"])


@pytest.mark.broker
def test_what_is_ours_is_listed_and_taken_back_one_at_a_time(
    make_mosquitto: Callable[..., Broker], listen: Listen, run: Run, tmp_path: Path
) -> None:
    port = make_mosquitto().port
    broker = ("--host", "127.0.0.1", "--port", port)
    listener = listen(port)
    listener.say(topic_of("hall"), payload_of("hall", name="Flur"), retain=True)
    listener.say("mien/hall/status", "online", retain=True)
    listener.say(topic_of("attic"), payload_of("attic"), retain=True)
    others = json.dumps({"dev": {"name": "Lamp"}, "o": {"name": "zigbee2mqtt"}, "cmps": {}})
    listener.say(topic_of("lamp"), others, retain=True)
    listener.say(topic_of("odd"), "no JSON", retain=True)

    assert run(*broker)[:2] == (0, _lines("attic (attic), no status", "hall (Flur), online"))
    listed = json.loads(run(*broker, "--json")[1])
    assert [(one["device"], one["status"]) for one in listed] == [("attic", None), ("hall", "online")]

    config = tmp_path / "mien.toml"
    config.write_text(f'device = {{ id = "hall" }}\nmqtt = {{ host = "127.0.0.1", port = {port} }}\n')
    listener.heard.clear()
    status, said, hint = run("--config", config, "--remove")
    assert (status, said) == (0, "removed: " + _lines("hall (Flur), online"))
    assert "hall runs and tells it again" in hint and "homeassistant.enabled = false" in hint
    assert "attic was told by this machine, too" in hint and "--device attic" in hint
    assert wait_until(lambda: listener.heard == [(topic_of("hall"), "")]), "and nothing else"

    assert run(*broker, "--device", "attic", "--remove")[:2] == (
        0,
        "removed: " + _lines("attic (attic), no status"),
    )
    assert "keeps no such device" in run(*broker, "--device", "attic", "--remove")[1]
    for device, who in (("lamp", "zigbee2mqtt"), ("odd", "something else")):
        status, said, error = run(*broker, "--device", device, "--remove")
        assert (status, said) == (2, "")
        assert error == f"mien: {topic_of(device)} was told by {who}, not by mien; it stays\n"
    late = listen(port)
    assert wait_until(lambda: len(late.all(topic_of("lamp")) + late.all(topic_of("odd"))) == 2)


def _lines(*devices: str) -> str:
    from importlib.metadata import version

    return "".join(line.replace("),", f"), mien {version('mien')},") + "\n" for line in devices)


@pytest.mark.broker
def test_a_broker_that_does_not_forget_is_said(
    make_mosquitto: Callable[..., Broker],
    listen: Listen,
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(removal, "_PATIENCE_S", 0.5)
    rights = tmp_path / "acl"
    rights.write_text("topic read #\npattern readwrite homeassistant/device/%c/config\n")
    rights.chmod(0o600)
    port = make_mosquitto("allow_anonymous true", f"acl_file {rights}").port
    listen(port, "hall").say(topic_of("hall"), payload_of("hall"), retain=True)
    status, said, error = run("--host", "127.0.0.1", "--port", port, "--device", "hall", "--remove")
    assert (status, said) == (1, "")
    assert error.startswith(f"mien: the broker keeps {topic_of('hall')}; its ACL has to allow")


def test_to_remove_without_saying_which_is_refused(run: Run) -> None:
    status, _, error = run("--remove")
    assert status == 2 and "give --config FILE or --device D" in error


@pytest.mark.parametrize(
    "payload", ["", "[]", "{}", '{"dev": 1, "o": []}', "[" * 100_000, '{"dev": {"serial_number": 7}, "o": {}}']
)
def test_whatever_stands_under_a_topic_of_others_is_not_ours(payload: str) -> None:
    assert not read_announced("topic", "lamp", payload).is_ours
