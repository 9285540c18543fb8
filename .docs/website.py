"""The pages of the site: those that stand beside the code, under the names and in the order that readers want.

A hook of MkDocs. Pages keep their paths until they are written, so that a link serves a git host and the site.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).parents[1]
_FOLDERS = ("edge", "convert", "training", "models", "systemd", ".docs")

#: The sections, and their pages with the names that they have there. One that is not written yet is left out,
#: and one that is not named here comes last.
SECTIONS: dict[str, dict[str, str]] = {
    "Start": {
        "README.md": "mien",
        "systemd/README.md": "On a Raspberry Pi",
        "systemd/CORAL.md": "A Coral",
        "edge/view/README.md": "Aim the camera",
        ".docs/troubleshooting.md": "Troubleshooting",
        "edge/RESPONSIBLE.md": "Responsible use",
    },
    "Connect": {
        "edge/mqtt/README.md": "Topics and schemas",
        "edge/mqtt/HOMEASSISTANT.md": "Home Assistant",
        "edge/mqtt/FLEET.md": "Fleets",
        "edge/timeline/README.md": "Over time",
    },
    "Look up": {
        ".docs/configuration.md": "Configuration",
        ".docs/commands.md": "Commands",
    },
    "How it works": {
        ".docs/architecture.md": "Architecture",
        "edge/README.md": "Perception",
        "edge/faces/README.md": "Which faces are read",
        "edge/emotion/README.md": "Moods that hold",
        ".docs/performance.md": "Performance",
        ".docs/accuracy.md": "Accuracy",
    },
    "Make your own": {
        "training/README.md": "Train and convert",
        "training/explain/README.md": "Action units",
        "training/explain/REASONS.md": "Reasons for a face",
    },
    "Project": {
        ".docs/contributing.md": "Contributing",
        "CHANGELOG.md": "Changes",
    },
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Order the pages that are there."""
    there = set(_pages())
    nav = [
        {section: [{title: page} for page, title in pages.items() if page in there]}
        for section, pages in SECTIONS.items()
    ]
    others = sorted(there.difference(*SECTIONS.values()))
    config.nav = [*nav, {"More": others}] if others else nav
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and the files that they show or link."""
    for name in sorted({*_pages(), *_linked()}):
        file = File.generated(config, name, abs_src_path=str(ROOT / name), inclusion=InclusionLevel.INCLUDED)
        file.dest_uri = file.dest_uri.removeprefix(".docs/").replace(".github/", "pictures/", 1)
        files.append(file)
    return files


def _pages() -> Iterator[str]:
    found = [*ROOT.glob("*.md"), *(page for folder in _FOLDERS for page in (ROOT / folder).rglob("*.md"))]
    return (page.relative_to(ROOT).as_posix() for page in found)


def _linked() -> Iterator[str]:
    """Files of the checkout that are no pages and that a page links."""
    for page in map(Path, _pages()):
        for link in re.findall(r"\]\(([^)#:\s]+)", (ROOT / page).read_text(encoding="utf-8")):
            target = (ROOT / page.parent / link).resolve()
            if target.is_file() and target.suffix != ".md" and target.is_relative_to(ROOT):
                yield target.relative_to(ROOT).as_posix()
