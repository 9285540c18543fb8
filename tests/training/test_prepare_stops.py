"""What `kill -9` leaves, at every stage and at random moments: nothing half, and nothing to be done twice."""

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import pytest

from tests.conftest import wait_until
from tests.training.photographs import guises, write, write_textures

COMMAND = [sys.executable, "-m", "training.cli", "prepare"]
ROOT = Path(__file__).parents[2]
COUNT = 72


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photographs that take a while: so many that some are done, and some are not, when a run is stopped."""
    folder = tmp_path_factory.mktemp("stops") / "raw"
    faces = guises(12)
    for index in range(COUNT):
        larger = cv2.resize(faces[index % 12], (320 + index, 320 + index))
        write(folder / ("happy", "sad", "angry")[index % 3] / f"{index}.png", larger)
    (folder / "sad/broken.jpg").write_bytes(b"x")
    return folder


@pytest.fixture(scope="module")
def expected(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    place = tmp_path_factory.mktemp("uninterrupted")
    assert finish(start(raw, place))["looked_at"] == COUNT + 1
    return tree(place / "data")


def start(raw: Path, place: Path, *options: str) -> subprocess.Popen[str]:
    command = [*COMMAND, str(raw), "--out", "data", "--workers", "2", "--json", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=place, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    return dict(json.loads(out))


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)  # which waits for workers, too, should they outlive it


def tree(data: Path) -> dict[str, str]:
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in data.rglob("*")
        if path.is_file()
    }


def done(place: Path) -> int:
    """Pictures that the journal holds as done."""
    with contextlib.suppress(sqlite3.OperationalError):
        journal = sqlite3.connect(f"file:{place}/.data.prepare/journal.sqlite?mode=ro", uri=True)
        with contextlib.closing(journal):
            return int(journal.execute("SELECT COUNT(*) FROM inputs WHERE is_done").fetchone()[0])
    return 0


def children(process: subprocess.Popen[str]) -> list[int]:
    """The processes that find faces; the one that keeps track of semaphores is not among them."""
    text = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [pid for pid in map(int, text.split()) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def is_running(pid: int) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


def test_a_run_killed_while_it_finds_faces_goes_on_where_it_was(
    raw: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    first = start(raw, tmp_path)
    assert wait_until(lambda: done(tmp_path) >= 10, 120)
    workers = children(first)
    assert len(workers) == 2
    kill(first)
    assert not (tmp_path / "data").exists()
    assert wait_until(lambda: not any(map(is_running, workers))), "workers outlive the run"
    kept = done(tmp_path)
    summary = finish(start(raw, tmp_path))
    assert 0 < summary["looked_at"] <= COUNT + 1 - kept
    assert summary["inputs"] == COUNT + 1
    assert tree(tmp_path / "data") == expected
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


#: Kills itself just before it changes the names of files for the n-th time; -1 tells what it changes instead.
SELF_KILLER = """
import os, signal, sys

KINDS = {"os.rename", "os.mkdir", "os.rmdir", "os.remove", "os.link"}
moment, count = int(sys.argv.pop(1)), 0

def watch(event, arguments):
    global count
    if event in KINDS:
        if moment < 0:
            print("changes:", event, file=sys.stderr)
        elif count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

