"""Pages that are made from the code are up to date, and the code says what they need."""

import re
import tomllib
from pathlib import Path

import pytest
from pages import MADE

from edge.config import Config, parse_config
from tests.pages.markdown import PAGES, ROOT, blocks

UNITS = {"_s": "second", "_px": "pixel", "_deg": "degrees", "_percent": "percent"}

#: What looks like a key and is a file.
NO_KEYS = {"model.tflite", "mood.py", "quality.py"}


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_key_that_a_page_names_is_one_that_there_is(page: Path) -> None:
    known = {".".join(key) for key in keys()}
    tables = "|".join({table for table, _ in keys()})
    assert not set(re.findall(rf"`((?:{tables})\.[a-z_]+)", page.read_text())) - known - NO_KEYS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_configuration_that_a_page_shows_is_accepted(page: Path) -> None:
    for text in blocks(page, "toml"):
        assert parse_config(tomllib.loads(text))
