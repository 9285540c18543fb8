"""The discovery payload: one retained message from which Home Assistant makes the device and its entities.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, since Home Assistant 2024.11.
"""

import importlib.metadata
import json
import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from edge.board import read_board
from edge.config import Config
from edge.labels import NO_FACE, UNCERTAIN, name_for_people
from edge.machine import read_model
from edge.mqtt.homeassistant.wording import name_entity, name_share
from edge.mqtt.topics import DEGRADED, ONLINE, PRIVACY, Topics
from edge.privacy import OFF, ON

#: A live value that was not told for so many of its heartbeats is none any more.
_BEATS = 3

#: `health` and `summary` are told every minute.
_MINUTE_S = 60.0

#: What Home Assistant is told of who announces this.
ORIGIN = "mien"

Entity = dict[str, Any]


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
    topics, device = Topics(config.device.id), config.device.id
    about = config.homeassistant
    heartbeat_s = math.ceil(_BEATS * config.publish.heartbeat_s)
    minutely_s = math.ceil(_BEATS * _MINUTE_S)
    entities = {
        **_live_entities(topics, classes, about.language, heartbeat_s),
        **_share_entities(topics, classes, about.language, minutely_s),
        "privacy": _privacy_switch(topics, about.language),
        **_diagnostic_entities(topics, about.language, minutely_s),
    }
    for key, entity in entities.items():
        entity["qos"] = 1
        entity["unique_id"] = f"mien_{device}_{key}"
        entity["default_entity_id"] = f"{entity['platform']}.{_slug(f'{device}_{key}')}"
    version = importlib.metadata.version("mien")
    payload = {
        "dev": {
            "identifiers": [f"mien_{device}"],
            "name": about.name or device,
            "manufacturer": "mien",
            "model": read_model() or "emotion sensor",
            "sw_version": version,
            **({"serial_number": board} if (board := read_board()) else {}),
            **({"suggested_area": about.area} if about.area else {}),
        },
        "o": {"name": ORIGIN, "sw_version": version},
        "cmps": entities,
        "availability": [_availability(topics, ONLINE, DEGRADED, PRIVACY)],
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _availability(topics: Topics, *statuses: str) -> dict[str, str]:
    """Under which statuses an entity is there. A `degraded` device may read faces still; else values expire."""
    return {
        "topic": topics.status,
        "value_template": f"{{{{ 'online' if value in {list(statuses)} else 'offline' }}}}",
    }


def _live_entities(topics: Topics, classes: Sequence[str], language: str, expire_s: int) -> dict[str, Entity]:
    words = list(dict.fromkeys([*classes, UNCERTAIN, NO_FACE]))
    names = {word: name_for_people(word, language) for word in words}
    live = {
        "platform": "sensor",
        "state_topic": topics.state,
        "expire_after": expire_s,
        "availability": [_availability(topics, ONLINE, DEGRADED)],
    }
    return {
        "emotion": {
            **live,
            "name": name_entity("emotion", language),
            "device_class": "enum",
            "options": words,
            "value_template": "{{ value_json.emotion }}",
            "json_attributes_topic": topics.state,
            "json_attributes_template": f"{{{{ {{'in_words': {_literal(names)}"
            "[value_json.emotion]} | tojson }}",
            "icon": "mdi:emoticon-outline",
        },
        "confidence": {
            **live,
            "name": name_entity("confidence", language),
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "value_template": "{{ (100 * value_json.confidence) | round(1) "
            "if value_json.confidence is not none else None }}",
            "icon": "mdi:percent-outline",
        },
        "faces": {
            **live,
            "name": name_entity("faces", language),
            "state_class": "measurement",
            "value_template": "{{ value_json.faces }}",
            "icon": "mdi:account-multiple",
        },
    }


def _share_entities(topics: Topics, classes: Sequence[str], language: str, expire_s: int) -> dict[str, Entity]:
    """How much of the last minute's faces each emotion had; nothing where there were none."""
    words = list(dict.fromkeys([*classes, UNCERTAIN]))
    slugs = [_slug(word) for word in words]
    # Two classes may differ in accents alone.
    keys = [f"{slug}_{n}" if slug in slugs[:n] or not slug else slug for n, slug in enumerate(slugs)]
    return {
        f"share_of_{key}": {
            "platform": "sensor",
            "name": name_share(word, language),
            "state_topic": topics.summary,
            "expire_after": expire_s,
            "availability": [_availability(topics, ONLINE, DEGRADED)],
            "enabled_by_default": False,
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "value_template": f"{{{{ (100 * value_json.shares.get({_literal(word)}, 0)) | round(1) "
            "if value_json.shares else None }}",
            "icon": "mdi:chart-donut",
        }
        for word, key in zip(words, keys, strict=True)
    }


def _privacy_switch(topics: Topics, language: str) -> Entity:
    """On: the camera is closed. Its command is not retained: an old OFF must not open the camera."""
    return {
        "platform": "switch",
        "name": name_entity("privacy", language),
        "command_topic": topics.privacy_set,
        "state_topic": topics.privacy_state,
        "payload_on": ON,
        "payload_off": OFF,
        "retain": False,
        "icon": "mdi:eye-off",
    }


def _diagnostic_entities(topics: Topics, language: str, expire_s: int) -> dict[str, Entity]:
    """What the device is (retained, so it never expires) and how it is."""
    told = {"entity_category": "diagnostic", "state_topic": topics.info}
    measured = {
        **told,
        "platform": "sensor",
        "state_topic": topics.health,
        "expire_after": expire_s,
        "state_class": "measurement",
    }
    entities: dict[str, Entity] = {
        "camera": {
            **told,
            "platform": "sensor",
            "value_template": "{{ value_json.camera.name }}",
            "icon": "mdi:camera",
        },
        "accelerator": {
            **told,
            "platform": "sensor",
            "value_template": "{{ value_json.accelerator.in_use }}",
            "icon": "mdi:chip",
        },
        "problem": {
            **told,
            "platform": "binary_sensor",
            "device_class": "problem",
            "value_template": "{{ 'ON' if value_json.problems else 'OFF' }}",
            "json_attributes_topic": topics.info,
            "json_attributes_template": "{{ {'problems': value_json.problems.values() | list} | tojson }}",
        },
        "frame_rate": {
            **measured,
            "unit_of_measurement": "fps",
            "value_template": "{{ value_json.fps }}",
            "icon": "mdi:speedometer",
        },
        "temperature": {
            **measured,
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "suggested_display_precision": 0,
            "value_template": "{{ value_json.temperature_c }}",
        },
    }
    return {key: {"name": name_entity(key, language), **entity} for key, entity in entities.items()}


def _literal(value: Any) -> str:
    """A value as Jinja reads it; a class's name may hold any letters and quotes."""
    return json.dumps(value, ensure_ascii=False)


def _slug(text: str) -> str:
    """Small letters, digits and underscores; a name in other letters becomes their code points."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c if c.isascii() else f"_{ord(c):x}_" for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
