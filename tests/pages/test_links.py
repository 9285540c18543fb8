"""Every link within the checkout leads to something that is there."""

from pathlib import Path

import pytest

from tests.pages.markdown import PAGES, ROOT, anchors, links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_is_there(page: Path) -> None:
    for link in links(page):
        name, _, anchor = link.partition("#")
        if ":" in name:  # https://…: nothing is asked over the network here
            continue
        target = page.parent / name if name else page
        assert target.exists(), f"{link}: no such file"
        assert target.resolve().is_relative_to(ROOT), f"{link} leads out of the checkout"
        assert not anchor or anchor in anchors(target), f"{link}: {target.name} has no such heading"
