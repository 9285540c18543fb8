"""What stands in the Markdown pages of this checkout: their commands, links and headings."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FOLDERS = ("edge", "convert", "training", "models", "systemd", "tests", ".docs")

#: Every page, those at the top first.
PAGES = sorted(ROOT.glob("*.md")) + [
    page for folder in _FOLDERS for page in sorted((ROOT / folder).rglob("*.md"))
]

_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")


def blocks(page: Path, language: str) -> list[str]:
    """What stands in the page's fences of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def commands(page: Path) -> Iterator[list[str]]:
    """The words of every command in a page's `sh` fences, without sudo and variables that are set for it."""
    shells = re.sub(r"\\\n", " ", "".join(blocks(page, "sh"))).replace(" && ", "\n")
    for line in shells.splitlines():
        words = shlex.split(re.sub(r"^([A-Z_]+=\S+ )+", "", line.strip().removeprefix("sudo ")), comments=True)
        if words:
            yield words


def commands_in_text(page: Path) -> Iterator[list[str]]:
    """Commands that a sentence names, such as `mien doctor`: they may leave out what they need."""
    for code in _CODE.findall(_FENCE.sub("", page.read_text())):
        if re.match(r"`(sudo )?(mien|mien-train|mien-convert|make|install\.sh) ", code):
            yield shlex.split(code.strip("`").removeprefix("sudo "))


def links(page: Path) -> list[str]:
    """The targets of links and pictures, code left out."""
    text = _CODE.sub("", _FENCE.sub("", page.read_text()))
    return re.findall(r"\]\(([^)\s]+)\)", text)


def anchors(page: Path) -> set[str]:
    """The headings as a link names them, on a git host and on our own site alike."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
