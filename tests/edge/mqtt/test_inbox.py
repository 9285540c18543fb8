"""What others send: through a real broker, over outages, and however much it is."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from edge.config import MqttConfig
from edge.mqtt.client import MqttTransport
from edge.mqtt.inbox import Inbox
from edge.mqtt.outbox import Outbox
from edge.mqtt.topics import Topics
from edge.mqtt.transport import MOST_BYTES, Received
from tests.conftest import Broker, wait_until

Make = Callable[..., Broker]


@dataclass
class Ear:
    """Subscribed as the daemon is; hears when it asks."""

    transport: MqttTransport
    heard: list[Received] = field(default_factory=list)
    connects: list[int] = field(default_factory=list)

    def hears(self, *payloads: bytes, timeout_s: float = 5) -> bool:
        def listen() -> bool:
            self.transport.deliver()
            return [message.payload for message in self.heard] == list(payloads)

        return wait_until(listen, timeout_s)


@pytest.fixture
def listen(request: pytest.FixtureRequest) -> Callable[..., Ear]:
    def make(broker: Broker, topic_filter: str, **keys: Any) -> Ear:
        mqtt = MqttConfig(host="127.0.0.1", port=broker.port, **keys)
        ear = Ear(MqttTransport(mqtt, Topics("lab"), None, Outbox(None, 100, 3600)))
        ear.transport.subscribe(topic_filter, ear.heard.append)
        ear.transport.start(lambda: ear.connects.append(1))
        request.addfinalizer(ear.transport.close)
        assert wait_until(lambda: bool(ear.connects), 5)
        return ear

    return make


def send(broker: Broker, payload: bytes, topic: str = "mien/lab/cmd/ping", retain: bool = False) -> None:
    publish.single(topic, payload, qos=1, retain=retain, hostname="127.0.0.1", port=broker.port)


@pytest.mark.broker
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_messages_come_in_order_and_again_after_an_outage(
    protocol: str, listen: Callable[..., Ear], make_mosquitto: Make
) -> None:
    broker = make_mosquitto()
    ear = listen(broker, "mien/lab/cmd/+", protocol=protocol)
    for payload in (b"one", b"two"):
        send(broker, payload)
    send(broker, b"for another", "mien/hall/cmd/ping")
    assert ear.hears(b"one", b"two")
    broker.stop()
    broker.start()
    assert wait_until(lambda: len(ear.connects) == 2, 10)
    deadline_s = time.monotonic() + 5
    while not ear.hears(b"one", b"two", b"three", timeout_s=0.3) and time.monotonic() < deadline_s:
        send(broker, b"three")  # the first may come before the subscription
        ear.heard[3:] = []
    assert ear.heard[2] == Received("mien/lab/cmd/ping", b"three", 5, is_retained=False)


@pytest.mark.broker
def test_what_is_retained_or_was_to_be_says_so(listen: Callable[..., Ear], make_mosquitto: Make) -> None:
    broker = make_mosquitto()
    send(broker, b"kept", retain=True)
    new, old = (
        listen(broker, "mien/lab/cmd/+", protocol=protocol, client_id=protocol) for protocol in ("5", "3.1.1")
    )
    assert new.hears(b"kept") and old.hears(b"kept")
    send(broker, b"keep", retain=True)
    assert new.hears(b"kept", b"keep") and old.hears(b"kept", b"keep")
    assert [message.is_retained for message in new.heard] == [True, True]
    assert [message.is_retained for message in old.heard] == [True, False], "3.1.1 does not tell"


@pytest.mark.broker
def test_of_a_megabyte_the_beginning_is_kept_and_of_what_is_larger_nothing_comes(
    listen: Callable[..., Ear], make_mosquitto: Make
) -> None:
    broker = make_mosquitto()
    ear = listen(broker, "mien/lab/cmd/+")
    send(broker, b"x" * 3_000_000)
    send(broker, b"x" * 1_000_000)
    send(broker, b"next")
    assert ear.hears(b"x" * MOST_BYTES, b"next")
    assert ear.heard[0].size_bytes == 1_000_000 and not ear.heard[0].is_whole
    assert len(ear.connects) == 1


@pytest.mark.broker
def test_a_subscription_that_is_refused_is_named_and_the_rest_goes_on(
    listen: Callable[..., Ear], make_mosquitto: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    # An acl_file does not refuse: it keeps the messages back.
    (plugin,) = Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"defaultACLAccess": {"publishClientSend": True, "subscribe": False}}))
    rules.chmod(0o666)
    broker = make_mosquitto("allow_anonymous true", f"plugin {plugin}", f"plugin_opt_config_file {rules}")
    ear = listen(broker, "mien/lab/cmd/+")
    wanted = (
        "does not let us hear mien/lab/cmd/+: not authorized; its ACL has to allow “topic read mien/lab/cmd/+”"
    )
    assert wait_until(lambda: any(wanted in line for line in caplog.messages), 3), caplog.messages
    ear.transport.send("mien/lab/faces/1", "new", qos=1)
    assert wait_until(lambda: ear.transport.waiting == 0)


def test_of_a_flood_the_newest_are_kept_and_one_flood_does_not_push_out_another_subscription() -> None:
    inbox, switches, commands = Inbox(), list[Received](), list[Received]()
    inbox.subscribe("mien/lab/privacy/set", switches.append)
    inbox.subscribe("mien/lab/cmd/+", commands.append)
    inbox.put("mien/lab/privacy/set", b"ON", False)
    for number in range(10_000):
        inbox.put("mien/lab/cmd/ping", str(number).encode() * 10_000, False)
    inbox.deliver()
    assert [message.payload for message in switches] == [b"ON"]
    assert commands[-1].payload.startswith(b"9999") and len(commands) < 100
    assert sum(len(message.payload) for message in commands) < 2**21
