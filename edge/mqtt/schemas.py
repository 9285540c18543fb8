"""What each kind of message holds, as JSON Schema (draft 2020-12) made from the models themselves."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from edge.mqtt.commands import Reply, Request
from edge.mqtt.payloads import FaceEvent, Health, Info, LastMinute, State

#: The models by the topic's kind: what stands behind `mien/<device>/`, up to the next slash.
KINDS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "info": Info,
        "state": State,
        "faces": FaceEvent,
        "summary": LastMinute,
        "health": Health,
        "cmd": Request,
        "rsp": Reply,
    }
)


@cache
def make_schemas() -> dict[str, dict[str, Any]]:
    """A schema for every kind. They are strict: what this version does not send is not in them."""
    return {kind: _make_schema(kind, model) for kind, model in KINDS.items()}


def _make_schema(kind: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema(mode="serialization", schema_generator=_WithoutTitles)
    return {"$schema": _WithoutTitles.schema_dialect, **schema, "title": f"mien {kind}"}


class _WithoutTitles(GenerateJsonSchema):
    """A field's title would be its name again: `info` carries the schemas, and need not be larger for that."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False
