"""A report takes its name whole: until then it lies in a hidden folder beside it, which a kill leaves."""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from edge.errors import UsageError


def expect_free(out: Path, parts: Sequence[str], force: bool) -> None:
    """Look, before the work begins, whether its report may take this name.

    Args:
        out: the report's folder.
        parts: patterns of the names of all files that such a report may consist of.
        force: replace the report that is there. Nothing but a report is ever replaced.

    Raises:
        UsageError: there is a report already, or something else.
    """
    _bring_back(Path(os.path.realpath(out)))
    if not out.exists():
        return
    if not out.is_dir():
        raise UsageError(f"--out {out} is a file; expected a folder")
    names = sorted(path.name for path in out.iterdir())
    if strange := [name for name in names if not any(fnmatch(name, part) for part in parts)]:
        raise UsageError(
            f"--out {out} holds {strange[0]}, which is no part of such a report; give the report a folder of "
            f"its own, such as {out / 'report'}"
        )
    if names and not force:
        raise UsageError(f"{out} holds a report already; try another name, or --force to replace it")


@contextmanager
def report_folder(out: Path, parts: Sequence[str], force: bool) -> Iterator[Path]:
    """Give a hidden folder to write to; it becomes `out` when the block ends well."""
    out = Path(os.path.realpath(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    expect_free(out, parts, force)
    _remove_left_overs(out)
    temporary, old = (out.with_name(f".{out.name}.{os.getpid()}.{end}") for end in ("part", "old"))
    temporary.mkdir()
    try:
        yield temporary
        expect_free(out, parts, force)  # minutes have gone by
        if out.is_dir() and any(out.iterdir()):
            out.rename(old)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _bring_back(out)
        shutil.rmtree(old, ignore_errors=True)


def _bring_back(out: Path) -> None:
    """Give its name again to a report whose replacement was stopped between the two renames."""
    if not out.exists():
        for path in _hidden(out, "old"):
            path.rename(out)
            return


def _remove_left_overs(out: Path) -> None:
    """Of processes that were killed."""
    for end in ("part", "old"):
        for path in _hidden(out, end):
            shutil.rmtree(path, ignore_errors=True)


def _hidden(out: Path, end: str) -> list[Path]:
    """Such folders of processes that run no more, or of this one; the newest first."""
    name = re.compile(rf"\.{re.escape(out.name)}\.(\d+)\.{end}")
    found = [(path, int(match[1])) for path in _siblings(out) if (match := name.fullmatch(path.name))]
    paths = [path for path, pid in found if pid == os.getpid() or not _is_running(pid)]
    return sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)


def _siblings(out: Path) -> list[Path]:
    parent = out.parent
    return list(parent.iterdir()) if parent.is_dir() else []


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it runs, and is somebody else's
    return True
