"""The broker's part of the doctor, with real brokers."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from edge.config import MqttConfig
from edge.doctor.finding import Finding
from edge.mqtt.embedded import embedded_broker
from edge.mqtt.making import make_client
from tests.conftest import Broker, free_port, wait_until
from tests.edge.doctor.conftest import Device, config_text

Make = Callable[..., Broker]

NAMES = ("broker", "broker login", "broker topics")
PASSWORD = "sesame-4711"


def statuses(findings: dict[str, Finding]) -> tuple[str, ...]:
    return tuple(findings[name].status for name in NAMES)


@pytest.fixture
def configure(device: Device, astronaut_picture: Path) -> Callable[..., None]:
    """Let the device publish to a port, with more lines for the table [mqtt]."""

    def write(port: int, *lines: str, host: str = "127.0.0.1") -> None:
        device.configure(config_text(astronaut_picture, "[mqtt]", f'host = "{host}"', f"port = {port}", *lines))

    return write


@pytest.fixture
def guarded(make_mosquitto: Make, tmp_path: Path) -> Callable[..., Broker]:
    """A broker that knows one user, with lines for its ACL file."""
    passwords, acl = tmp_path / "passwords", tmp_path / "acl"
    program = shutil.which("mosquitto_passwd")
    assert program
    subprocess.run([program, "-b", "-c", str(passwords), "hall", PASSWORD], check=True, capture_output=True)

    def make(*lines: str) -> Broker:
        acl.write_text("\n".join(["user hall", *lines, ""]))
        acl.chmod(0o600)
        return make_mosquitto("allow_anonymous false", f"password_file {passwords}", f"acl_file {acl}")

    return make


@pytest.fixture
def login(tmp_path: Path) -> tuple[str, str]:
    """The right login, as lines of configuration."""
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return 'username = "hall"', f'password_file = "{path}"'


@pytest.mark.broker
def test_a_broker_that_takes_all_is_well(
    device: Device, configure: Callable[..., None], guarded: Make, login: tuple[str, str]
) -> None:
    configure(guarded("topic readwrite mien/hall/#").port, *login)
    findings = device.examine()
    assert statuses(findings) == ("ok", "ok", "ok")
    assert findings["broker login"].what == "let in as hall"


@pytest.mark.broker
@pytest.mark.parametrize("may_tell", [True, False])
def test_whether_home_assistant_can_be_told(
    may_tell: bool, device: Device, configure: Callable[..., None], guarded: Make, login: tuple[str, str]
) -> None:
    right = "topic readwrite homeassistant/device/hall/#"
    rights = ["topic readwrite mien/hall/#", *([right] if may_tell else [])]
    configure(guarded(*rights).port, *login, "[homeassistant]", "enabled = true")
    findings = device.examine()
    assert statuses(findings) == ("ok", "ok", "ok")
    found = findings["Home Assistant"]
    assert found.status == ("ok" if may_tell else "failed")
    assert may_tell or right in (found.fix or "")


@pytest.mark.broker
def test_the_password_of_the_service_is_found_where_systemd_takes_it_from(
    device: Device, configure: Callable[..., None], guarded: Make
) -> None:
    device.write("etc/mien/mqtt-password", PASSWORD)
    configure(guarded("topic readwrite mien/hall/#").port, 'username = "hall"')
    assert statuses(device.examine()) == ("ok", "ok", "ok")


@pytest.mark.broker
def test_a_wrong_password(
    device: Device, configure: Callable[..., None], guarded: Make, login: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("wrong-0815\n")
    configure(guarded("topic readwrite mien/hall/#").port, *login)
    findings = device.examine()
    assert statuses(findings) == ("ok", "failed", "skipped")
    found = findings["broker login"]
    assert "refused" in found.what and "user hall" in found.what and "password_file" in (found.fix or "")
    assert "wrong-0815" not in str(findings)


@pytest.mark.broker
def test_no_login_where_one_is_wanted(device: Device, configure: Callable[..., None], guarded: Make) -> None:
    configure(guarded().port)
    findings = device.examine()
    assert statuses(findings) == ("ok", "failed", "skipped")
    assert "no user name was given" in findings["broker login"].what


@pytest.mark.broker
@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("topic read mien/hall/#", "may not be written: not authorized"),
        ("topic write mien/hall/#", "may not be read"),
        ("topic readwrite mien/kitchen/#", "may not be"),
    ],
)
def test_a_rule_that_forbids_writing_or_reading(
    rule: str,
    what: str,
    device: Device,
    configure: Callable[..., None],
    guarded: Make,
    login: tuple[str, str],
) -> None:
    configure(guarded(rule).port, *login)
    findings = device.examine()
    assert statuses(findings) == ("ok", "ok", "failed")
    found = findings["broker topics"]
    assert what in found.what
    assert "user hall" in (found.fix or "") and "topic readwrite mien/hall/#" in (found.fix or "")


def test_no_broker(device: Device, configure: Callable[..., None]) -> None:
    configure(free_port())
    findings = device.examine()
    assert statuses(findings) == ("failed", "skipped", "skipped")
    assert "nothing listens at 127.0.0.1" in findings["broker"].what
    assert "mosquitto" in (findings["broker"].fix or "")


def test_a_name_that_nobody_knows(device: Device, configure: Callable[..., None]) -> None:
    configure(1883, host="broker.invalid")
    findings = device.examine()
    assert statuses(findings) == ("failed", "skipped", "skipped")
    assert "no address is known for the name broker.invalid" in findings["broker"].what
    assert "getent hosts broker.invalid" in (findings["broker"].fix or "")


@pytest.fixture
def mute_port() -> Iterator[int]:
    """Something that listens and is no broker: it hangs up at the first word."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                connection.recv(100)
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_something_else_than_a_broker(device: Device, configure: Callable[..., None], mute_port: int) -> None:
    configure(mute_port)
    findings = device.examine()
    assert statuses(findings) == ("ok", "failed", "skipped")
    assert "does not answer as an MQTT broker does" in findings["broker login"].what


