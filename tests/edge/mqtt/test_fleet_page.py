"""The configurations of FLEET.md do what the page says, with real brokers."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from edge.config import MqttConfig
from edge.mqtt.making import make_client
from tests.conftest import Broker, wait_until
from tests.edge.mqtt.conftest import Papers

PAGE = Path(__file__).parents[3] / "edge/mqtt/FLEET.md"

Make = Callable[..., Broker]
Issue = Callable[..., Papers]


def block(name: str, changes: dict[str, object]) -> list[str]:
    """The lines of a configuration of the page, with other paths and addresses."""
    found = re.search(rf"<!-- tested: {name} -->\n```\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found, f"the page has no block {name}"
    text = found.group(1)
    for words, instead in changes.items():
        assert words in text
        text = text.replace(words, str(instead))
    return text.splitlines()


class Person:
    """A client that keeps what it hears."""

    def __init__(self, port: int, papers: Papers | None = None, **keys: Any) -> None:
        if papers:
            keys |= {
                "tls": True,
                "ca_file": papers.authority,
                "client_cert_file": papers.certificate,
                "client_key_file": papers.key,
            }
        mqtt = MqttConfig(host="localhost", port=port, **keys)
        self.heard: list[tuple[str, str]] = []
        self._granted = threading.Event()
        self.client = client = make_client(mqtt, None, protocol=MQTTProtocolVersion.MQTTv5, reconnects=True)
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.on_message = lambda _client, _data, message: self.heard.append(
            (message.topic, message.payload.decode())
        )
        client.on_subscribe = lambda *_: self._granted.set()
        client.connect("localhost", port)
        client.loop_start()
        assert wait_until(client.is_connected)

    def listen(self, *filters: str) -> "Person":
        self._granted.clear()
        self.client.subscribe([(name, paho.SubscribeOptions(1)) for name in filters])
        assert self._granted.wait(5)
        return self

    def tell(self, topic: str, payload: str, retain: bool = False, qos: int = 1) -> None:
        self.client.publish(topic, payload, qos, retain).wait_for_publish(5)

    def topics(self) -> set[str]:
        return {topic for topic, _ in self.heard}


@pytest.fixture
def person() -> Iterator[Callable[..., Person]]:
    people: list[Person] = []

    def make(*arguments: Any, **keys: Any) -> Person:
        people.append(Person(*arguments, **keys))
        return people[-1]

    yield make
    for each in people:
        each.client.disconnect()
        each.client.loop_stop()


@pytest.mark.broker
def test_each_device_may_use_its_own_topics_alone(
    make_mosquitto: Make, issue: Issue, person: Callable[..., Person], tmp_path: Path
) -> None:
    server = issue("localhost")
    (tmp_path / "acl").write_text("\n".join(block("acl", {})) + "\n")
    (tmp_path / "acl").chmod(0o600)
    files = {
        "/etc/mosquitto/ca.pem": server.authority,
        "/etc/mosquitto/broker.pem": server.certificate,
        "/etc/mosquitto/broker.key": server.key,
        "/etc/mosquitto/acl": tmp_path / "acl",
    }
    lines = [line for line in block("broker", files) if not line.startswith("listener")]
    port = make_mosquitto(*lines).port
    watcher, home, device = (
        person(port, issue(name, common_name=name)) for name in ("watcher", "homeassistant", "oslo-hall-2")
    )
    watcher.listen("mien/#")
    device.listen("mien/#", "homeassistant/status")
    for name in ("oslo-hall-2", "bergen-1"):
        device.tell(f"mien/{name}/status", "online")
        device.tell(f"homeassistant/device/{name}/config", "{}", retain=True)
        home.tell(f"mien/{name}/cmd/ping", "{}")
        home.tell(f"mien/{name}/privacy/set", "ON")
        watcher.tell(f"mien/{name}/cmd/restart", "{}")
    home.tell("homeassistant/status", "online")
    home.listen("homeassistant/#")
    assert wait_until(lambda: ("homeassistant/status", "online") in device.heard)
    assert device.topics() == {
        "mien/oslo-hall-2/cmd/ping",
        "mien/oslo-hall-2/privacy/set",
        "homeassistant/status",
    }
    assert "mien/oslo-hall-2/status" in watcher.topics() and "mien/bergen-1/status" not in watcher.topics()
    assert not {topic for topic in watcher.topics() if topic.endswith("/cmd/restart")}
    assert wait_until(lambda: bool(home.heard))
    assert home.topics() == {"homeassistant/device/oslo-hall-2/config"}


@pytest.mark.broker
def test_a_sites_broker_passes_on_what_devices_tell_and_what_waited_while_the_line_was_down(
    make_mosquitto: Make, issue: Issue, person: Callable[..., Person]
) -> None:
    papers = issue("localhost")
    tls = (f"cafile {papers.authority}", f"certfile {papers.certificate}", f"keyfile {papers.key}")
    centre = make_mosquitto(*tls, "allow_anonymous true")
    changes = {
        "centre.example:8883": f"localhost:{centre.port}",
        "/etc/mosquitto/ca.pem": papers.authority,
        "restart_timeout 1 30": "restart_timeout 3 3",  # our listener is to be there before the bridge
    }
    site = make_mosquitto("allow_anonymous true", *block("bridge", changes))
    reader = {"tls": True, "ca_file": papers.authority}
    at_centre, at_site = person(centre.port, **reader), person(site.port).listen("mien/+/cmd/+")
    at_centre.listen("mien/#", "sites/#")
    assert wait_until(lambda: ("sites/oslo", "1") in at_centre.heard), "the bridge is up"
    at_site.tell("mien/oslo-hall-2/status", "online", retain=True)
    assert wait_until(lambda: ("mien/oslo-hall-2/status", "online") in at_centre.heard)
    at_centre.tell("mien/oslo-hall-2/cmd/ping", "{}")
    assert wait_until(lambda: ("mien/oslo-hall-2/cmd/ping", "{}") in at_site.heard)

    centre.stop()
    time.sleep(0.3)
    at_site.tell("mien/oslo-hall-2/faces/1", "came")
    at_site.tell("mien/oslo-hall-2/state", "old", qos=0)
    at_centre.heard.clear()
    centre.start()
    assert wait_until(at_centre.client.is_connected)
    at_centre.listen("mien/#", "sites/#")
    assert wait_until(lambda: ("mien/oslo-hall-2/faces/1", "came") in at_centre.heard), "it waited"
    at_site.tell("mien/oslo-hall-2/summary", "last")
    assert wait_until(lambda: ("mien/oslo-hall-2/summary", "last") in at_centre.heard)
    stale, round_trip = "mien/oslo-hall-2/state", "mien/oslo-hall-2/cmd/ping"
    assert not {stale, round_trip} & at_centre.topics(), "old, or going round"


@pytest.mark.broker
def test_a_shared_subscription_gives_each_message_to_one(
    make_mosquitto: Make, person: Callable[..., Person]
) -> None:
    port = make_mosquitto().port
    readers = [person(port).listen("$share/writers/mien/+/state") for _ in range(2)]
    speaker = person(port)
    for number in range(20):
        speaker.tell("mien/hall/state", str(number))
    assert wait_until(lambda: sum(len(reader.heard) for reader in readers) == 20)
    assert all(reader.heard for reader in readers)
