"""How far somebody is: what was asked and what was right, by expression. It holds no name and no picture."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import DataError
from edge.files import write_text

_VERSION = 1
_MAX_BYTES = 1_000_000


@dataclass(slots=True)
class Count:
    asked: int = 0
    right: int = 0


@dataclass(slots=True)
class Progress:
    """Counts by expression, kept in a file that is whole whenever the program ends."""

    path: Path
    counts: dict[str, Count] = field(default_factory=dict)

    def of(self, name: str) -> Count:
        return self.counts.get(name, Count())

    def add(self, name: str, is_right: bool) -> None:
        count = self.counts.setdefault(name, Count())
        count.asked += 1
        count.right += is_right
        self._save()

    def forget(self) -> None:
        self.counts.clear()
        self._save()

    def _save(self) -> None:
        rows = {name: {"asked": one.asked, "right": one.right} for name, one in sorted(self.counts.items())}
        document = {"v": _VERSION, "expressions": rows}
        write_text(self.path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def usual_path() -> Path:
    """Where the user's own data belongs (XDG base directories)."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "mien" / "practice.json"


def load_progress(path: Path) -> Progress:
    """Read it; a file that is not there yet is a beginning.

    Raises:
        DataError: the file is none of ours. It is left as it is.
    """
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(_MAX_BYTES))
    except FileNotFoundError:
        return Progress(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}; expected a file of progress") from None
    except (ValueError, RecursionError):
        raise _broken(path) from None
    rows = document.get("expressions") if isinstance(document, dict) else None
    if not isinstance(rows, dict) or document.get("v") != _VERSION:
        raise _broken(path)
    return Progress(path, {name: _count(path, row) for name, row in rows.items()})


def _count(path: Path, row: object) -> Count:
    if not isinstance(row, dict):
        raise _broken(path)
    asked, right = row.get("asked"), row.get("right")
    if type(asked) is not int or type(right) is not int or not 0 <= right <= asked:  # a bool is an int, too
        raise _broken(path)
    return Count(asked, right)


def _broken(path: Path) -> DataError:
    return DataError(f"{path} is no file of progress; move it away, or name another by --progress")
