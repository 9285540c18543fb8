"""A folder that is whole or not there, whenever the program that writes it is killed."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder beside `path`; it takes the place of `path` when the block ends well.

    A folder cannot be replaced in one step. Killed between the two, the old one waits under another name:
    `recover` gives it its name back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    recover(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    temporary.mkdir()
    try:
        yield temporary
        if path.is_dir():
            path.rename(old)
        temporary.rename(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if path.is_dir():
            shutil.rmtree(old, ignore_errors=True)


def recover(path: Path) -> None:
    """Put in order what a process that was killed left beside `path`."""
    for kind in ("old", "part"):
        for left_over in path.parent.glob(f".{path.name}.*.{kind}"):
            if _is_running(int(left_over.name.split(".")[-2])):
                continue
            if kind == "old" and not path.exists():
                left_over.rename(path)
            else:
                shutil.rmtree(left_over)


def _is_running(pid: int) -> bool:
    with contextlib.suppress(PermissionError):  # it runs, and is somebody else's
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
    return pid != os.getpid()
