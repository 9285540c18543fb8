"""The page of a timeline in a real browser: light and dark, on a desk and on a phone."""

from collections.abc import Iterator
from typing import Any

import pytest

from edge.cli import main
from tests.browser import complaints, running_browser, set_scheme, set_size
from tests.edge.timeline.session import an_afternoon, write

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("timeline")
    recording = write(folder / "a.jsonl", an_afternoon())
    assert main(["timeline", str(recording), "--out", str(folder / "a.html"), "--lang", "ja"]) == 0
    with running_browser(folder / "profile") as driver:
        driver.get((folder / "a.html").as_uri())
        yield driver


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 900), (360, 740)], ids=["desktop", "phone"])
def test_axe_finds_nothing_to_complain_of(opened: Any, scheme: str, size: tuple[int, int]) -> None:
    from axe_core_python.selenium import Axe

    set_scheme(opened, scheme)
    set_size(opened, *size)
    found = Axe().run(opened)
    assert [(it["id"], [node["html"] for node in it["nodes"]]) for it in found["violations"]] == []
    assert len(found["passes"]) > 10


def test_a_phone_scrolls_the_drawing_and_the_tables_and_not_the_page(opened: Any) -> None:
    set_size(opened, 360, 740)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= 360


def test_the_browser_has_nothing_to_complain_of(opened: Any) -> None:
    assert complaints(opened) == []


def test_every_block_is_drawn_with_a_pattern_that_is_there(opened: Any) -> None:
    find = "return [...document.querySelectorAll('svg[role=img] rect')].map(one => {}).filter(one => one)"
    widths = opened.execute_script(find.format("one.getBoundingClientRect().width"))
    assert len(widths) > 30 and max(widths) > 100
    missing = "one.getAttribute('fill') && !document.querySelector(one.getAttribute('fill').slice(4, -1))"
    assert opened.execute_script(find.format(missing)) == []
