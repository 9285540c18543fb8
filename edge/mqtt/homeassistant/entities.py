"""What Home Assistant shows of a device: each entity by its key, as the discovery payload holds it."""

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from edge.config import Config
from edge.labels import NO_FACE, UNCERTAIN, name_for_people
from edge.mqtt.homeassistant.wording import name_entity, name_share
from edge.mqtt.topics import DEGRADED, ONLINE, Topics
from edge.privacy import OFF, ON

#: A live value that was not told for so many of its heartbeats is none any more.
_BEATS = 3

#: `health` and `summary` are told every minute.
_MINUTE_S = 60.0

_PERCENT = {"unit_of_measurement": "%", "state_class": "measurement", "suggested_display_precision": 0}

Entity = dict[str, Any]


def make_entities(config: Config, classes: Sequence[str]) -> dict[str, Entity]:
    """All entities.

    Args:
        classes: of the model's card.
    """
    topics, language = Topics(config.device.id), config.homeassistant.language
    entities = {
        **_reading_entities(topics, classes, language, config.publish.heartbeat_s),
        **_share_entities(topics, classes, language, is_enabled=config.privacy.aggregate_only),
        "privacy": _privacy_switch(topics),
        **_told_entities(topics),
        **_measured_entities(topics),
    }
    for key, entity in entities.items():
        if "name" not in entity:
            entity["name"] = name_entity(key, language)
        entity["qos"] = 1
        entity["unique_id"] = f"mien_{topics.device}_{key}"
        entity["default_entity_id"] = f"{entity['platform']}.{_slug(f'{topics.device}_{key}')}"
    if config.privacy.aggregate_only:  # nothing but its platform takes back what was told before
        entities |= {key: {"platform": "sensor"} for key in ("emotion", "confidence", "faces")}
    return entities


def make_availability(topics: Topics, *statuses: str) -> dict[str, str]:
    """Under which statuses an entity is there. A `degraded` device may read faces still; else values expire."""
    return {
        "topic": topics.status,
        "value_template": f"{{{{ 'online' if value in {list(statuses)} else 'offline' }}}}",
    }


def _live(topics: Topics, topic: str, heartbeat_s: float) -> Entity:
    """What every sensor has whose values are read from faces: none of them outlives the reading."""
    return {
        "platform": "sensor",
        "state_topic": topic,
        "expire_after": math.ceil(_BEATS * heartbeat_s),
        "availability": [make_availability(topics, ONLINE, DEGRADED)],
    }


def _reading_entities(
    topics: Topics, classes: Sequence[str], language: str, heartbeat_s: float
) -> dict[str, Entity]:
    words = list(dict.fromkeys([*classes, UNCERTAIN, NO_FACE]))
    names = _literal({word: name_for_people(word, language) for word in words})
    live = _live(topics, topics.state, heartbeat_s)
    return {
        "emotion": {
            **live,
            "device_class": "enum",
            "options": words,
            "value_template": "{{ value_json.emotion }}",
            "json_attributes_topic": topics.state,
            "json_attributes_template": f"{{{{ {{'in_words': {names}[value_json.emotion]}} | tojson }}}}",
            "icon": "mdi:emoticon-outline",
        },
        "confidence": {
            **live,
            **_PERCENT,
            "value_template": "{{ (100 * value_json.confidence) | round(1) "
            "if value_json.confidence is not none else None }}",
            "icon": "mdi:percent-outline",
        },
        "faces": {
            **live,
            "state_class": "measurement",
            "value_template": "{{ value_json.faces }}",
            "icon": "mdi:account-multiple",
        },
    }


def _share_entities(
    topics: Topics, classes: Sequence[str], language: str, *, is_enabled: bool
) -> dict[str, Entity]:
    """How much of the last minute's faces each emotion had; nothing where there were none.

    Args:
        is_enabled: from the beginning; else whoever wants them enables them in Home Assistant.
    """
    words = list(dict.fromkeys([*classes, UNCERTAIN]))
    slugs = [_slug(word) for word in words]
    # Two classes may differ in accents alone.
    keys = [f"{slug}_{n}" if slug in slugs[:n] or not slug else slug for n, slug in enumerate(slugs)]
    return {
        f"share_of_{key}": {
            **_live(topics, topics.summary, _MINUTE_S),
            **_PERCENT,
            "name": name_share(word, language),
            "enabled_by_default": is_enabled,
            "value_template": f"{{{{ (100 * value_json.shares.get({_literal(word)}, 0)) | round(1) "
            "if value_json.shares else None }}",
            "icon": "mdi:chart-donut",
        }
        for word, key in zip(words, keys, strict=True)
    }


def _privacy_switch(topics: Topics) -> Entity:
    """On: the camera is closed. Its command is not retained: an old OFF must not open the camera."""
    return {
        "platform": "switch",
        "command_topic": topics.privacy_set,
        "state_topic": topics.privacy_state,
        "payload_on": ON,
        "payload_off": OFF,
        "retain": False,
        "icon": "mdi:eye-off",
    }


def _told_entities(topics: Topics) -> dict[str, Entity]:
    """What the device is, and what is wrong with it: retained, so it never expires."""
    told = {"entity_category": "diagnostic", "state_topic": topics.info}
    return {
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
    }


def _measured_entities(topics: Topics) -> dict[str, Entity]:
    """How the device is; also while its camera is closed."""
    measured = {
        "platform": "sensor",
        "entity_category": "diagnostic",
        "state_topic": topics.health,
        "expire_after": math.ceil(_BEATS * _MINUTE_S),
        "state_class": "measurement",
    }
    return {
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


def _literal(value: Any) -> str:
    """A value as Jinja reads it; a class's name may hold any letters and quotes."""
    return json.dumps(value, ensure_ascii=False)


def _slug(text: str) -> str:
    """Small letters, digits and underscores; a name in other letters becomes their code points."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c if c.isascii() else f"_{ord(c):x}_" for c in plain if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
