"""The connection with a real broker that comes and goes, and with ones that refuse."""

import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config import MqttConfig
from edge.mqtt.client import MqttTransport
from edge.mqtt.embedded import embedded_broker
from edge.mqtt.making import make_client_id
from edge.mqtt.outbox import Outbox
from edge.mqtt.subscriber import Subscriber
from edge.mqtt.topics import Topics
from tests.conftest import Broker, free_port, wait_until
from tests.edge.mqtt.conftest import Start

Make = Callable[..., Broker]


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


class Ear:
    """Hears everything of the device `lab`, in order."""

    def __init__(self, port: int, **keys: Any) -> None:
        self._subscriber = Subscriber(MqttConfig(host="127.0.0.1", port=port, **keys), None, "lab")
        self._stream = self._subscriber.messages(0.05)
        self.heard: list[tuple[str, str]] = []

    def hears(self, topic: str, payload: str, timeout_s: float = 10) -> bool:
        return wait_until(lambda: (f"mien/lab/{topic}", payload) in self.listen(), timeout_s)

    def listen(self) -> list[tuple[str, str]]:
        while message := next(self._stream):
            self.heard.append(message)
        return self.heard

    def payloads(self, topic: str) -> list[str]:
        return [payload for name, payload in self.listen() if name == f"mien/lab/{topic}"]

    def close(self) -> None:
        self._subscriber.close()


@pytest.fixture
def listen() -> Iterator[Callable[..., Ear]]:
    ears: list[Ear] = []

    def make(*arguments: Any, **keys: Any) -> Ear:
        ears.append(Ear(*arguments, **keys))
        return ears[-1]

    yield make
    for ear in ears:
        ear.close()


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


@pytest.mark.broker
def test_an_outage_loses_nothing_that_must_arrive_and_is_two_lines(
    start: Start, make_mosquitto: Make, listen: Callable[..., Ear], caplog: pytest.LogCaptureFixture
) -> None:
    broker = make_mosquitto()
    link = start(broker.port)
    assert link.is_up_within(5)
    caplog.clear()
    broker.stop()
    assert wait_until(lambda: bool(caplog.messages))
    for number in range(30):
        link.transport.send("mien/lab/faces/1", str(number), qos=1)
        link.transport.send("mien/lab/state", str(number))
    assert link.transport.waiting == 30
    assert link.transport.dropped == {"no_broker": 30}, "a live message that waits is an old one"
    time.sleep(2.5)  # several tries to connect
    broker.start()
    ear = listen(broker.port)
    assert link.is_up_within(10, times=2)
    assert wait_until(lambda: link.transport.waiting == 0)
    link.transport.send("mien/lab/state", "new")
    assert ear.hears("state", "new")
    events = ear.payloads("faces/1")
    assert events == numbers(0, 29)[30 - len(events) :], "in order; the first may come before the listener"
    assert ear.payloads("state") == ["new"]
    assert [line.partition(" broker")[0] for line in caplog.messages] == ["lost", "connected to"]


@pytest.mark.broker
def test_what_is_told_at_a_connect_goes_before_what_has_waited(
    make_mosquitto: Make, listen: Callable[..., Ear]
) -> None:
    broker = make_mosquitto()
    ear, outbox = listen(broker.port), Outbox(None, 100, 3600)
    for number in range(20):
        outbox.add("mien/lab/faces/1", str(number))
    transport = MqttTransport(MqttConfig(host="127.0.0.1", port=broker.port), Topics("lab"), None, outbox)

    def tell() -> None:
        transport.send("mien/lab/status", "online", qos=1, retain=True)
        transport.send("mien/lab/state", "newest")

    transport.start(tell)
    assert ear.hears("faces/1", "19")
    assert [payload for _, payload in ear.listen()] == ["online", "newest", *numbers(0, 19)]
    transport.close()


@pytest.mark.broker
def test_live_and_retained_messages_and_those_that_must_arrive_all_do(
    start: Start, make_mosquitto: Make, listen: Callable[..., Ear]
) -> None:
    broker = make_mosquitto()
    ear, link = listen(broker.port), start(broker.port)
    assert link.is_up_within(5)
    link.transport.send("mien/lab/status", "online", qos=1, retain=True)
    link.transport.send("mien/lab/state", "live")
    link.transport.send("mien/lab/faces/1", "new", qos=1)
    assert ear.hears("faces/1", "new")
    assert [payload for _, payload in ear.listen()] == ["online", "live", "new"]
    assert listen(broker.port).hears("status", "online"), "it is retained"
    assert wait_until(lambda: link.transport.waiting == 0) and not link.transport.dropped


