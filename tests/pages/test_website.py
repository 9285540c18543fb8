"""The site of all pages builds without a warning, holds every page, and asks nothing of foreign hosts."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.pages.markdown import PAGES, ROOT

pytestmark = pytest.mark.docs

#: What a browser fetches by itself: the element and its attribute.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(
        [*build, "--config-file", ROOT / ".docs" / "mkdocs.yml", "--site-dir", folder],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class _Fetched(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in FETCHED and dict(attrs).get("rel") != "canonical":
            self.found += filter(None, [dict(attrs).get(FETCHED[tag])])


def test_nothing_is_fetched_from_foreign_hosts(site: Path) -> None:
    for page in site.rglob("*.html"):
        reader = _Fetched()
        reader.feed(page.read_text())
        assert reader.found
        assert not [address for address in reader.found if re.match(r"(https?:)?//", address)], page
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"(?:url\(|@import )[\"']?(?:https?:)?//", sheet.read_text()), sheet


def test_every_page_is_on_the_site_and_is_found_from_its_start(site: Path) -> None:
    start = (site / "index.html").read_text()
    for page in PAGES:
        name = page.relative_to(ROOT).as_posix().removeprefix(".docs/")
        if not name.startswith("tests/"):
            address = re.sub(r"README\.html$", "index.html", name.replace(".md", ".html"))
            assert (site / address).is_file(), name
            assert f'href="{address}"' in start or address == "index.html", f"{name} is in no menu"
