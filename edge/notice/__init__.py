"""The sign for the door: that a camera reads expressions here, who answers for it, and where to ask."""

from pathlib import Path

from edge.errors import UsageError
from edge.files import write_text
from edge.notice.page import make_page
from edge.notice.sign import Sign
from edge.notice.vector import make_svg


def save_notice(signs: list[Sign], path: Path) -> None:
    """Write the signs: .html holds one A4 page for each, .svg holds one sign."""
    check_path(path, len(signs))
    write_text(path, make_page(signs) if _kind(path) == ".html" else make_svg(signs[0]))


def check_path(path: Path, signs: int) -> None:
    """Refuse a name that says no format of ours.

    Raises:
        UsageError: it ends in something else, or an SVG, which is one page, is to hold several signs.
    """
    if _kind(path) not in (".html", ".svg"):
        raise UsageError(
            f"--out is {path}; expected a name that ends in .html (any browser prints it, or makes a PDF of "
            "it) or .svg"
        )
    if _kind(path) == ".svg" and signs > 1:
        raise UsageError(
            f"--out is {path}, one page, and --lang names {signs} languages; expected one, or .html"
        )


def _kind(path: Path) -> str:
    return path.suffix.lower()
