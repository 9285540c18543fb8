import json
import shutil
from pathlib import Path

import pytest

from edge.emotion.bundle import read_card
from edge.resources import resource_folder
from training import runs
from training.cli import main

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    shutil.copytree(resource_folder("models") / "mini_xception", folder)
    return folder


@pytest.fixture(scope="module")
def run(small_fer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    command = ["fit", "--data", str(small_fer), "--out", str(out), "--epochs", "1", "--labels", "fer2013"]
    assert main(command) == 0
    return out


def test_a_bundle_is_measured_as_float_and_as_int8_on_public_test(
    bundle: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = read_card(bundle).looks
    assert main(["evaluate", str(bundle), "--data", str(small_fer), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["split"] == "PublicTest"
    assert set(report["metrics"]) == {"float", "int8"}
    for metrics in report["metrics"].values():
        assert set(metrics) == {"all", "without_copies"}
        assert set(metrics["all"]) == {"fer2013", "raters", "raters_agree"}
        assert metrics["all"]["fer2013"]["faces"] == 28
        assert set(metrics["all"]["fer2013"]) >= {
            "accuracy", "balanced_accuracy", "macro_f1", "calibration_error", "per_class", "confusion",
        }  # fmt: skip
    assert read_card(bundle).looks == looks


def test_only_final_opens_private_test_and_each_look_is_written_on_the_card(
    bundle: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(read_card(bundle).looks)
    for _ in range(2):
        assert main(["evaluate", str(bundle), "--data", str(small_fer), "--final"]) == 0
    assert "on PrivateTest" in capsys.readouterr().out
    looks = read_card(bundle).looks[before:]
    assert len(looks) == 2
    assert looks[0]["split"] == "PrivateTest"
    assert looks[0]["command"].startswith("mien-train evaluate")
    assert looks[0]["date"].endswith("+00:00")
    assert looks[0]["metrics"]["int8"]["all"]["fer2013"]["faces"] == 14


def test_a_look_at_a_run_stays_with_the_run(run: Path, small_fer: Path) -> None:
    assert main(["evaluate", str(run), "--data", str(small_fer), "--final"]) == 0
    assert len(runs.read_looks(run)) == 1


def test_pictures_and_figures_are_written(run: Path, small_fer: Path, tmp_path: Path) -> None:
    assert main(["evaluate", str(run), "--data", str(small_fer), "--out", str(tmp_path)]) == 0
    assert (tmp_path / "confusion_float_raters.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((tmp_path / "evaluation.json").read_text())["model"] == str(run)


def test_one_table_shows_float_beside_int8(
    bundle: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(bundle), "--data", str(small_fer)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    kinds = [row[3] for row in rows if row[:3] == ["raters'", "plurality", "all"]]
    assert kinds == ["float", "int8"]


def test_a_folder_that_is_neither_is_one_clear_line(
    tmp_path: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path), "--data", str(small_fer)]) == 2
    assert "is neither a RUN nor a bundle" in capsys.readouterr().err
    assert main(["evaluate", "no_such_model", "--data", str(small_fer)]) == 1
    assert "model no_such_model is not there" in capsys.readouterr().err


def test_faces_of_classes_that_a_network_lacks_are_left_out_and_this_is_said(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "six"
    words = ["--data", str(small_fer), "--classes", "sad,angry,disgust,happy,surprise,neutral"]
    fit = ["fit", *words, "--out", str(out), "--epochs", "1", "--batch-size", "28", "--network", "plain_cnn_48"]
    assert main(fit) == 0
    assert main(["evaluate", str(out), "--data", str(small_fer), "--json"]) == 0
    report = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert report["classes"][:2] == ["sad", "angry"]
    assert report["left_out"] == {"fear": 4}
    assert report["metrics"]["float"]["all"]["fer2013"]["faces"] == 24
    assert len(report["metrics"]["float"]["all"]["raters"]["confusion"]) == 6
    assert main(["evaluate", str(out), "--data", str(small_fer), "--final"]) == 0
    assert "left out, for they are none of the classes: 2 of fear" in capsys.readouterr().out
    assert runs.read_looks(out)[0]["left_out"] == {"fear": 2}
