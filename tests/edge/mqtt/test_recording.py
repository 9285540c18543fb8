"""What `mien run --record` leaves."""

import json
import logging
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import main
from edge.errors import UsageError
from edge.mqtt.recording import Existing, Recording
from tests.conftest import wait_until

MOST = 1_000_000


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_daemon_keeps_what_it_tells_beside_telling_it(clip: Path, tmp_path: Path) -> None:
    config, kept = tmp_path / "mien.toml", tmp_path / "session.jsonl"
    config.write_text(
        f'camera = {{ source = "file:{clip}", clock = "virtual" }}\npublish = {{ to = "log" }}\n'
        'device = { id = "lab" }\n'
    )
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config), "--record", str(kept)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    recorded = lines_of(kept)
    assert all(str(line.pop("ts")).startswith("1970-01-01T00:00:0") for line in recorded)
    assert recorded == [json.loads(line) for line in told.splitlines()]
    assert {"mien/lab/status", "mien/lab/state", "mien/lab/info"} <= {str(line["topic"]) for line in recorded}
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode == 2 and "session.jsonl is there already" in again.stderr
    assert len(lines_of(kept)) == len(recorded)


def test_what_was_told_is_in_the_file_when_the_daemon_is_killed(clip: Path, tmp_path: Path) -> None:
    kept = tmp_path / "session.jsonl"
    config = tmp_path / "mien.toml"
    config.write_text(f'camera = {{ source = "file:{clip}", loop = true }}\nmqtt = {{ port = 1 }}\n')
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(config), "--record", str(kept)]
    daemon = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        assert wait_until(lambda: kept.exists() and "/state" in kept.read_text(), 30)
    finally:
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
    kinds = [str(line["topic"]).split("/")[2] for line in lines_of(kept)]
    assert "state" in kinds, "though no broker was there"


@pytest.mark.parametrize(
    ("existing", "left"), [("replace", ["b"]), ("append", ["a", "b"])], ids=["replaced", "continued"]
)
def test_a_file_that_is_there_is_replaced_or_continued(
    existing: Existing, left: list[str], tmp_path: Path
) -> None:
    for payload, how in (("a", "refuse"), ("b", existing)):
        recording = Recording(tmp_path / "kept", how, MOST)  # type: ignore[arg-type]
        recording.write("mien/lab/status", payload, 0.0)
        recording.close()
    assert [line["payload"] for line in lines_of(tmp_path / "kept")] == left


def test_half_a_line_of_a_power_cut_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text('{"topic": "mien/lab/sta')
    recording = Recording(tmp_path / "kept", "append", MOST)
    recording.write("mien/lab/status", "online", 0.0)
    recording.close()
    assert (tmp_path / "kept").read_text().splitlines()[1] == (
        '{"ts": "1970-01-01T00:00:00.000Z", "topic": "mien/lab/status", "payload": "online"}'
    )


def test_a_file_that_was_left_empty_is_taken(tmp_path: Path) -> None:
    Recording(tmp_path / "kept", "refuse", MOST).close()
    Recording(tmp_path / "kept", "refuse", MOST).close()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no file; expected a name for one"):
        Recording(tmp_path, "replace", MOST)


def test_it_grows_to_its_bound_says_so_once_and_the_daemon_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recording = Recording(tmp_path / "kept", "refuse", 1000)
    for _ in range(50):
        recording.write("mien/lab/status", "online", 0.0)
    assert 900 < (tmp_path / "kept").stat().st_size <= 1000
    assert len(lines_of(tmp_path / "kept")) > 9
    assert [record.message for record in caplog.records] == [
        f"{tmp_path}/kept is recorded no further: it has reached 0.001 MB (--record-max-mb)"
    ]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_ends_the_recording_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    recording = Recording(tmp_path / "kept", "refuse", MOST)
    recording._file = open("/dev/full", "wb", buffering=0)
    recording.write("mien/lab/status", "online", 0.0)
    recording.write("mien/lab/status", "online", 0.0)
    assert "recorded no further: no space left on device" in caplog.text
    assert len(caplog.records) == 1


@pytest.mark.parametrize("flag", ["--append", "--force"])
def test_what_becomes_of_no_file_is_a_wrong_usage(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", flag]) == 2
    assert "--append and --force say what becomes of the file of --record" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--record", str(tmp_path / "not" / "there")]) == 1
    assert "not/there: no such file or directory" in capsys.readouterr().err
