"""What a broker keeps for Home Assistant of devices of ours, and taking it away."""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge.errors import PublishError
from edge.mqtt.homeassistant.discovery import ORIGIN, device_of, discovery_topic
from edge.mqtt.subscriber import Subscriber
from edge.mqtt.topics import OFFLINE, ROOT, STOPPED, split_topic

#: The broker tells what it keeps at once; when it was silent for so long, that was all, seconds.
_QUIET_S = 1.0

#: How long it may take to forget something, seconds.
_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Announced:
    """A device that Home Assistant knows by way of the broker.

    Attributes:
        device: its id, which its topics have.
        name: what Home Assistant calls it.
        origin: the program that announced it.
        board: the eight digits of the machine that did; None where it said none.
        status: what the device itself says; None where it says nothing.
    """

    topic: str
    device: str
    name: str
    origin: str
    version: str | None
    board: str | None
    status: str | None = None

    @property
    def is_ours(self) -> bool:
        return self.origin == ORIGIN

    @property
    def is_running(self) -> bool:
        return self.status not in (OFFLINE, STOPPED, None)


def filters(prefix: str) -> list[str]:
    """What a subscriber has to hear for `list_announced`."""
    return [discovery_topic(prefix, "+"), f"{ROOT}/+/status"]


def list_announced(subscriber: Subscriber) -> list[Announced]:
    """All devices that the broker keeps for Home Assistant, of whatever program, by their ids."""
    found: dict[str, Announced] = {}
    statuses: dict[str, str] = {}
    for message in subscriber.messages(patience_s=_QUIET_S):
        if message is None:
            break
        topic, payload = message
        device, kind = split_topic(topic)
        if kind == "status":
            statuses[device] = payload
        elif payload:
            device = device_of(topic)
            found[device] = read_announced(topic, device, payload)
    return [replace(found[device], status=statuses.get(device)) for device in sorted(found)]


def read_announced(topic: str, device: str, payload: str) -> Announced:
    """What a discovery payload says; anybody may have written it."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        content = None
    about, origin = _table(content, "dev", "device"), _table(content, "o", "origin")
    board = about.get("serial_number")
    return Announced(
        topic,
        device,
        name=str(about.get("name", device)),
        origin=str(origin.get("name", "something else")),
        version=str(origin["sw_version"]) if "sw_version" in origin else None,
        board=board if isinstance(board, str) else None,
    )


def remove(subscriber: Subscriber, topics: Iterable[str]) -> None:
    """Have the broker forget what it keeps under some topics.

    Raises:
        PublishError: it did not, in good time.
    """
    waiting = set(topics)
    if not waiting:
        return
    for topic in waiting:
        subscriber.clear(topic)
    deadline_s = time.monotonic() + _PATIENCE_S
    for message in subscriber.messages(patience_s=0.1):
        if message and not message[1]:
            waiting.discard(message[0])
        if not waiting:
            return
        if time.monotonic() > deadline_s:
            break
    prefix = min(waiting).partition("/device/")[0]
    raise PublishError(
        f"the broker keeps {min(waiting)}; its ACL has to allow “topic readwrite {prefix}/device/#”"
    )


def _table(content: object, *keys: str) -> dict[str, object]:
    if isinstance(content, dict):
        for key in keys:
            if isinstance(content.get(key), dict):
                return dict(content[key])
    return {}
