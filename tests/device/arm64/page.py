"""Prints what stands in the fences of a section of a page: page.py PAGE.md "On a Raspberry Pi" [sh]"""

import re
import sys
from pathlib import Path


def fences(text: str, heading: str, language: str) -> str:
    """The fences between a heading and the next one, one after the other."""
    section = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    if section is None:
        sys.exit(f"the page has no heading {heading!r}")
    return "".join(re.findall(rf"^```{language}\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL))


if __name__ == "__main__":
    page, heading, *language = sys.argv[1:]
    sys.stdout.write(fences(Path(page).read_text(encoding="utf-8"), heading, *(language or ["sh"])))
