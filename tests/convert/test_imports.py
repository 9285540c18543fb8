"""From an export of Teachable Machine to what the device says."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from convert.cli import main
from edge.cli import main as mien
from edge.emotion.bundle import load_bundle
from tests.training import exports
from tests.training.faces import draw_face
from tests.training.published import needs

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network of three channels, quantized with uint8 at both ends, with its labels."""
    from training.backend import prepare_backend

    prepare_backend()
    import keras

    keras.utils.set_random_seed(1)
    layers = keras.layers
    parts = [
        layers.Input((24, 24, 3), name="sequential_1_input"),
        layers.Conv2D(8, 5, strides=2, activation="relu"),
        layers.Flatten(),
        layers.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential(parts, name="small")
    folder = tmp_path_factory.mktemp("export") / "converted_tflite_quantized"
    folder.mkdir()
    for name, is_quantized in (("model.tflite", True), ("model_unquant.tflite", False)):
        (folder / name).write_bytes(exports.convert_to_tflite(model, is_quantized=is_quantized, side_px=24))
    exports.write_labels(folder)
    exports.save_as_keras_2(model, folder.parent / "keras_model.h5")
    exports.write_labels(folder.parent)
    return folder


#: What a small network does not say, unlike Teachable Machine's own.
KNOWN = ["--value-range", "-1", "1", "--colour", "rgb"]


def said_by(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    cv2.imwrite(str(tmp_path / "face.png"), draw_face(1, 1))
    capsys.readouterr()
    assert mien(["predict", "--no-detect", "--json", "--model", str(bundle), str(tmp_path / "face.png")]) == 0
    scores: dict[str, float] = json.loads(capsys.readouterr().out)[0]["faces"][0]["scores"]
    return scores


def test_a_quantized_file_becomes_a_bundle_as_it_is_and_the_device_runs_it(
    export: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "taken"
    archive = exports.zipped(shutil.copytree(export, tmp_path / "zip/converted_tflite_quantized"))
    assert main([str(archive), *KNOWN, "--data", str(small_fer), "--out", str(out)]) == 0
    assert "int8 " in capsys.readouterr().out
    bundle = load_bundle(out)
    assert {path.name for path in out.iterdir()} == {"model.tflite", "card.json"}
    assert bundle.model_path.read_bytes() == (export / "model.tflite").read_bytes()
    card = bundle.card
    assert (card.classes, card.input.side_px, card.input.channels) == (exports.CLASSES, 24, 3)
    assert (card.input.quantization.type, card.output.quantization.type) == ("uint8", "uint8")
    assert "gets the grey face in all three" in card.training["colour"]
    assert "made by this project" not in card.licence["weights"]
    assert card.training["calibration"] == "by whoever quantized it"
    assert set(card.metrics["PublicTest"]) == {"int8"}
    scores = said_by(out, tmp_path, capsys)
    assert tuple(scores) == exports.CLASSES
    assert sum(scores.values()) == pytest.approx(1, abs=0.01)


def test_the_keras_export_becomes_int8_and_both_say_the_same(
    export: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*KNOWN, "--data", str(small_fer), "--max-loss", "100"]
    assert main([str(export.parent / "keras_model.h5"), *words, "--out", str(tmp_path / "own")]) == 0
    assert main([str(export / "model.tflite"), *words, "--out", str(tmp_path / "taken")]) == 0
    card = load_bundle(tmp_path / "own").card
    assert (card.input.channels, card.input.quantization.type) == (3, "int8")
    assert set(card.metrics["PublicTest"]) == {"float", "int8"}
    own, taken = (said_by(tmp_path / name, tmp_path, capsys) for name in ("own", "taken"))
    assert np.abs(np.subtract(list(own.values()), list(taken.values()))).max() < 0.1


def test_a_float_tflite_file_is_refused_with_what_to_take_instead(
    export: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [str(export / "model_unquant.tflite"), *KNOWN, "--data", str(small_fer)]
    assert main([*command, "--out", str(tmp_path / "out")]) == 2
    assert "is float, and devices run eight bits; give the Keras file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_import_is_not_replaced_unless_forced_and_keeps_its_looks(
    export: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.cli import main as train

    out = tmp_path / "taken"
    command = [str(export / "model.tflite"), *KNOWN, "--data", str(small_fer), "--out", str(out)]
    assert main(command) == 0
    assert main(command) == 2
    assert "is there already; try --force" in capsys.readouterr().err
    card = load_bundle(out).card.model_copy(update={"looks": ({"date": "2026-11-20"},)})
    from edge.emotion.bundle import write_card

    write_card(out, card)
    assert main([*command, "--force"]) == 0
    assert load_bundle(out).card.looks == ({"date": "2026-11-20"},)
    assert train(["evaluate", str(out), "--data", str(small_fer)]) == 0


def test_the_weights_of_2017_lose_little_by_becoming_int8(tmp_path: Path) -> None:
    weights = needs("MIEN_PUBLISHED_WEIGHTS", "fer2013_mini_XCEPTION.102-0.66.hdf5")
    data = needs("MIEN_FER2013", "FER2013, the file or its folder")
    out = tmp_path / "published"
    assert main([str(weights), "--data", str(data), "--out", str(out)]) == 0
    card = load_bundle(out).card
    accuracy = {kind: found["all"]["fer2013"]["accuracy"] for kind, found in card.metrics["PublicTest"].items()}
    assert 100 * accuracy["float"] == pytest.approx(65.5, abs=0.1)
    assert 100 * (accuracy["float"] - accuracy["int8"]) <= 0.5
    assert card.licence["weights"].startswith("MIT, Octavio Arriaga")
    assert "PublicTest and PrivateTest" in card.training["data"]
