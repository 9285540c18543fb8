"""The page of all keys, from the models that check them."""

import json
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from edge.config import Config
from pages.tables import in_a_cell

_HEAD = """\
# Configuration

One TOML file; every key may be left out. A key that is not known is refused with the nearest one that is, and a
value that is not allowed with what is. The service reads `/etc/mien/mien.toml`, a copy of
[the annotated file](../systemd/mien.toml); `mien run --config FILE` reads yours. After a change:
`sudo systemctl restart mien`.

A password never stands in it: `mqtt.password_file` names a file, and the service takes a systemd credential.

<!-- made by: make pages -->
"""
_KINDS = {"string": "text", "integer": "whole number", "boolean": "true, false", "array": "list"}
_BOUNDS = {
    "exclusiveMinimum": "above",
    "minimum": "at least",
    "exclusiveMaximum": "below",
    "maximum": "at most",
}


def render() -> str:
    schema = Config.model_json_schema()
    tables = [
        _table(name, field.annotation, schema["$defs"][field.annotation.__name__])
        for name, field in Config.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    ]
    return "\n".join([_HEAD, *tables])


def _table(name: str, model: type[BaseModel], schema: dict[str, Any]) -> str:
    rows = [
        " | ".join([f"| `{key}`", _allowed(schema["properties"][key]), *_default_and_meaning(field)]) + " |"
        for key, field in model.model_fields.items()
    ]
    return "\n".join(
        [f"## [{name}]", "", "| key | allowed | default | what it does |", "|---|---|---|---|", *rows, ""]
    )


def _allowed(schema: dict[str, Any]) -> str:
    """The kind of value, its bounds or its choices."""
    kinds = [part for part in schema.get("anyOf", [schema]) if part.get("type") != "null"]
    part = {**kinds[0], **{key: schema[key] for key in _BOUNDS if key in schema}}
    values = part.get("enum") or ([part["const"]] if "const" in part else [])
    if values:
        return ", ".join(f"`{_toml(value)}`" for value in values)
    kind = _KINDS.get(part.get("type", ""), part.get("type", "value"))
    if part.get("format") == "path":
        kind = "a file's path"
    bounds = [f"{word} {_number(part[key])}" for key, word in _BOUNDS.items() if key in part]
    return ", ".join([kind, " and ".join(bounds)] if bounds else [kind])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def _default_and_meaning(field: FieldInfo) -> tuple[str, str]:
    """A description ends with the default where that is made from something else."""
    meaning, _, default = " ".join((field.description or "").split()).partition("; default: ")
    if not default and field.default is not None:
        default = f"`{_toml(field.default)}`"
    return in_a_cell(default), in_a_cell(meaning)


def _toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
