"""What tests of messaging share: a connection as the daemon has it, and certificates made for them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from edge.config import MqttConfig
from edge.mqtt.client import MqttTransport
from edge.mqtt.outbox import Outbox
from edge.mqtt.topics import Topics
from tests.conftest import wait_until

Start = Callable[..., "Link"]


@dataclass
class Link:
    """A transport that was started; counts its connects."""

    transport: MqttTransport
    outbox: Outbox
    connects: list[int] = field(default_factory=list)

    def is_up_within(self, timeout_s: float, times: int = 1) -> bool:
        return wait_until(lambda: len(self.connects) >= times, timeout_s)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a transport with keys of the table [mqtt]; it is closed at the end."""
    links: list[Link] = []

    def make(port: int, outbox: Outbox | None = None, password: str | None = None, **keys: Any) -> Link:
        outbox = Outbox(None, 1000, 3600) if outbox is None else outbox  # an empty one is false
        mqtt = MqttConfig(**{"host": "127.0.0.1", "port": port} | keys)
        link = Link(MqttTransport(mqtt, Topics("lab"), password, outbox), outbox)
        links.append(link)
        link.transport.start(lambda: link.connects.append(1))
        return link

    yield make
    for link in links:
        link.transport.close()


@dataclass(frozen=True)
class Papers:
    """A certificate with its key, and the authority that signed it; PEM files."""

    certificate: Path
    key: Path
    authority: Path


@pytest.fixture
def issue(tmp_path: Path) -> Callable[..., Papers]:
    """Have an authority, named by a letter, sign a certificate for a name."""
    authorities: dict[str, trustme.CA] = {}

    def make(name: str, authority: str = "a", **validity: Any) -> Papers:
        if authority not in authorities:
            authorities[authority] = trustme.CA(organization_name=authority)
            authorities[authority].cert_pem.write_to_path(str(tmp_path / f"{authority}.pem"))
        papers = authorities[authority].issue_cert(name, **validity)
        stem = f"{name}-{authority}-{len(list(tmp_path.iterdir()))}"
        certificate, key = tmp_path / f"{stem}.crt", tmp_path / f"{stem}.key"
        papers.private_key_pem.write_to_path(str(key))
        for number, part in enumerate(papers.cert_chain_pems):
            part.write_to_path(str(certificate), append=number > 0)
        for path in (certificate, key, tmp_path / f"{authority}.pem"):
            path.chmod(0o600)
        return Papers(certificate, key, tmp_path / f"{authority}.pem")

    return make
