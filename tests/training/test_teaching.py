import json
from pathlib import Path

import numpy as np
import pytest

from training.cli import main

pytestmark = pytest.mark.tensorflow

FIT = ["fit", "--batch-size", "28", "--epochs", "1", "--labels", "fer2013", "--network", "plain_cnn_48"]


@pytest.fixture(scope="module")
def teacher(small_fer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "teacher"
    assert main([*FIT, "--data", str(small_fer), "--out", str(out)]) == 0
    return out


def test_a_target_is_in_part_what_the_teacher_says_of_the_face_and_its_mirror_image(
    teacher: Path, small_fer: Path
) -> None:
    from training.datasets import Split, load_splits
    from training.predictions import float_probabilities, load_float_model
    from training.sources import find_source
    from training.teaching import taught

    pixels = load_splits(small_fer, [Split.PUBLIC])[Split.PUBLIC].pixels
    model = load_float_model(teacher / "best.keras")
    faces = np.stack([pixels[row] for row in range(len(pixels))])
    source = find_source(str(teacher))
    said = [float_probabilities(model, view, source.value_range) for view in (faces, faces[:, :, ::-1])]
    targets = np.eye(7, dtype=np.float32)[np.arange(len(pixels)) % 7]
    mixed = taught(targets, pixels, [source], share=0.25)
    assert mixed == pytest.approx(0.75 * targets + 0.25 * np.mean(said, axis=0), abs=1e-5)
    assert taught(targets, pixels, [], share=0.25) is targets


def test_a_taught_run_says_who_taught_it_and_goes_on_with_the_same_teachers(
    teacher: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "pupil"
    command = [*FIT, "--data", str(small_fer), "--out", str(out), "--teachers", str(teacher)]
    assert main([*command, "--teacher-share", "0.7"]) == 0
    assert json.loads((out / "config.json").read_text())["teacher_share"] == 0.7
    told = json.loads((out / "data.json").read_text())["teachers"]
    assert [(who["network"], who["fit"]["labels"]) for who in told] == [("plain_cnn_48", "fer2013")]
    assert main([*command, "--resume"]) == 0
    assert main([*command, "--resume", "--teacher-share", "0.5"]) == 2
    assert "--teacher-share is 0.5 where the run in" in capsys.readouterr().err


def test_a_teacher_of_other_classes_is_refused_in_one_line(
    teacher: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*FIT, "--data", str(small_fer), "--out", str(tmp_path / "pupil"), "--classes", "happy,sad"]
    assert main([*command, "--teachers", str(teacher)]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith(f"mien-train: --teachers {teacher} has the classes angry,disgust,")
    assert error.endswith("expected those of the fit, happy,sad")
    assert not (tmp_path / "pupil").exists()
