"""The sign for the door: says what it must in every language, fits its page, and its QR code can be read."""

import base64
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.cli import main
from edge.errors import UsageError
from edge.labels import name_for_people
from edge.notice import save_notice
from edge.notice.sign import MOST_LETTERS, Sign
from edge.notice.vector import break_lines, make_svg
from edge.notice.wording import WORDINGS
from tests.browser import running_browser, set_size

LANGUAGES = list(WORDINGS)
OWNER = {"responsible": "Museum of Light & Sound", "contact": "ask@museum.example", "purpose": "An <exhibit>"}
LONGEST = "Wissenschaftliche Abteilung "


def sign(language: str = "en", **said: str) -> Sign:
    return Sign(language, **said)


def read_qr(svg: str) -> str:
    """Draw the code of a sign, in which every row is a line of strokes, and read it as a telephone does."""
    ((side, strokes),) = re.findall(
        r'viewBox="0 0 (\d+) \d+"[^>]*><title>QR code.*?stroke="#000"[^>]* d="([^"]*)"', svg
    )
    picture = np.full((int(side), int(side)), 255, np.uint8)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", strokes):
        amounts = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            picture[int(y), int(x) : int(x + amounts[0])] = 0
            x += amounts[0]
        else:
            x, y = amounts if command == "M" else (x + amounts[0], y + amounts[1])
    return cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=8, fy=8, interpolation=0))[0]