def test_a_password_file_that_is_not_there(
    device: Device, configure: Callable[..., None], mute_port: int
) -> None:
    configure(mute_port, 'username = "hall"', 'password_file = "/no/such-password"')
    findings = device.examine()
    assert statuses(findings) == ("ok", "failed", "skipped")
    assert "/no/such-password" in findings["broker login"].what


@pytest.mark.broker
def test_the_visit_leaves_nothing_behind_and_throws_nobody_out(
    device: Device, configure: Callable[..., None], make_mosquitto: Make
) -> None:
    port = make_mosquitto().port
    heard: list[tuple[str, bool]] = []
    lost: list[object] = []
    daemon = make_client(MqttConfig(), None, "mien-hall")  # the daemon's own client id
    daemon.on_connect = lambda client, *rest: client.subscribe("#")
    daemon.on_message = lambda client, data, message: heard.append((message.topic, message.retain))
    daemon.on_disconnect = lambda *reason: lost.append(reason)
    daemon.connect("127.0.0.1", port)
    daemon.loop_start()
    try:
        assert wait_until(daemon.is_connected)
        configure(port)
        assert statuses(device.examine()) == ("ok", "ok", "ok")
        assert wait_until(lambda: len(heard) > 0)
        assert len(heard) == 1 and heard[0][0].startswith("mien/hall/doctor/")
        assert not lost
    finally:
        daemon.disconnect()
        daemon.loop_stop()
    assert retained_topics(port) == []


def retained_topics(port: int) -> list[str]:
    topics: list[str] = []
    done = threading.Event()
    client = make_client(MqttConfig(), None)
    client.on_connect = lambda client, *rest: client.subscribe([("#", 1), ("end", 1)])
    client.on_subscribe = lambda client, *rest: client.publish("end", qos=1)
    client.on_message = lambda client, data, message: (
        done.set() if message.topic == "end" else topics.append(message.topic)
    )
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert done.wait(10)
    finally:
        client.disconnect()
        client.loop_stop()
    return topics


@pytest.fixture
def secured(make_mosquitto: Make, tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """A broker that speaks TLS, with a certificate for a name; its port, and who signed that."""

    def make(name: str, *lines: str) -> tuple[int, Path]:
        authority = trustme.CA()
        papers = authority.issue_cert(name)
        certificate, key, signer = (tmp_path / file for file in ("broker.crt", "broker.key", "ca.pem"))
        papers.cert_chain_pems[0].write_to_path(str(certificate))
        papers.private_key_pem.write_to_path(str(key))
        authority.cert_pem.write_to_path(str(signer))
        files = (f"certfile {certificate}", f"keyfile {key}", f"cafile {signer}")
        return make_mosquitto("allow_anonymous true", *files, *lines).port, signer

    return make


@pytest.mark.broker
def test_a_broker_over_tls_is_well(
    device: Device, configure: Callable[..., None], secured: Callable[..., tuple[int, Path]]
) -> None:
    port, signer = secured("127.0.0.1")
    configure(port, "tls = true", f'ca_file = "{signer}"')
    assert statuses(device.examine()) == ("ok", "ok", "ok")


@pytest.mark.broker
@pytest.mark.parametrize(
    ("name", "knows_signer", "what"),
    [
        ("127.0.0.1", False, "the system knows no authority that signed its certificate"),
        ("elsewhere.example", True, "its certificate is not for 127.0.0.1"),
    ],
)
def test_a_broker_that_is_not_trusted(
    name: str,
    knows_signer: bool,
    what: str,
    device: Device,
    configure: Callable[..., None],
    secured: Callable[..., tuple[int, Path]],
) -> None:
    port, signer = secured(name)
    configure(port, "tls = true", *([f'ca_file = "{signer}"'] if knows_signer else []))
    findings = device.examine()
    assert statuses(findings) == ("failed", "skipped", "skipped")
    assert what in findings["broker"].what and "server_name" in (findings["broker"].fix or "")


@pytest.mark.broker
def test_a_broker_that_wants_a_certificate_of_ours(
    device: Device, configure: Callable[..., None], secured: Callable[..., tuple[int, Path]]
) -> None:
    port, signer = secured("127.0.0.1", "require_certificate true")
    configure(port, "tls = true", f'ca_file = "{signer}"')
    findings = device.examine()
    assert statuses(findings) == ("ok", "failed", "skipped")
    assert "wants a certificate of ours" in findings["broker login"].what


def test_a_broker_that_knows_no_mqtt_5(device: Device, configure: Callable[..., None]) -> None:
    with embedded_broker() as port:
        configure(port)
        assert device.examine()["broker login"].status == "ok"
