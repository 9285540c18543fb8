"""The tables of edge/mqtt/README.md, made from the models: python -m tests.edge.mqtt.tables writes them."""

import re
from pathlib import Path
from typing import Any

from edge.mqtt.schemas import KINDS, make_schemas

PAGE = Path(__file__).parents[3] / "edge" / "mqtt" / "README.md"

_MARKS = re.compile(r"(<!-- made by: .*? -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def render(page: str) -> str:
    """The page with its tables as the models have them."""
    tables = "\n".join(_table(kind) for kind in KINDS)
    return _MARKS.sub(lambda match: f"{match[1]}{tables}{match[3]}", page)


def _table(kind: str) -> str:
    schema, meanings = make_schemas()[kind], _meanings(kind)
    rows = [
        f"| `{name}` | {_type(field)} | {meanings.get(name, '')} |"
        for name, field in schema["properties"].items()
        if name not in ("v", "session", "seq", "ts")
    ]
    summary = (KINDS[kind].__doc__ or "").partition("\n")[0]
    return "\n".join(["", f"`{kind}`: {summary}", "", "| field | type | |", "|---|---|---|", *rows, ""])


def _meanings(kind: str) -> dict[str, str]:
    """What the docstring says of each attribute."""
    text = (KINDS[kind].__doc__ or "").partition("Attributes:\n")[2]
    found = re.findall(r"^        (\w+): (.*?)(?=^        \w+: |\Z)", text + "\n", re.MULTILINE | re.DOTALL)
    return {name: " ".join(meaning.split()) for name, meaning in found}


def _type(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_type(part) for part in field["anyOf"])
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if field.get("type") == "array":
        return "list of numbers" if "prefixItems" in field else "list"
    names = {"string": "text", "integer": "whole number", None: "object"}
    kind = str(names.get(field.get("type"), field.get("type")))
    bounds = [f"{field[key]:g}" for key in ("minimum", "maximum") if key in field]
    return f"{kind}, {' to '.join(bounds)}" if len(bounds) == 2 else kind


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text()))
