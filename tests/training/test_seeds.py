import json
import statistics
from pathlib import Path

import pytest

from training.cli import main

pytestmark = pytest.mark.tensorflow


def test_seeds_give_a_mean_and_a_deviation_and_go_on_where_they_were(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs"
    words = ["fit", "--data", str(small_fer), "--out", str(out), "--epochs", "1", "--batch-size", "28"]
    words += ["--network", "plain_cnn_48", "--labels", "fer2013", "--seed", "4", "--seeds", "2"]
    assert main(words) == 0
    said = capsys.readouterr().out
    summary = json.loads((out / "summary.json").read_text())
    figures = [seed["best"] for seed in summary["seeds"]]
    assert [seed["run"] for seed in summary["seeds"]] == ["seed-4", "seed-5"]
    assert summary["mean"] == pytest.approx(statistics.fmean(figures), abs=1e-5)
    assert summary["deviation"] == pytest.approx(statistics.stdev(figures), abs=1e-5)
    assert f"{100 * summary['mean']:.2f} ± {100 * summary['deviation']:.2f}% on PublicTest over 2 seeds" in said
    assert json.loads((out / "seed-5/config.json").read_text())["seed"] == 5
    assert (out / "seed-4/best.keras").is_file()

    assert main(words) == 2  # nothing is written over
    before = (out / "seed-4/state.npz").stat().st_mtime_ns
    (out / "summary.json").unlink()
    assert main([*words, "--resume"]) == 0
    assert json.loads((out / "summary.json").read_text())["seeds"] == summary["seeds"]
    assert (out / "seed-4/state.npz").stat().st_mtime_ns == before
    assert main(["evaluate", str(out), "--data", str(small_fer)]) == 2
    assert "seed-0" in capsys.readouterr().err
