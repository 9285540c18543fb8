"""A folder that is whole or not there, whenever the program that writes it is killed."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path`; it takes the place of `path` when the block ends well.

    A folder cannot be replaced in one step. Killed between the two, the old one waits under another name:
    `recover` gives it its name again.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    recover(path, is_first=True)
    temporary, old = (path.with_name(f".{path.name}.{os.getpid()}.{end}") for end in ("part", "old"))
    temporary.mkdir()
    try:
        yield temporary
        if path.is_dir():
            path.rename(old)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if path.exists():
            shutil.rmtree(old, ignore_errors=True)
        elif old.exists():
            old.rename(path)


def recover(path: Path, *, is_first: bool = False) -> None:
    """Put in order what processes that were killed left beside `path`.

    Args:
        is_first: this process has written nothing there yet: what bears its number is of one before it.
    """
    path = Path(os.path.realpath(path))
    for left_over in _left_over(path, "old", is_first):
        if path.exists():
            shutil.rmtree(left_over, ignore_errors=True)
        else:
            left_over.rename(path)
    for left_over in _left_over(path, "part", is_first):
        shutil.rmtree(left_over, ignore_errors=True)


def _left_over(path: Path, end: str, is_first: bool) -> list[Path]:
    """The newest first."""
    name = re.compile(rf"\.{re.escape(path.name)}\.(\d+)\.{end}")
    siblings = list(path.parent.iterdir()) if path.parent.is_dir() else []
    found = [(sibling, int(match[1])) for sibling in siblings if (match := name.fullmatch(sibling.name))]
    left = [one for one, pid in found if (is_first if pid == os.getpid() else not _is_running(pid))]
    return sorted(left, key=lambda one: one.stat().st_mtime, reverse=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, and is somebody else's
    return True
