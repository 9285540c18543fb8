"""Three classes that FER2013 has not, from folders of pictures to what the device says."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.cli import main as convert
from edge.cli import main as mien
from edge.emotion.bundle import load_bundle
from training.cli import main as train

pytestmark = pytest.mark.tensorflow

CLASSES = ("sad", "awake", "bored")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `mien-train prepare` leaves it, cut with a margin of a tenth."""
    folder = tmp_path_factory.mktemp("data")
    for part, count in (("train", 12), ("valid", 4), ("test", 2)):
        for label, name in enumerate(CLASSES):
            (folder / part / name).mkdir(parents=True)
            for index in range(count):
                random = np.random.default_rng((label, len(part), index))
                face = random.integers(0, 40, (48, 48), np.uint8) + np.uint8(100 * label)  # dark, grey, bright
                cv2.imwrite(str(folder / part / name / f"{index}.png"), face)
    story = {
        "v": 1,
        "classes": CLASSES,
        "side_px": 48,
        "colour": "gray",
        "faces": "largest",
        "crop_margin": 0.1,
    }
    story |= {"command": "mien-train prepare raw --out data", "seed": 0, "split": "80/10/10"}
    (folder / "classes.json").write_text(json.dumps(story))
    return folder


@pytest.fixture(scope="module")
def bundle(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fitted at an input of 50 pixels, evaluated and converted."""
    folder = tmp_path_factory.mktemp("models")
    words = ["--data", str(data), "--out", str(folder / "run"), "--input-size", "50", "--batch-size", "12"]
    words += ["--network", "plain_cnn_48", "--learning-rate", "0.001", "--averaging", "0.5"]
    assert train(["fit", *words, "--epochs", "10", "--augmentation", "0"]) == 0
    words = ["--data", str(data), "--out", str(folder / "three"), "--max-loss", "100"]
    assert convert([str(folder / "run"), *words]) == 0
    return folder / "three"


def test_the_card_has_the_classes_the_input_and_the_margin_of_the_data(bundle: Path) -> None:
    card = load_bundle(bundle).card
    assert card.classes == CLASSES
    assert (card.input.side_px, card.input.crop_margin) == (50, 0.1)
    assert card.training["fitted_on"]["faces"]["Training"] == dict.fromkeys(CLASSES, 12)
    assert card.training["fitted_on"]["prepared"]["command"] == "mien-train prepare raw --out data"
    assert "FER2013" not in card.training["data"] + card.training["speaks"] + card.licence["data"]
    for kind in ("float", "int8"):
        assert set(card.metrics["PublicTest"][kind]["all"]) == {"labels"}
        assert set(card.metrics["PublicTest"][kind]["all"]["labels"]["per_class"]) == set(CLASSES)


def test_the_report_has_them_too(data: Path, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(["evaluate", str(bundle), "--data", str(data), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["classes"] == list(CLASSES)
    assert report["metrics"]["int8"]["all"]["labels"]["accuracy"] > 0.9
    assert train(["evaluate", str(bundle), "--data", str(data)]) == 0
    assert "the labels" in capsys.readouterr().out


def test_the_device_says_the_class_that_it_was_taught(
    bundle: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = [str(data / "test" / name / "0.png") for name in CLASSES]
    assert mien(["predict", "--no-detect", "--json", "--model", str(bundle), *pictures]) == 0
    faces = [document["faces"][0] for document in json.loads(capsys.readouterr().out)]
    assert [face["emotion"] for face in faces] == list(CLASSES)
    assert all(tuple(face["scores"]) == CLASSES for face in faces)
