"""Pages that are made from the code are up to date, and the code says what they need."""

from pathlib import Path

import pytest
from pages import MADE

from edge.config import Config

UNITS = {"_s": "second", "_px": "pixel", "_deg": "degrees", "_percent": "percent"}


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_a_made_page_is_as_the_code_has_it(path: Path) -> None:
    assert path.read_text() == MADE[path](), "make pages mends it"


def keys() -> list[tuple[str, str]]:
    return [(table, key) for table, model in Config() for key in type(model).model_fields]


@pytest.mark.parametrize(("table", "key"), keys(), ids=".".join)
def test_a_key_says_what_it_does_and_in_which_unit(table: str, key: str) -> None:
    meaning = type(getattr(Config(), table)).model_fields[key].description
    assert meaning, f"{table}.{key} has no description"
    for suffix, unit in UNITS.items():
        assert not key.endswith(suffix) or unit in meaning, f"{table}.{key}: the description lacks its unit"
