"""`mien-train explain practice` as people start and end it."""

import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from training.cli import main


def test_it_prints_an_address_serves_it_and_ends_with_the_progress_kept(
    small_fer: Path, tmp_path: Path
) -> None:
    progress = tmp_path / "progress.json"
    words = [sys.executable, "-m", "training.cli", "explain", "practice", "--data", str(small_fer)]
    words += ["--port", "0", "--progress", str(progress), "--lang", "zh-TW"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        lines = [process.stdout.readline() for _ in range(3)]
        assert lines[0] == "28 pictures of 7 expressions\n" and str(progress) in lines[1]
        address = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{20,}/", lines[2])
        assert address
        with urllib.request.urlopen(address[0], timeout=10) as page:
            assert b"Practise reading faces" in page.read()
    finally:
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=20)
    assert process.returncode == 0 and "the progress is kept" in out
    assert "Traceback" not in errors


def test_what_cannot_be_practised_with_is_one_line(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [
        "explain",
        "practice",
        "--data",
        str(small_fer),
        "--port",
        "0",
        "--progress",
        str(tmp_path / "p.json"),
    ]
    assert main([*command, "--votes", "9"]) == 1
    assert "expected pictures of two or more expressions" in capsys.readouterr().err
    (tmp_path / "p.json").write_text("my letter")
    assert main(command) == 1
    assert "is no file of progress; move it away" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--votes", "11"])
    assert "expected 0 to 10" in capsys.readouterr().err
