"""Where a report goes: under a name of its own, which it takes whole."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from edge.errors import UsageError
from edge.folders import recover, replacing_folder


def expect_free(out: Path, parts: Sequence[str], force: bool) -> None:
    """Look, before the work begins, whether its report may take this name.

    Args:
        out: the report's folder.
        parts: patterns of the names of all files that such a report may consist of.
        force: replace the report that is there. Nothing but a report is ever replaced.

    Raises:
        UsageError: there is a report already, or something else.
    """
    recover(out)
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
    expect_free(out, parts, force)
    with replacing_folder(out) as folder:
        yield folder
        expect_free(out, parts, force)  # minutes have gone by