sys.addaudithook(watch)
from training.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_until(moment: int, raw: Path, place: Path) -> tuple[int, str]:
    """Replace the data set in `place`; the exit status, and what was said."""
    words = ["prepare", str(raw), "--out", "data", "--workers", "1", "--faces", "skip", "--force"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", SELF_KILLER, str(moment), *words]
    ended = subprocess.run(command, cwd=place, env=environment, text=True, capture_output=True, timeout=120)
    return ended.returncode, ended.stderr


def test_whichever_change_a_kill_comes_before_a_data_set_is_whole_or_not_there(tmp_path: Path) -> None:
    raw, other = (
        write_textures(tmp_path / name, {"sad": n, "happy": n}) for name, n in (("raw", 8), ("other", 3))
    )
    assert run_until(-1, other, tmp_path)[0] == 0
    old = tree(shutil.copytree(tmp_path / "data", tmp_path / "old"))
    status, said = run_until(-1, raw, tmp_path)
    assert status == 0
    new = tree(tmp_path / "data")
    changes = [line.split()[1] for line in said.splitlines() if line.startswith("changes:")]
    renames = [index for index, change in enumerate(changes) if change == "os.rename"]
    assert renames
    first_and_last = [edge for kind in set(changes) for edge in (changes.index(kind), _last(changes, kind))]
    for moment in sorted({*renames, *(index + 1 for index in renames), *first_and_last}):
        place = tmp_path / f"place{moment}"
        shutil.copytree(tmp_path / "old", place / "data")
        assert run_until(moment, raw, place)[0] == -signal.SIGKILL
        assert not (place / "data").exists() or tree(place / "data") in (old, new)
        assert run_until(-1, raw, place)[0] == 0
        assert tree(place / "data") == new
        assert [path.name for path in place.iterdir()] == ["data"]


def _last(changes: list[str], kind: str) -> int:
    return len(changes) - 1 - changes[::-1].index(kind)


def test_kills_at_random_moments_change_nothing(raw: Path, expected: dict[str, str], tmp_path: Path) -> None:
    chance = random.Random(os.getpid())
    for _ in range(4):
        process = start(raw, tmp_path)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.5, 3))
        kill(process)
        if (tmp_path / "data").exists():
            break
    if not (tmp_path / "data").exists():
        finish(start(raw, tmp_path))
    assert tree(tmp_path / "data") == expected


def test_a_replacement_that_is_killed_is_finished_by_the_next_run(
    raw: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    other = write_textures(tmp_path / "textures", {"sad": 5, "happy": 5})
    finish(start(other, tmp_path, "--faces", "skip"))
    before = tree(tmp_path / "data")
    first = start(raw, tmp_path, "--force")
    assert wait_until(lambda: done(tmp_path) >= 1, 120)
    kill(first)
    assert tree(tmp_path / "data") == before
    finish(start(raw, tmp_path, "--force"))
    now = tree(tmp_path / "data")
    assert {**now, "classes.json": ""} == {**expected, "classes.json": ""}  # which holds the command


def test_a_worker_that_dies_costs_no_picture(raw: Path, expected: dict[str, str], tmp_path: Path) -> None:
    process = start(raw, tmp_path)
    assert wait_until(lambda: done(tmp_path) >= 1, 120)
    os.kill(children(process)[0], signal.SIGKILL)
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert "a process that found faces was ended" in error
    assert json.loads(out)["looked_at"] == COUNT + 1
    assert tree(tmp_path / "data") == expected


def test_two_runs_on_one_data_set_do_not_mix(raw: Path, tmp_path: Path) -> None:
    first = start(raw, tmp_path)
    assert wait_until(lambda: (tmp_path / ".data.prepare/journal.sqlite").exists(), 60)
    second = start(raw, tmp_path)
    _, error = second.communicate(timeout=60)
    kill(first)
    assert second.returncode == 2
    assert "another process is preparing data" in error


def test_other_options_begin_the_unfinished_work_anew(raw: Path, tmp_path: Path) -> None:
    first = start(raw, tmp_path)
    assert wait_until(lambda: done(tmp_path) >= 1, 120)
    kill(first)
    summary = finish(start(raw, tmp_path, "--faces", "skip", "--size", "32"))
    assert summary["looked_at"] == COUNT + 1
    assert cv2.imread(str(tmp_path / "data/train/sad/000001.png")).shape[:2] == (32, 32)


def test_ctrl_c_ends_in_one_line_and_loses_little(raw: Path, tmp_path: Path) -> None:
    process = start(raw, tmp_path)
    assert wait_until(lambda: done(tmp_path) >= 10, 120)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.strip().splitlines()[-1] == "mien-train: stopped" and "Traceback" not in error
    assert done(tmp_path) >= 10


def test_memory_does_not_grow_with_the_number_of_pictures(tmp_path: Path) -> None:
    peaks = []
    for count in (400, 1600):
        raw = write_textures(tmp_path / f"raw{count}", {"sad": count // 2, "happy": count // 2})
        place = tmp_path / f"place{count}"
        place.mkdir()
        peaks.append(finish(start(raw, place, "--faces", "skip", "--workers", "1"))["memory_mb"])
    # one worker: of two, one may have seen all of the few pictures before the other has begun
    assert peaks[1]["main"] < peaks[0]["main"] + 10
    assert peaks[1]["workers"] < peaks[0]["workers"] + 15