class Text(HTMLParser):
    """What a page says, and the languages and addresses in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said, self.languages, self.addresses = "", [], []  # type: ignore[var-annotated]
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag == "article":
            self.languages.append(named["lang"])
        self.addresses += [named[name] for name in ("src", "href") if name in named]

    def handle_data(self, text: str) -> None:
        self.said += text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("suffix", [".html", ".svg"])
def test_a_sign_says_all_of_its_language_and_of_its_owner(language: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"sign{suffix}"
    save_notice([sign(language, **OWNER)], path)
    text = path.read_text()
    words = WORDINGS[language]
    said = Text(text).said if suffix == ".html" else "".join(ElementTree.fromstring(text).itertext())
    for part in (*words.title, words.lead, *(part for point in words.points for part in point), words.more):
        assert part in said
    for part in (words.responsible, words.purpose, words.contact, *OWNER.values()):
        assert part in said
    assert f'lang="{language}"' in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text), "it must need nothing from elsewhere"
    assert read_qr(text) == "mailto:ask@museum.example"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_for_expressions_are_those_of_the_messages(language: str) -> None:
    label_language = {"zh-Hant": "zh-TW"}.get(language, language)
    what_it_does = WORDINGS[language].points[0][1]
    for emotion in ("happy", "surprise", "neutral"):
        assert name_for_people(emotion, label_language) in what_it_does


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_longest_sign_fits_its_page(language: str) -> None:
    longest = (LONGEST * 9)[: MOST_LETTERS - 1] + "n"
    svg = make_svg(
        sign(language, responsible=longest, purpose=longest, contact=longest, url="https://a.b/" + "x" * 108)
    )
    rule = float(re.findall(r'<path d="M18 ([\d.]+)H192', svg)[0])
    body, foot = re.split(r'<path d="M18 [\d.]+H192', svg)
    body_y = [float(y) for y in re.findall(r'<text x="18" y="([\d.]+)"', body)]
    assert max(body_y) + 2 < rule, "the sign's text runs into what its owner says"
    assert body_y == sorted(body_y)
    lowest = max(float(y) for y in re.findall(r'<text x="150" y="([\d.]+)"', foot))
    assert lowest < 297 - 4, "the address of the QR code leaves the page"


def test_an_address_of_a_page_becomes_the_code() -> None:
    url = "https://museum.example/expressions?lang=en"
    assert read_qr(make_svg(sign(url=url, contact="ask@museum.example"))) == url


def test_without_an_address_there_is_no_code_and_lines_to_write_on() -> None:
    svg = make_svg(sign(contact="at the desk"))
    assert "QR code" not in svg
    assert len(re.findall(r'h[\d.]+" stroke="#111"', svg)) == 2


def test_one_page_for_each_language(tmp_path: Path) -> None:
    out = tmp_path / "sign.html"
    assert main(["notice", "--lang", "ja", "zh-TW", "ja", "--out", str(out)]) == 0
    assert Text(out.read_text()).languages == ["ja", "zh-Hant"]


def test_the_basis_of_a_device_is_its_purpose(tmp_path: Path) -> None:
    config, out = tmp_path / "mien.toml", tmp_path / "sign.svg"
    config.write_text('[device]\nsite = "work"\nbasis = "safety: drowsiness of drivers"\n')
    assert main(["notice", "--config", str(config), "--out", str(out)]) == 0
    assert "safety: drowsiness of drivers" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--out", "sign.pdf"], "--out is sign.pdf; expected a name that ends in .html"),
        (["--out", "sign.svg", "--lang", "en", "ko"], "one page, and --lang names 2 languages"),
        (
            ["--out", "sign.svg", "--url", "museum.example"],
            "--url is museum.example; expected an address that begins",
        ),
        (
            ["--out", "sign.svg", "--url", "https://a.b/" + "x" * 109],
            "--url has 121 letters; expected at most 120",
        ),
        (["--out", "sign.svg", "--purpose", "x" * 101], "--purpose has 101 letters; expected 1 to 100"),
        (["--out", "sign.svg", "--contact", "a\nb"], "on one line"),
        (["--out", "there.svg"], "there.svg is there already"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.svg").touch()
    assert main(["notice", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert [path.name for path in tmp_path.iterdir()] == ["there.svg"]


def test_a_sign_needs_what_can_be_read() -> None:
    with pytest.raises(UsageError, match="--responsible has 2 letters"):
        sign(responsible="  ")


@pytest.mark.parametrize("text", [*(words.lead for words in WORDINGS.values()), "x" * 50, "one"])
def test_breaking_lines_loses_nothing_and_keeps_words(text: str) -> None:
    lines = list(break_lines(text, 12))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(line[0] not in "、。，" for line in lines)
    if text.isascii() and " " in text:
        assert [word for line in lines for word in line.split()] == text.split()
    assert all(before for before, _ in pairwise(lines))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with running_browser(tmp_path_factory.mktemp("browser")) as driver:
        yield driver


@pytest.fixture(scope="module")
def longest_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All languages, each with as much as its owner may say."""
    longest = (LONGEST * 9)[: MOST_LETTERS - 1] + "n"
    said = {"responsible": longest, "purpose": longest, "contact": longest, "url": "https://a.b/" + "x" * 108}
    path = tmp_path_factory.mktemp("sign") / "sign.html"
    save_notice([sign(language, **said) for language in LANGUAGES], path)
    return path


@pytest.mark.browser
def test_each_language_is_printed_on_one_page(browser: Any, longest_page: Path) -> None:
    browser.get(longest_page.as_uri())
    printed = base64.b64decode(browser.print_page())
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(LANGUAGES)


@pytest.mark.browser
@pytest.mark.parametrize("width_px", [1000, 360], ids=["desktop", "phone"])
def test_a_sign_on_a_screen_is_for_everybody(browser: Any, longest_page: Path, width_px: int) -> None:
    from axe_core_python.selenium import Axe

    set_size(browser, width_px, 800)
    browser.get(longest_page.as_uri())
    found = Axe().run(browser)
    assert [(it["id"], [node["html"] for node in it["nodes"]]) for it in found["violations"]] == []
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width_px


@pytest.mark.browser
def test_no_line_of_the_drawing_leaves_its_page(browser: Any, tmp_path: Path) -> None:
    for language in LANGUAGES:
        path = tmp_path / f"{language}.svg"
        path.write_text(make_svg(sign(language, **OWNER)))
        browser.get(path.as_uri())
        ends = browser.execute_script(
            "return [...document.querySelectorAll('text')]"
            ".map(t => [t.textContent, t.getBBox().x + t.getBBox().width])"
        )
        assert len(ends) > 10
        assert [text for text, end_mm in ends if end_mm > 194] == []
