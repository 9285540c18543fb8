"""The findings on a terminal: a line each, with what to do below those that need it."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from edge.doctor.finding import Finding

#: Read without colour, too.
_MARKS = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "skipped": "skipped"}
_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "skipped": "dim"}
_MARK_WIDTH, _CHECK_WIDTH = 9, 15


def print_finding(finding: Finding, console: Console) -> None:
    """Print a finding. Long lines are left to the terminal, so that commands can be copied whole."""
    line = Text(f"{_MARKS[finding.status]:<{_MARK_WIDTH}}", _STYLES[finding.status])
    line.append(f"{finding.check:<{_CHECK_WIDTH}}", "bold" if finding.fix else "")
    line.append(_printable(finding.what))
    console.print(line, soft_wrap=True)
    for name, text in (("why", finding.why), ("fix", finding.fix)):
        if text:
            below = Text(" " * _MARK_WIDTH).append(f"{name}: ", "dim").append(_printable(text))
            console.print(below, soft_wrap=True)


def summary(findings: Sequence[Finding]) -> str:
    count = {status: sum(finding.status == status for finding in findings) for status in _MARKS}
    warnings = f"{count['warning']} warning{'s' * (count['warning'] != 1)}"
    return f"{count['ok']} ok, {warnings}, {count['failed']} failed, {count['skipped']} skipped"


def _printable(text: str) -> str:
    """What other machines say, such as a camera's name, must not steer the terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
