"""TLS with a real broker and real certificates: it connects, or one line names the reason."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.config import MqttConfig
from edge.errors import ConfigError, PublishError
from edge.mqtt.subscriber import Subscriber
from edge.mqtt.tls import make_tls_context
from tests.conftest import Broker, wait_until
from tests.edge.mqtt.conftest import Papers, Start

pytestmark = pytest.mark.broker

Issue = Callable[..., Papers]
Make = Callable[..., Broker]

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
def make_tls_broker(make_mosquitto: Make) -> Callable[..., int]:
    """A broker that shows a certificate and, where an authority is given, wants one signed by it; its port."""

    def make(papers: Papers, clients: Papers | None = None) -> int:
        lines = ["allow_anonymous true", f"certfile {papers.certificate}", f"keyfile {papers.key}"]
        if clients:
            lines += [f"cafile {clients.authority}", "require_certificate true"]
        return make_mosquitto(*lines).port

    return make


def keys(papers: Papers, own: Papers | None = None, **others: Any) -> dict[str, Any]:
    certificate = {"client_cert_file": own.certificate, "client_key_file": own.key} if own else {}
    return {"tls": True, "ca_file": papers.authority, **certificate, **others}


def test_an_authority_of_our_own(start: Start, issue: Issue, make_tls_broker: Callable[..., int]) -> None:
    papers = issue("127.0.0.1")
    assert start(make_tls_broker(papers), **keys(papers)).is_up_within(5)


def test_a_client_certificate(start: Start, issue: Issue, make_tls_broker: Callable[..., int]) -> None:
    papers, own = issue("127.0.0.1"), issue("mien", "b")
    assert start(make_tls_broker(papers, clients=own), **keys(papers, own)).is_up_within(5)


def test_a_key_that_systemd_hands_over(
    start: Start,
    issue: Issue,
    make_tls_broker: Callable[..., int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    papers, own = issue("127.0.0.1"), issue("mien", "b")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    own.key.rename(credentials / "mqtt-client-key")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    port = make_tls_broker(papers, clients=own)
    assert start(port, **keys(papers), client_cert_file=own.certificate).is_up_within(5)


def test_a_name_that_is_not_the_hosts(start: Start, issue: Issue, make_tls_broker: Callable[..., int]) -> None:
    papers = issue("broker.example")
    assert start(make_tls_broker(papers), **keys(papers, server_name="broker.example")).is_up_within(5)


def test_a_watcher_speaks_tls_and_names_what_is_wrong(
    issue: Issue, make_tls_broker: Callable[..., int]
) -> None:
    papers = issue("127.0.0.1")
    place = {"host": "127.0.0.1", "port": make_tls_broker(papers, clients=papers)}
    Subscriber(MqttConfig(**place, **keys(papers, issue("mien"))), None).close()
    with pytest.raises(PublishError, match="wants a certificate of ours; set mqtt.client_cert_file"):
        Subscriber(MqttConfig(**place, **keys(papers)), None)
    with pytest.raises(PublishError, match="knows no authority that signed its certificate"):
        Subscriber(MqttConfig(**place, tls=True), None)


def test_the_command_watch_takes_tls_from_options_and_from_a_configuration(
    issue: Issue, make_tls_broker: Callable[..., int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    papers = issue("127.0.0.1")
    port = make_tls_broker(papers)
    place = ["watch", "--host", "127.0.0.1", "--port", str(port), "--seconds", "0.3", "--json"]
    assert main([*place, "--tls", "--ca-file", str(papers.authority)]) == 0
    assert main([*place, "--tls"]) == 1
    assert "knows no authority that signed its certificate" in capsys.readouterr().err
    config = tmp_path / "mien.toml"
    config.write_text(
        f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\ntls = true\nca_file = "{papers.authority}"\n'
    )
    assert main(["watch", "--config", str(config), "--seconds", "0.3", "--json"]) == 0


#: what is wrong: (the broker's certificate, the one it wants, what we set, what is said)
Case = tuple[dict[str, Any], dict[str, Any] | None, Callable[[Papers, Issue], dict[str, Any]], str]

CASES: dict[str, Case] = {
    "expired": (
        {"not_before": YESTERDAY - timedelta(days=9), "not_after": YESTERDAY},
        None,
        lambda papers, issue: keys(papers),
        "is not trusted: its certificate has expired; renew it",
    ),
    "not yet valid": (
        {"not_before": YESTERDAY + timedelta(days=3), "not_after": YESTERDAY + timedelta(days=9)},
        None,
        lambda papers, issue: keys(papers),
        "its certificate is not valid yet; is this machine's clock right?",
    ),
    "wrong name": (
        {"name": "elsewhere.example"},
        None,
        lambda papers, issue: keys(papers),
        "its certificate is not for 127.0.0.1; set mqtt.host or mqtt.server_name",
    ),
    "unknown authority": (
        {},
        None,
        lambda papers, issue: {"tls": True},
        "the system knows no authority that signed its certificate; set mqtt.ca_file",
    ),
    "another authority": (
        {},
        None,
        lambda papers, issue: keys(issue("x", "z")),
        "z.pem knows no authority that signed its certificate",
    ),
    "no certificate of ours": (
        {},
        {"name": "mien", "authority": "b"},
        lambda papers, issue: keys(papers),
        "wants a certificate of ours; set mqtt.client_cert_file and mqtt.client_key_file",
    ),
    "our certificate of another authority": (
        {},
        {"name": "mien", "authority": "b"},
        lambda papers, issue: keys(papers, issue("mien", "z")),
        "our certificate",
    ),
    "our certificate expired": (
        {},
        {"name": "mien", "authority": "b"},
        lambda papers, issue: keys(
            papers, issue("mien", "b", not_before=YESTERDAY - timedelta(days=9), not_after=YESTERDAY)
        ),
        "says that our certificate has expired; renew the one of mqtt.client_cert_file",
    ),
    "TLS is wanted and not asked for": (
        {},
        None,
        lambda papers, issue: {},
        "does it want TLS (mqtt.tls)?",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_is_wrong_is_named_in_one_line(
    case: Case,
    start: Start,
    issue: Issue,
    make_tls_broker: Callable[..., int],
    caplog: pytest.LogCaptureFixture,
) -> None:
    shown, wanted, settings, said = case
    papers = issue(**{"name": "127.0.0.1"} | shown)
    port = make_tls_broker(papers, issue(**wanted) if wanted else None)
    link = start(port, **settings(papers, issue))
    assert wait_until(lambda: bool(caplog.messages), 6)
    time.sleep(1.2)  # and it is tried again, in silence
    (line,) = caplog.messages
    assert said in line and f"broker 127.0.0.1:{port}" in line
    assert not link.connects


def test_a_broker_without_tls_is_named(
    start: Start, make_mosquitto: Make, caplog: pytest.LogCaptureFixture
) -> None:
    start(make_mosquitto().port, tls=True)
    assert wait_until(lambda: bool(caplog.messages), 6)
    assert "TLS at this port" in caplog.messages[0]


@pytest.mark.parametrize(
    ("key", "content", "said"),
    [
        ("ca_file", None, "cannot be read: no such file"),
        ("ca_file", "no PEM", "cannot be used"),
        ("client_cert_file", None, "cannot be read: no such file"),
        ("client_cert_file", "no PEM", "cannot be used"),
        ("client_key_file", None, "cannot be read: no such file"),
    ],
)
def test_a_file_that_is_of_no_use_is_named_before_anything_begins(
    key: str, content: str | None, said: str, issue: Issue, tmp_path: Path
) -> None:
    path, papers = tmp_path / "file", issue("mien")
    if content:
        path.write_text(content)
    with pytest.raises(ConfigError, match=f"mqtt.{key} is {path}, which {said}"):
        make_tls_context(MqttConfig(**keys(papers, papers) | {key: path}))


def test_a_key_of_another_certificate_is_named(issue: Issue) -> None:
    ours, other = issue("mien"), issue("mien")
    with pytest.raises(ConfigError, match="mqtt.client_cert_file is .*key values mismatch"):
        make_tls_context(MqttConfig(**keys(ours, ours) | {"client_key_file": other.key}))
