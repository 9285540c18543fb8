"""What must arrive waits: in order, within bounds, and through kills and broken files."""

import logging
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.mqtt.outbox import FULL, OLD, Outbox

HOUR_S = 3600


@pytest.fixture(params=["memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    return tmp_path / "outbox.db" if request.param == "file" else None


def filled(path: Path | None, count: int, most: int = 100, max_age_s: float = HOUR_S) -> Outbox:
    outbox = Outbox(path, most, max_age_s)
    for number in range(count):
        outbox.add(f"topic/{number}", str(number))
    return outbox


def payloads(outbox: Outbox) -> list[str]:
    return [entry.payload for entry in outbox.after(0, 1000)]


def test_messages_stay_in_order_until_they_are_removed(place: Path | None) -> None:
    outbox = filled(place, 5)
    first, second, *_ = outbox.after(0, 2)
    assert [entry.payload for entry in outbox.after(second.number, 2)] == ["2", "3"]
    outbox.remove([second.number])
    assert payloads(outbox) == ["0", "2", "3", "4"]
    outbox.remove([first.number, second.number], "refused")
    assert (len(outbox), payloads(outbox)[0]) == (3, "2")


def test_a_number_is_never_given_twice(place: Path | None) -> None:
    outbox = filled(place, 2)
    numbers = [entry.number for entry in outbox.after(0, 9)]
    outbox.remove(numbers)
    outbox.add("topic", "new")
    assert outbox.after(0, 1)[0].number > max(numbers)


def test_beyond_the_bound_the_oldest_give_way_and_are_counted(place: Path | None) -> None:
    outbox = filled(place, 17, most=10)
    assert len(outbox) == 10, "at once, and not when somebody reads"
    assert payloads(outbox) == [str(number) for number in range(7, 17)]
    assert outbox.dropped == {OLD: 0, FULL: 7}


def test_what_is_too_old_is_given_up_and_counted(place: Path | None) -> None:
    outbox = filled(place, 3, max_age_s=1)
    time.sleep(1.1)
    outbox.add("topic", "young")
    assert payloads(outbox) == ["young"]
    assert outbox.dropped[OLD] == 3


def test_what_waits_in_a_file_is_there_at_the_next_start_before_anything_new(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    filled(path, 3).close()
    outbox = filled(path, 1)
    assert payloads(outbox) == ["0", "1", "2", "0"]
    assert len(outbox) == 4 and outbox.is_lasting
    assert path.stat().st_mode & 0o077 == 0, "what faces looked like is nobody else's business"


_WRITER = """
import sys
from pathlib import Path
from edge.mqtt.outbox import Outbox

outbox = Outbox(Path(sys.argv[1]), 100_000, 3600)
for number in range(100_000):
    outbox.add("topic", str(number))
    print(number, flush=True)
"""


def test_what_was_kept_outlives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    committed: list[int] = []
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, path], stdout=subprocess.PIPE, text=True)
        assert writer.stdout
        for _ in range(40):
            committed.append(int(writer.stdout.readline()))
        writer.send_signal(signal.SIGKILL)
        committed += map(int, writer.stdout.read().split())
        writer.wait()
    kept = [int(entry.payload) for entry in Outbox(path, 100_000, HOUR_S).after(0, 100_000)]
    assert len(kept) - len(committed) in range(4), "each kill may leave one that was kept and not yet told"
    assert [number for number in kept if number in set(committed)][:40] == list(range(40))


@pytest.mark.parametrize("size", [10, 5000, 9000])
def test_a_broken_file_is_put_aside_and_a_new_one_begun(
    size: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    filled(path, 50).close()
    path.write_bytes(os.urandom(size))
    outbox = filled(path, 1)
    assert payloads(outbox) == ["0"] and outbox.is_lasting
    assert (tmp_path / "outbox.db.broken").stat().st_size == size
    (line,) = caplog.messages
    assert "outbox.db.broken, and a new one was begun" in line


def test_pages_that_are_broken_are_found_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    filled(path, 100, most=1000).close()
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(4096))
    assert payloads(filled(path, 1)) == ["0"]
    assert (tmp_path / "outbox.db.broken").exists()


def test_a_file_that_breaks_meanwhile_is_left_for_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "outbox.db"
    outbox = filled(path, 200, most=1000)
    for beside in tmp_path.iterdir():
        with beside.open("r+b") as file:
            file.write(os.urandom(beside.stat().st_size))
    for number in range(200, 700):
        outbox.add("topic", str(number))
    assert payloads(outbox)[-1] == "699"
    assert len(caplog.messages) <= 1


_FULL_DISK = """
import resource, sys
from pathlib import Path
from edge.mqtt.outbox import Outbox

resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # no file may grow beyond this
outbox = Outbox(Path(sys.argv[1]), 10_000, 3600)
for number in range(1000):
    outbox.add("topic", f"{number:0500}")
print([int(entry.payload) for entry in outbox.after(0, 10_000)] == list(range(1000)), outbox.is_lasting)
"""


def test_a_disk_that_is_full_moves_what_waits_to_memory_and_is_named_once(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    done = subprocess.run([sys.executable, "-c", _FULL_DISK, path], capture_output=True, text=True, timeout=60)
    assert done.stdout == "True False\n", done.stderr
    (line,) = done.stderr.splitlines()
    assert "wait in memory" in line and "outbox.db.broken" in line
    assert not path.exists() and (tmp_path / "outbox.db.broken").exists()


def test_the_database_of_another_program_is_left_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "home.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE states (state TEXT)")
    other.close()
    before = path.read_bytes()
    outbox = filled(path, 1)
    assert payloads(outbox) == ["0"] and not outbox.is_lasting
    assert path.read_bytes() == before and not (tmp_path / "home.db.broken").exists()
    assert "the database of another program" in caplog.text


def test_a_file_that_another_daemon_has_is_left_to_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "outbox.db"
    first = filled(path, 1)
    second = filled(path, 1)
    assert first.is_lasting and not second.is_lasting
    assert "is in use by another" in caplog.text
    first.add("topic", "1")
    assert payloads(first) == ["0", "1"]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outbox = filled(tmp_path / "none" / "outbox.db", 1)
    assert payloads(outbox) == ["0"]
    assert "is its folder there" in caplog.text


def test_a_clock_that_jumps_makes_nothing_old(tmp_path: Path) -> None:
    """A Pi wakes up in the past; then the network sets its clock."""
    path = tmp_path / "outbox.db"
    filled(path, 1).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET unix_s = unix_s - 100 * 86400")
    db.close()
    assert payloads(Outbox(path, 100, HOUR_S)) == ["0"]


def test_what_another_boot_left_ages_by_the_clock(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    filled(path, 2).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE entries SET boot = 'before', up_s = 1e9")
        db.execute("UPDATE entries SET unix_s = unix_s - 2 * 3600 WHERE payload = '0'")
    db.close()
    assert payloads(Outbox(path, 100, HOUR_S)) == ["1"]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
