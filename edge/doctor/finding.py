"""What a check came to."""

from dataclasses import asdict, dataclass
from typing import Literal

Status = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        check: what was looked at.
        status: how that is.
        what: what was found; where it was skipped, why.
        why: why it matters. None where nothing is wrong.
        fix: the command, or the act, that mends it. None where nothing is wrong.
    """

    check: str
    status: Status
    what: str
    why: str | None = None
    fix: str | None = None

    def as_json(self) -> dict[str, str | None]:
        return asdict(self)


def ok(check: str, what: str) -> Finding:
    return Finding(check, "ok", what)


def skipped(check: str, what: str) -> Finding:
    return Finding(check, "skipped", what)


def warning(check: str, what: str, why: str, fix: str) -> Finding:
    return Finding(check, "warning", what, why, fix)


def failed(check: str, what: str, why: str, fix: str) -> Finding:
    return Finding(check, "failed", what, why, fix)
