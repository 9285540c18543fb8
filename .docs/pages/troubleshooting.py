"""The page of all error lines, from the code that says them and what was written about each."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pages.lines import collect

REMEDIES = Path(__file__).parents[1] / "troubleshooting.toml"

PARTS = {
    "command": "Commands and files",
    "configuration": "Configuration",
    "pictures": "Pictures",
    "camera": "The camera",
    "faces": "Finding faces",
    "model": "The model",
    "coral": "The Coral",
    "broker": "The broker",
    "tls": "TLS",
    "view": "The aim page",
    "machine": "The machine",
    "timeline": "Recordings and timelines",
}

_HEAD = """\
# Troubleshooting

First `sudo mien doctor`: it looks at every part and prints the command that mends what is wrong. What the
daemon says stands in `journalctl -u mien`; what keeps it from `online` is in the topics `info` and `health`.

No error, and still no emotion? `health` counts faces that were found and could not be read, by reason:
[Which faces are read](../edge/faces/README.md). Nothing found at all: [How far, how much
light](../systemd/README.md#what-you-need).

Below is every line that `mien` prints or logs as an error or a warning. `…` stands for what varies: the name,
the value, the reason. A line of the configuration comes with key and value before it. Search this page for
some words of yours.

<!-- made by: make pages -->
"""

Entry = Mapping[str, Any]


def read_remedies() -> Mapping[str, Sequence[Entry]]:
    """The entries of each part."""
    return tomllib.loads(REMEDIES.read_text(encoding="utf-8"))


def lines_of(remedies: Mapping[str, Sequence[Entry]]) -> list[str]:
    return [line for entries in remedies.values() for entry in entries for line in entry["lines"]]


def said() -> list[str]:
    """Every line that the code says by itself."""
    return [line.text for line in collect() if not line.only_hands_on]


def render() -> str:
    remedies = read_remedies()
    sections = [
        "\n".join([f"## {title}", "", *(_entry(entry) for entry in remedies.get(part, ()))])
        for part, title in PARTS.items()
    ]
    return "\n".join([_HEAD, *sections])


def _entry(entry: Entry) -> str:
    lines = "\n\n".join(f"`{line}`" for line in entry["lines"])
    return f"{lines}\n\n> {entry['why']} **{entry['do']}**\n"


def add_new_lines() -> None:
    """Append what has no entry yet, for somebody to write why and what to do."""
    known = set(lines_of(read_remedies()))
    new = [line for line in said() if line not in known]
    skeleton = "".join(f"\n[[new]]\nlines = ['''{line}''']\nwhy = \"\"\ndo = \"\"\n" for line in new)
    with REMEDIES.open("a", encoding="utf-8") as file:
        file.write(skeleton)
