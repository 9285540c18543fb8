"""What holds for every page that we make: it needs nothing else, and says all in words, too."""

import re
from collections import Counter
from html.parser import HTMLParser
from xml.etree import ElementTree

_VOID = {"meta", "img", "br", "link", "input"}


class Page(HTMLParser):
    """The elements of a page, in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open, f"never closed: {self._open}"

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))

    def every(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)


def check_page(page: Page) -> None:
    expect_self_contained(page)
    expect_accessible(page)
    for drawing in re.findall(r"<svg.*?</svg>", page.html, re.DOTALL):
        ElementTree.fromstring(drawing)
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert max(ids.values()) == 1, ids.most_common(1)


def expect_self_contained(page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "srcset", "action", "data", "poster"):
            value = attributes.get(name, "data:")
            assert value.startswith(("data:image/", "data:", "#")), (tag, name, value[:60])
    assert not {"script", "link", "iframe", "object", "embed"} & {tag for tag, _ in page.elements}
    assert not re.search(r"@import|url\((?!#)", page.html)
    (policy,) = (one["content"] for one in page.every("meta") if "content-security" in str(one).lower())
    assert "default-src 'none'" in policy


def expect_accessible(page: Page) -> None:
    assert page.every("html") == [{"lang": "en"}]
    assert len(page.every("h1")) == len(page.every("main")) == 1
    assert any(one.get("name") == "viewport" for one in page.every("meta"))
    assert "prefers-color-scheme: dark" in page.html
    for picture in page.every("img"):
        assert len(picture["alt"]) > 10
    for drawing in page.every("svg"):
        assert drawing["role"] == "img" and len(drawing["aria-label"]) > 10
    for header in page.every("th"):
        assert header["scope"] in ("row", "col")
    assert len(page.every("caption")) == len(page.every("table"))
