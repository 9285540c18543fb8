"""A report is whole or not there, and nothing but a report is ever replaced."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.errors import UsageError
from training.report.folder import expect_free, report_folder

ROOT = Path(__file__).parents[2]
PARTS = ("page.html", "chart_*.png")


def write(out: Path, text: str, *, force: bool = False) -> None:
    with report_folder(out, PARTS, force) as folder:
        (folder / "page.html").write_text(text)
        (folder / "chart_a.png").write_text(text)


def contents(out: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in out.iterdir()}


def whole(text: str) -> dict[str, str]:
    return {"page.html": text, "chart_a.png": text}


def test_a_report_comes_into_a_new_an_empty_and_a_nested_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("new", "empty", "deep/er"):
        write(tmp_path / name, "one")
        assert contents(tmp_path / name) == whole("one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep", "empty", "new"]


def test_a_report_is_replaced_only_by_force(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write(out, "one")
    (out / "chart_old.png").write_text("one")
    with pytest.raises(UsageError, match="holds a report already; .* --force"):
        write(out, "two")
    write(out, "two", force=True)
    assert contents(out) == whole("two")


def test_what_is_no_report_is_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    (out / "best.keras").write_text("weeks of work")
    with pytest.raises(UsageError, match=r"holds best.keras, .* such as .*run/report"):
        write(out, "one", force=True)
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UsageError, match="is a file"):
        expect_free(file, PARTS, force=True)


def test_a_report_that_fails_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "report"
    write(out, "one")
    with pytest.raises(ZeroDivisionError), report_folder(out, PARTS, True) as folder:
        (folder / "page.html").write_text("half")
        raise ZeroDivisionError
    assert contents(out) == whole("one")
    assert os.listdir(tmp_path) == ["report"]


#: Kills itself just before it changes the names of files for the n-th time, or opens one to write.
KILLED = """
import os, signal, sys
from pathlib import Path

moment, count = int(sys.argv[1]), 0

def watch(event, arguments):
    global count
    writes = event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]
    if writes or event in {"os.rename", "os.mkdir", "os.rmdir", "os.remove"}:
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

from tests.training.test_report_folder import write
sys.addaudithook(watch)
write(Path(sys.argv[2]), "two", force=True)
"""


@pytest.mark.parametrize("is_there", [False, True], ids=["new", "replaced"])
def test_whichever_change_a_kill_comes_before_a_report_is_whole_or_not_there(
    tmp_path: Path, is_there: bool
) -> None:
    for moment in range(30):
        place = tmp_path / str(moment)
        out = place / "report"
        place.mkdir()
        if is_there:
            write(out, "one")
        ended = subprocess.run([sys.executable, "-c", KILLED, str(moment), str(out)], cwd=ROOT, timeout=60)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
        assert not out.exists() or contents(out) in (whole("one"), whole("two"))
        if is_there:
            with pytest.raises(UsageError, match="holds a report already"):
                expect_free(out, PARTS, force=False)  # the old one has its name again, at the latest now
        write(out, "three", force=True)
        assert contents(out) == whole("three")
        assert os.listdir(place) == ["report"]
    assert moment >= (7 if is_there else 4)
