"""What is wrong with a configuration, on one line: key, value, what is allowed, the nearest known key."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from edge.config.camera import without_login

#: pydantic's constraints and errors, in words.
_BOUNDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_KINDS = {
    "model_type": "a table",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text in quotes",
}
#: So much of a value or a key is shown: one of a megabyte says no more than its beginning.
_MOST_LETTERS = 200

_OUT_OF_RANGE = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})


def one_line(error: ValidationError, root: type[BaseModel]) -> str:
    """What is wrong with the first bad key of a configuration, and how many more there are.

    Args:
        root: the model of the whole configuration.
    """
    details = error.errors()
    first = details[0]
    location = [_on_one_line(str(part)) for part in first["loc"]]
    is_of_table = first["type"] == "value_error" and isinstance(first["input"], dict | BaseModel)
    if first["type"] == "extra_forbidden":
        line = _unknown(location, root)
    elif is_of_table:  # two keys that do not go together: the message names them
        line = ": ".join([*filter(None, [".".join(location)]), str(first["ctx"]["error"])])
    else:
        value = _shortened(without_login(repr(first["input"])))  # a camera's address may hold its password
        line = f"{'.'.join(location)} is {value}; {_expected(first, location, root)}"
    return line + (f" (and {len(details) - 1} more)" if len(details) > 1 else "")


def _on_one_line(key: str) -> str:
    """A key may hold what breaks a line."""
    return _shortened(key if key.isprintable() else repr(key)[1:-1])


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_LETTERS else text[:_MOST_LETTERS] + "…"


def _expected(first: Mapping[str, Any], location: list[str], root: type[BaseModel]) -> str:
    """What is allowed: for a number out of range both bounds, else what pydantic says."""
    if first["type"] in _KINDS:
        return f"expected {_KINDS[first['type']]}"
    if first["type"] in _OUT_OF_RANGE:
        metadata = _fields(location[:-1], root)[location[-1]].metadata
        bounds = [
            f"{word} {getattr(bound, name):g}"
            for bound in metadata
            for name, word in _BOUNDS.items()
            if hasattr(bound, name)
        ]
        return f"expected {' and '.join(bounds)}"
    message = first["msg"].replace("String should ", "to ")
    return "expected " + re.sub(r"^(Value error, expected |Input should be )", "", message)


def _unknown(location: list[str], root: type[BaseModel]) -> str:
    """Name an unknown key and the known one that looks most like it."""
    *tables, key = location
    fields = _fields(tables, root)
    what = "key" if tables else "table"
    near = difflib.get_close_matches(key, fields, n=1, cutoff=0.4)
    hint = f"; did you mean {'.'.join([*tables, near[0]])}?" if near else ""
    known = "" if near else f"; known here: {', '.join(fields)}"
    return f"{'.'.join(location)} is an unknown {what}{hint}{known}"


def _fields(tables: list[str], root: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of a table of the configuration; of the whole of it where no table is named."""
    fields = root.model_fields
    for table in tables:
        kind = fields[table].annotation
        assert isinstance(kind, type) and issubclass(kind, BaseModel)
        fields = kind.model_fields
    return fields
