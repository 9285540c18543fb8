"""What a conversion does beside converting, on a network that takes no time."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from convert.cli import main
from edge.emotion.bundle import EDGETPU_FILE, load_bundle
from tests.convert import edgetpu_logs as logs
from tests.convert.stand_in_compiler import install
from tests.training.tiny import CLASSES, KNOWN, write_tiny

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny(tmp_path_factory.mktemp("tiny") / "tiny.keras")


def command(tiny: Path, data: Path, out: Path, *more: str) -> list[str]:
    return [str(tiny), *KNOWN, *CLASSES, "--data", str(data), "--out", str(out), "--max-loss", "100", *more]


def document(said: str) -> Any:
    """The JSON. TensorFlow's own words before it reach a pipe only here, where pytest stands in for one."""
    return json.loads(said[said.index('{\n  "v": 1') :])


def test_the_card_tells_parity_and_calibration_and_the_terminal_shows_it(
    tiny: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(tiny, small_fer, tmp_path / "bundle", "--calibration-faces", "3")) == 0
    card = load_bundle(tmp_path / "bundle").card
    assert card.conversion["calibration_faces_per_class"] == 3
    assert card.training["calibration"].startswith("21 faces")
    parity = card.conversion["parity"]
    assert parity["faces"] == parity["of"] == 21
    assert set(parity["pairs"]) == {"float_xnnpack", "float_reference", "xnnpack_reference"}
    assert set(parity["accuracy"]["raters"]) == {"float", "xnnpack", "reference"}
    said = capsys.readouterr().out
    assert "Parity of bundle on 21 of 21 faces" in said and "int8, reference kernels" in said


def test_where_the_compiler_is_installed_a_conversion_ends_with_it(
    tiny: Path,
    small_fer: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    install(tmp_path / "bin", logs.WHOLE)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert main(command(tiny, small_fer, tmp_path / "whole")) == 0
    card = load_bundle(tmp_path / "whole").card
    assert EDGETPU_FILE in card.sha256 and {"parity", "edgetpu"} <= set(card.conversion)
    (tmp_path / "bin/log").write_text(logs.PARTLY)
    capsys.readouterr()
    assert main(command(tiny, small_fer, tmp_path / "partly")) == 1
    assert "1 QUANTIZE (More than one subgraph is not supported)" in capsys.readouterr().err
    assert EDGETPU_FILE not in load_bundle(tmp_path / "partly").card.sha256  # but good for the CPU


def test_a_trial_of_calibration_faces_goes_on_where_it_was(
    tiny: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle, journal = tmp_path / "bundle", tmp_path / "trial.json"
    assert main(command(tiny, small_fer, bundle)) == 0
    words = ["calibrate", str(bundle), "--data", str(small_fer), "--faces", "1,4", "--seeds", "2"]
    words += ["--out", str(journal), "--json"]
    capsys.readouterr()
    assert main(words) == 0
    found = document(capsys.readouterr().out)
    rows = found["rows"]
    pairs = [(row["per_class"], row["seed"], row["faces"]) for row in rows]
    assert pairs == [(1, 0, 7), (1, 1, 7), (4, 0, 28), (4, 1, 28)]
    assert rows[0]["mean"] != rows[1]["mean"]  # another choice of faces
    assert found["summary"][0]["lost"]["raters"]["mean"] == pytest.approx(
        (rows[0]["lost"]["raters"] + rows[1]["lost"]["raters"]) / 2, abs=1e-4
    )
    kept = json.loads(journal.read_text())
    marked = {**kept["rows"][0], "largest": 99.0}
    journal.write_text(json.dumps({**kept, "rows": [marked, *kept["rows"][1:3]]}))
    assert main(words) == 0
    again = document(capsys.readouterr().out)["rows"]
    assert again == [marked, *rows[1:]]  # what was done is not done again, and what was missing is as before
    journal.write_text(json.dumps({**kept, "model": "another"}))
    assert main(words) == 1
    assert "is of another model or other data" in capsys.readouterr().err
