import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.training.faces import csv_line, write_csv, write_lines
from training import runs
from training.cli import main

FIT = ["fit", "--batch-size", "28", "--learning-rate", "0.003", "--seed", "3"]


def history(run: Path) -> list[dict[str, float]]:
    with (run / runs.HISTORY_FILE).open() as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def run(small_fer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    command = [*FIT, "--data", str(small_fer), "--out", str(out), "--epochs", "4", "--averaging", "0.5"]
    assert main([*command, "--labels", "mix"]) == 0
    return out


@pytest.mark.tensorflow
def test_a_run_keeps_all_that_it_was_and_did(run: Path) -> None:
    assert {path.name for path in run.iterdir()} == {
        "config.json", "versions.json", "history.csv", "curves.png", "best.keras", "state.npz",
        "data.json",
    }  # fmt: skip
    config = json.loads((run / "config.json").read_text())
    assert (config["seed"], config["labels"], config["network"]) == (3, "mix", "mini_xception")
    assert "keras" in json.loads((run / "versions.json").read_text())
    assert (run / "curves.png").read_bytes().startswith(b"\x89PNG")
    rows = history(run)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["loss"] < rows[0]["loss"]


@pytest.mark.tensorflow
def test_the_kept_weights_are_the_averaged_ones_that_did_best(run: Path, small_fer: Path) -> None:
    from training.checkpoints import read_state
    from training.datasets import Split, load_splits
    from training.judging import cross_entropy
    from training.predictions import float_probabilities, load_float_model
    from training.votes import fitting_targets

    public = load_splits(small_fer, [Split.PUBLIC])[Split.PUBLIC]
    model = load_float_model(run / "best.keras")
    loss = cross_entropy(float_probabilities(model, public.pixels, (-1, 1)), fitting_targets(public, "mix")[1])
    best = max(history(run), key=lambda row: row["public_figure"])  # the first of equals
    assert loss == pytest.approx(best["public_loss"], rel=1e-4)
    state = read_state(run / "state.npz")
    assert state is not None
    assert not all(np.allclose(*pair) for pair in zip(state.averages, state.weights, strict=True))
    assert getattr(model, "optimizer", None) is None


@pytest.mark.tensorflow
def test_a_run_is_not_overwritten_unless_forced(
    run: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (run / "state.npz").read_bytes()
    assert main([*FIT, "--data", str(small_fer), "--out", str(run)]) == 2
    assert "holds a run; try --resume to go on with it or --force" in capsys.readouterr().err
    assert main([*FIT, "--data", str(small_fer), "--out", str(run), "--resume", "--epochs", "9"]) == 2
    assert "--epochs is 9 where the run in" in capsys.readouterr().err
    assert (run / "state.npz").read_bytes() == before


@pytest.mark.tensorflow
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_been(
    run: Path, small_fer: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    shutil.copytree(run, out)
    for name in (runs.STATE_FILE, runs.HISTORY_FILE, runs.BEST_FILE, runs.CURVES_FILE):
        (out / name).unlink()
    command = [
        sys.executable,
        "-m",
        "training.cli",
        "fit",
        "--data",
        str(small_fer),
        "--out",
        str(out),
        "--resume",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline_s = time.monotonic() + 60
    while not (out / runs.STATE_FILE).exists() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert main(command[3:]) == 0
    straight, resumed = history(run), history(out)
    assert [row["epoch"] for row in resumed] == [1, 2, 3, 4]
    # the same faces, weights and learning rates; only the order of sums on several cores may differ
    for name in ("loss", "public_loss"):
        assert resumed[-1][name] == pytest.approx(straight[-1][name], rel=0.02)


@pytest.mark.tensorflow
def test_fit_does_not_open_private_test(tmp_path: Path) -> None:
    lines = [csv_line(label, seed, "Training") for label in range(7) for seed in range(2)]
    lines += [csv_line(label, 9, "PublicTest") for label in range(7)]
    data = write_lines(tmp_path, [*lines, "what,ever,PrivateTest"])
    out = tmp_path / "run"
    assert main([*FIT, "--data", str(data), "--out", str(out), "--epochs", "1", "--labels", "fer2013"]) == 0


@pytest.mark.tensorflow
def test_labels_of_raters_without_their_votes_are_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_lines(tmp_path, [csv_line(0, 0, "Training"), csv_line(0, 0, "PublicTest")])
    assert main([*FIT, "--data", str(data), "--out", str(tmp_path / "run"), "--labels", "ferplus"]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("mien-train: the data holds no votes; put FER+'s fer2013new.csv beside")


_WITHOUT_TENSORFLOW = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ImportError("TensorFlow is blocked in this test")

sys.meta_path.insert(0, Blocked())
from training.cli import main
status = main(sys.argv[1:])
import keras
assert keras.backend.backend() == "jax"
assert not any(name.split(".")[0] == "tensorflow" for name in sys.modules)
sys.exit(status)
"""


@pytest.mark.jax
def test_a_network_is_fitted_without_tensorflow(tmp_path: Path) -> None:
    data = write_csv(tmp_path / "fer", {"Training": 1, "PublicTest": 1})
    out = tmp_path / "run"
    command = [*FIT, "--data", str(data), "--out", str(out), "--epochs", "1"]
    command += ["--network", "plain_cnn_48"]  # JAX compiles it the quickest
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_TENSORFLOW, *command], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert (out / runs.BEST_FILE).is_file()


def test_by_default_a_fit_is_to_the_raters_where_their_votes_are(tmp_path: Path) -> None:
    from training.datasets import usual_labels

    write_csv(tmp_path / "with", {"Training": 1}, votes=True)
    write_csv(tmp_path / "without", {"Training": 1}, votes=False)
    assert usual_labels(tmp_path / "with") == "ferplus"
    assert usual_labels(tmp_path / "with/fer2013.csv") == "ferplus"
    assert usual_labels(tmp_path / "without") == "fer2013"
    assert usual_labels(tmp_path / "nowhere") == "fer2013"


@pytest.mark.tensorflow
def test_data_without_votes_is_fitted_without_a_word_about_labels(tmp_path: Path) -> None:
    data = write_csv(tmp_path / "data", {"Training": 4, "PublicTest": 1}, votes=False)
    out = tmp_path / "run"
    assert main([*FIT, "--data", str(data), "--out", str(out), "--epochs", "1"]) == 0
    assert json.loads((out / "config.json").read_text())["labels"] == "fer2013"
    assert main([*FIT, "--data", str(data), "--out", str(out), "--epochs", "1", "--resume"]) == 0


@pytest.mark.tensorflow
def test_wrong_data_touches_no_run(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(run, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main([*FIT, "--data", str(tmp_path / "nowhere"), "--out", str(out), "--force"]) == 1
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert main([*FIT, "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "new")]) == 1
    assert not (tmp_path / "new").exists()