@pytest.mark.broker
def test_what_was_not_acknowledged_before_the_end_goes_at_the_next_start_first(
    start: Start, make_mosquitto: Make, listen: Callable[..., Ear], tmp_path: Path
) -> None:
    broker = make_mosquitto()
    broker.stop()
    path = tmp_path / "outbox.db"
    first = start(broker.port, outbox=Outbox(path, 100, 3600))
    for number in range(15):
        first.transport.send("mien/lab/faces/1", str(number), qos=1)
    first.transport.close()
    broker.start()
    ear = listen(broker.port)
    second = start(broker.port, outbox=Outbox(path, 100, 3600))
    second.transport.send("mien/lab/faces/1", "15", qos=1)
    assert ear.hears("faces/1", "15")
    assert ear.payloads("faces/1") == numbers(0, 15)


@pytest.mark.broker
def test_a_farewell_waits_for_what_is_on_its_way(
    start: Start, make_mosquitto: Make, listen: Callable[..., Ear]
) -> None:
    broker = make_mosquitto()
    ear, link = listen(broker.port), start(broker.port)
    assert link.is_up_within(5)
    for number in range(200):
        link.transport.send("mien/lab/faces/1", str(number), qos=1)
    link.transport.send("mien/lab/status", "stopped", qos=1, retain=True)
    link.transport.close()
    assert ear.hears("faces/1", "199")
    assert ear.payloads("faces/1") == numbers(0, 199)
    assert ear.hears("status", "stopped") and "offline" not in ear.payloads("status")


