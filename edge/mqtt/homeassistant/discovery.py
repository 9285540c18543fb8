"""The discovery payload: one retained message from which Home Assistant makes the device and its entities.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, since Home Assistant 2024.11.
"""

import importlib.metadata
import json
from collections.abc import Sequence

from edge.board import read_board
from edge.config import Config
from edge.machine import read_model
from edge.mqtt.homeassistant.entities import make_availability, make_entities
from edge.mqtt.topics import DEGRADED, ONLINE, PRIVACY, Topics

#: What Home Assistant is told of who announces this.
ORIGIN = "mien"


def discovery_topic(prefix: str, device: str) -> str:
    return f"{prefix}/device/{device}/config"


def device_of(topic: str) -> str:
    """The device of a discovery topic."""
    return topic.rsplit("/", 2)[-2]


def make_discovery(config: Config, classes: Sequence[str]) -> str:
    """The payload, JSON.

    Args:
        classes: of the model's card.
    """
    device, about = config.device.id, config.homeassistant
    version, board = importlib.metadata.version("mien"), read_board()
    payload = {
        "dev": {
            "identifiers": [f"mien_{device}"],
            "name": about.name or device,
            "manufacturer": "mien",
            "model": read_model() or "emotion sensor",
            "sw_version": version,
            **({"serial_number": board} if board else {}),
            **({"suggested_area": about.area} if about.area else {}),
        },
        "o": {"name": ORIGIN, "sw_version": version},
        "cmps": make_entities(config, classes),
        "availability": [make_availability(Topics(device), ONLINE, DEGRADED, PRIVACY)],
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def mark_of(board: str) -> bytes:
    """What stands in every payload of a machine, and in nobody else's."""
    return f'"serial_number":"{board}"'.encode()


def take_away_others(payload: str, before: bytes) -> str:
    """The payload, with an empty entity for each that the one before has and this one lacks.

    Home Assistant keeps an entity that is merely left out, as those of a model with other classes would be.
    """
    content = json.loads(payload)
    try:
        told = json.loads(before)["cmps"].items()
        gone = {key: {"platform": entity["platform"]} for key, entity in told if key not in content["cmps"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return payload
    content["cmps"] |= gone
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
