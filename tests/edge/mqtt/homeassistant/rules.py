"""Home Assistant's rules for a device's discovery payload, as a JSON Schema.

Read from its `components/mqtt` (schemas.py, sensor.py, binary_sensor.py, switch.py) and
`components/sensor/const.py`, 2025.4. Stricter in one thing: a key that it would pass over is a mistake of ours.
The real one reads the payload in `make test-homeassistant`.
"""

from typing import Any

_TEXT = {"type": "string", "minLength": 1}
_TOPIC = {"type": "string", "pattern": r"^[^/+#][^+#]*$", "maxLength": 65535}

_AVAILABILITY = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["topic"],
        "properties": {
            "topic": _TOPIC,
            "value_template": _TEXT,
            "payload_available": _TEXT,
            "payload_not_available": _TEXT,
        },
        "additionalProperties": False,
    },
}

#: What any entity may have. With a device there has to be a unique id.
_ENTITY: dict[str, Any] = {
    "platform": _TEXT,
    "name": _TEXT,
    "unique_id": _TEXT,
    "default_entity_id": {
        "type": "string",
        "pattern": r"^(sensor|binary_sensor|switch)\.[a-z0-9]+(_[a-z0-9]+)*$",
    },
    "icon": {"type": "string", "pattern": "^mdi:[a-z-]+$"},
    "entity_category": {"enum": ["diagnostic", "config"]},
    "enabled_by_default": {"type": "boolean"},
    "availability": _AVAILABILITY,
    "qos": {"enum": [0, 1, 2]},
    "json_attributes_topic": _TOPIC,
    "json_attributes_template": _TEXT,
}


def _platform(name: str, required: list[str], more: dict[str, Any], **rules: Any) -> dict[str, Any]:
    """A diagnostic entity measures: the category `config` is for what can be set."""
    return {
        "type": "object",
        "required": ["platform", "unique_id", *required],
        "properties": _ENTITY | more | {"platform": {"const": name}},
        "additionalProperties": False,
        **rules,
    }


_SENSOR = _platform(
    "sensor",
    ["state_topic"],
    {
        "state_topic": _TOPIC,
        "value_template": _TEXT,
        "expire_after": {"type": "integer", "minimum": 0},
        "device_class": {"enum": ["enum", "temperature"]},
        "state_class": {"enum": ["measurement", "total", "total_increasing"]},
        "unit_of_measurement": _TEXT,
        "suggested_display_precision": {"type": "integer", "minimum": 0},
        "options": {"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT},
        "entity_category": {"const": "diagnostic"},
    },
    dependentSchemas={
        # The states that an enum has are its options: no unit, no statistics.
        "options": {
            "required": ["device_class"],
            "properties": {
                "device_class": {"const": "enum"},
                "state_class": False,
                "unit_of_measurement": False,
            },
        },
    },
    allOf=[
        {
            "if": {"required": ["device_class"], "properties": {"device_class": {"const": "temperature"}}},
            "then": {
                "required": ["unit_of_measurement"],
                "properties": {"unit_of_measurement": {"enum": ["°C", "°F", "K"]}},
            },
        },
        {
            "if": {"required": ["device_class"], "properties": {"device_class": {"const": "enum"}}},
            "then": {"required": ["options"]},
        },
    ],
)

_BINARY_SENSOR = _platform(
    "binary_sensor",
    ["state_topic"],
    {
        "state_topic": _TOPIC,
        "value_template": _TEXT,
        "expire_after": {"type": "integer", "minimum": 1},
        "device_class": {"enum": ["problem"]},
        "entity_category": {"const": "diagnostic"},
    },
)

_SWITCH = _platform(
    "switch",
    ["command_topic"],
    {
        "command_topic": _TOPIC,
        "state_topic": _TOPIC,
        "payload_on": _TEXT,
        "payload_off": _TEXT,
        "retain": {"type": "boolean"},
        "entity_category": {"const": "config"},
    },
)

#: https://www.home-assistant.io/integrations/mqtt/#discovery-payload: the platform alone removes an entity.
_TAKEN_BACK = {
    "type": "object",
    "required": ["platform"],
    "properties": {"platform": {"enum": ["sensor", "binary_sensor", "switch"]}},
    "additionalProperties": False,
}

RULES: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["dev", "o", "cmps"],
    "properties": {
        "dev": {
            "type": "object",
            "required": ["identifiers", "name"],
            "properties": {
                "identifiers": {"type": "array", "minItems": 1, "items": _TEXT},
                **dict.fromkeys(
                    ["name", "manufacturer", "model", "sw_version", "serial_number", "suggested_area"], _TEXT
                ),
            },
            "additionalProperties": False,
        },
        "o": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": _TEXT, "sw_version": _TEXT},
            "additionalProperties": False,
        },
        "cmps": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-zA-Z0-9_-]+$"},
            "additionalProperties": {
                "oneOf": [_SENSOR, _BINARY_SENSOR, _SWITCH, _TAKEN_BACK],
            },
        },
        "availability": _AVAILABILITY,
    },
    "additionalProperties": False,
}