@pytest.mark.broker
def test_messages_that_are_lost_at_the_end_are_told(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    link = start(free_port())
    link.transport.send("mien/lab/faces/1", "new", qos=1)
    link.transport.close()
    assert "1 messages did not reach the broker and are lost" in caplog.messages[-1]


@pytest.fixture
def stopping() -> Iterator[Callable[[Broker], None]]:
    """Halt a broker where it stands, and let it go on."""
    halted: list[int] = []

    def pid_of(broker: Broker) -> int:
        found = subprocess.run(
            ["pgrep", "-f", f"mosquitto-{broker.port}.conf"], capture_output=True, text=True, check=True
        )
        return int(found.stdout.split()[0])

    def toggle(broker: Broker) -> None:
        pid = pid_of(broker)
        os.kill(pid, signal.SIGCONT if pid in halted else signal.SIGSTOP)
        halted.remove(pid) if pid in halted else halted.append(pid)

    yield toggle
    for pid in halted:
        os.kill(pid, signal.SIGCONT)


@pytest.mark.broker
def test_a_broker_that_acknowledges_nothing_is_a_problem_until_it_does(
    start: Start, make_mosquitto: Make, stopping: Callable[[Broker], None]
) -> None:
    broker = make_mosquitto()
    link = start(broker.port)
    assert link.is_up_within(5)
    stopping(broker)
    link.transport.send("mien/lab/faces/1", "new", qos=1)
    time.sleep(2)
    assert link.transport.problem is None
    assert wait_until(lambda: link.transport.problem is not None, 6)
    assert link.transport.problem == "the broker has not acknowledged a message for 5 s"
    link.transport.send("mien/lab/state", "live")
    assert link.transport.dropped == {"no_broker": 1}, "it would only pile up"
    stopping(broker)
    assert wait_until(lambda: link.transport.problem is None and link.transport.waiting == 0)


@pytest.mark.broker
def test_a_missing_right_is_named_once_and_nothing_is_lost(
    start: Start, make_mosquitto: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite mien/lab/status\n")
    acl.chmod(0o600)
    broker = make_mosquitto("allow_anonymous true", f"acl_file {acl}")
    link = start(broker.port)
    assert link.is_up_within(5)
    link.transport.send("mien/lab/status", "online", qos=1, retain=True)
    link.transport.send("mien/lab/faces/1", "new", qos=1)
    link.transport.send("mien/lab/faces/1", "end", qos=1)
    assert wait_until(lambda: link.transport.problem is not None)
    wanted = "refuses what we publish: not authorized; its ACL has to allow “topic readwrite mien/lab/#”"
    assert wanted in str(link.transport.problem)
    assert sum(wanted in line for line in caplog.messages) == 1
    assert link.transport.waiting == 2
    topic = "homeassistant/device/lab/config"
    link.transport.send(topic, "{}", qos=1, retain=True)
    assert wait_until(lambda: f"allow “topic readwrite {topic}”" in caplog.text), "that is another right"


@pytest.mark.broker
def test_a_message_that_the_broker_cannot_take_is_left_out_and_stops_nothing(
    start: Start, make_mosquitto: Make, listen: Callable[..., Ear], caplog: pytest.LogCaptureFixture
) -> None:
    broker = make_mosquitto("allow_anonymous true", "max_packet_size 2000")
    ear, link = listen(broker.port), start(broker.port)
    assert link.is_up_within(5)
    for _ in range(2):
        link.transport.send("mien/lab/info", "x" * 5000, qos=1, retain=True)
    link.transport.send("mien/lab/faces/1", "new", qos=1)
    assert ear.hears("faces/1", "new")
    assert sum("takes messages of 2000 bytes; mien/lab/info" in line for line in caplog.messages) == 1
    assert len(link.connects) == 1


def test_a_broker_of_3_1_1_is_found_out_and_remembered(
    start: Start, listen: Callable[..., Ear], caplog: pytest.LogCaptureFixture
) -> None:
    with embedded_broker() as port:
        link = start(port)
        assert link.is_up_within(10)
        (line,) = caplog.messages
        assert line == f"connected to broker 127.0.0.1:{port} by MQTT 3.1.1"
        ear = listen(port)
        link.transport.send("mien/lab/faces/1", "new", qos=1)
        assert ear.hears("faces/1", "new")
        link.transport.close()
        ear.close()


#: Answers of brokers to CONNECT, by the version they are asked in: MQTT 5, 3.2.2.2, and 3.1.1, 3.2.2.3.
V5, V311 = 5, 4


@pytest.fixture
def refusing() -> Iterator[Callable[[dict[int, bytes]], int]]:
    """A broker that answers CONNECT with bytes, by version; its port."""
    servers: list[socket.socket] = []

    def serve(server: socket.socket, answers: dict[int, bytes]) -> None:
        while True:
            try:
                wire, _ = server.accept()
            except OSError:
                return
            with wire:
                version = wire.recv(4096)[8]  # after header, length and the protocol's name
                wire.sendall(answers[version])

    def make(answers: dict[int, bytes]) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        threading.Thread(target=serve, args=(server, answers), daemon=True).start()
        return int(server.getsockname()[1])

    yield make
    for server in servers:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def connack(version: int, reason: int) -> bytes:
    return bytes([0x20, 3, 0, reason, 0] if version == V5 else [0x20, 2, 0, reason])


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({V5: connack(V5, 0x86)}, "bad user name or password (no user name was given); set mqtt.username"),
        ({V5: connack(V5, 0x87)}, "not authorized (no user name was given); set mqtt.username"),
        ({V5: connack(V5, 0x85)}, "client identifier not valid; set mqtt.client_id"),
        ({V5: connack(V5, 0x88)}, "server unavailable; it goes on trying"),
        ({V5: connack(V5, 0x8A)}, "banned; this device was shut out there"),
        ({V5: connack(V5, 0x95)}, "packet too large; let the broker take larger messages"),
        ({V5: connack(V311, 1), V311: connack(V311, 2)}, "client identifier not valid; set mqtt.client_id"),
        ({V5: connack(V311, 1), V311: connack(V311, 4)}, "bad user name or password"),
        ({V5: connack(V311, 1), V311: connack(V311, 5)}, "not authorized"),
        ({V5: b"HTTP/1.1 400 Bad Request\r\n\r\n", V311: b""}, "does not answer as an MQTT broker does"),
        ({V5: b"", V311: b""}, "does not answer as an MQTT broker does; is the port right"),
    ],
)
def test_a_refusal_says_which_and_what_to_do_in_one_line(
    answers: dict[int, bytes],
    said: str,
    refusing: Callable[[dict[int, bytes]], int],
    start: Start,
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = refusing(answers)
    link = start(port)
    assert wait_until(lambda: bool(caplog.messages), 8)
    time.sleep(1.1)  # and it is tried again, in silence
    (line,) = caplog.messages
    assert said in line and f"broker 127.0.0.1:{port}" in line
    assert not link.connects, "connected is what a broker has said yes to"


@pytest.mark.broker
def test_two_with_one_id_are_told_so(
    start: Start, make_mosquitto: Make, caplog: pytest.LogCaptureFixture
) -> None:
    broker = make_mosquitto()
    assert start(broker.port, client_id="same").is_up_within(5)
    assert start(broker.port, client_id="same").is_up_within(5)
    wanted = "is there another client with our id, same? Give each device its own device.id or mqtt.client_id"
    assert wait_until(lambda: any(wanted in line for line in caplog.messages), 15)


def test_who_is_told_that_another_has_its_id_says_so_and_stands_back(
    refusing: Callable[[dict[int, bytes]], int], start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    accepted, taken_over = bytes([0x20, 3, 0, 0, 0]), bytes([0xE0, 2, 0x8E, 0])
    link = start(refusing({5: accepted + taken_over}), protocol="5")
    wanted = "session taken over; another client has our id; give each device its own device.id"
    assert wait_until(lambda: any(wanted in line for line in caplog.messages), 5)
    time.sleep(2)  # in which it would throw the other one out
    assert len(link.connects) == 1


def test_an_id_stays_and_differs_from_board_to_board(tmp_path: Path) -> None:
    boards = []
    for name, serial in (("one", b"10000000a1b2c3d4\0"), ("two", b"10000000a1b2c3d5\0")):
        boards.append(tmp_path / name)
        boards[-1].write_bytes(serial)
    nowhere = tmp_path / "none"
    first, second = (make_client_id(MqttConfig(), "hall", [nowhere, board]) for board in boards)
    assert first != second and first.startswith("mien-hall-")
    assert first == make_client_id(MqttConfig(), "hall", boards)
    assert make_client_id(MqttConfig(), "hall", [nowhere]) != make_client_id(MqttConfig(), "hall", [nowhere])
    assert make_client_id(MqttConfig(client_id="mine"), "hall") == "mine"
