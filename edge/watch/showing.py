"""The board on a terminal, or in a picture."""

import io
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT  # public only as the default of export_svg
from rich.console import Console
from rich.live import Live

from edge.files import write_text
from edge.watch.board import Board

#: A table of many rows takes longer to draw.
_RENEW_S, _RENEW_MANY_S = 0.2, 1.0
_MANY = 20


def show(
    messages: Iterable[tuple[str, str] | None],
    board: Board,
    console: Console,
    goes_on: Callable[[], bool],
) -> None:
    """Show messages in a table that renews itself until `goes_on` says no, and stays at its last."""
    with Live(console=console, auto_refresh=False, transient=True) as live:
        shown_s = 0.0
        for message in messages:
            if message:
                board.add(*message)
            renew_s = _RENEW_S if len(board.devices) <= _MANY else _RENEW_MANY_S
            if time.monotonic() - shown_s > renew_s and console.is_terminal:
                live.update(board.render(console.height), refresh=True)
                shown_s = time.monotonic()
            if not goes_on():
                break
    console.print(board.render(console.height if console.is_terminal else None))


def save_table(board: Board, path: Path) -> None:
    """Write the table as an SVG picture that loads nothing from anywhere."""
    width = 76 if len(board.devices) < 2 else 120
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(board.render())
    template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    write_text(path, console.export_svg(title="mien watch", code_format=template))
