"""Model files of others: exports of Teachable Machine, the published weights of 2017, and any other."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.emotion.bundle import sha256_of
from edge.errors import ModelError, UsageError
from edge.labels import EMOTIONS
from edge.preprocessing import to_model_input
from tests.edge.delegate.compiled import compiled
from tests.training import exports
from tests.training.faces import draw_face
from tests.training.published import needs
from training.cli import main
from training.given import NOTHING_GIVEN, Given

pytestmark = pytest.mark.tensorflow

FACES = np.stack([draw_face(label, 1) for label in range(4)])


def open_one(model: object, given: Given = NOTHING_GIVEN) -> Any:
    from training.contenders import open_contenders

    (found,) = open_contenders(str(model), given)
    return found


def refusal(kind: type[Exception], model: object, given: Given = NOTHING_GIVEN) -> str:
    with pytest.raises(kind) as caught:
        open_one(model, given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture(scope="module")
def teachable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One network in each form that Teachable Machine has, and what it says of FACES."""
    from training.backend import prepare_backend

    prepare_backend()
    folder = tmp_path_factory.mktemp("exports")
    model = exports.build_teachable(len(exports.LABELS))
    inputs = np.concatenate([to_model_input(face, exports.SIDE_PX, (-1, 1), 3) for face in FACES])
    np.save(folder / "said.npy", model.predict(inputs, verbose=0))
    for name in ("keras", "float", "quantized"):
        (folder / name).mkdir()
        exports.write_labels(folder / name)
    exports.save_as_keras_2(model, folder / "keras/keras_model.h5")
    content = exports.convert_to_tflite(model, is_quantized=False)
    (folder / "float/model_unquant.tflite").write_bytes(content)
    (folder / "quantized/model.tflite").write_bytes(exports.convert_to_tflite(model, is_quantized=True))
    return folder


@pytest.mark.parametrize(
    ("form", "kind", "may_differ"),
    [("keras", "float", 1e-4), ("float", "float", 1e-3), ("quantized", "int8", 0.25)],
)
def test_an_export_says_what_the_network_said_in_the_browser_and_needs_no_option(
    teachable: Path, form: str, kind: str, may_differ: float
) -> None:
    found = open_one(teachable / form)
    assert (found.kind, found.classes, found.side_px, found.home) == (kind, exports.CLASSES, 224, None)
    said = np.load(teachable / "said.npy")
    assert said.std(axis=0).max() > 0.02, "the network tells faces apart"
    assert np.abs(found.predict(FACES) - said).max() < may_differ
    assert np.abs(np.ravel(found.open_single()(FACES[0])) - said[0]).max() < may_differ
    assert found.parameters == pytest.approx(500_000, rel=0.1)
    assert found.multiply_adds == pytest.approx(58_100_000, rel=0.02)


def test_the_zip_is_taken_as_it_was_downloaded(
    teachable: Path, tmp_path: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(teachable / "quantized", tmp_path / "converted_tflite_quantized")
    archive = exports.zipped(tmp_path / "converted_tflite_quantized")
    assert main(["evaluate", str(archive), "--data", str(small_fer), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["classes"] == list(exports.CLASSES)
    assert set(report["metrics"]) == {"int8"}
    assert report["metrics"]["int8"]["all"]["fer2013"]["faces"] == 12


def test_a_file_in_the_same_folder_has_the_labels_beside_it(teachable: Path) -> None:
    assert open_one(teachable / "float/model_unquant.tflite").classes == exports.CLASSES


@pytest.mark.parametrize("form", ["keras", "quantized"])
def test_labels_that_do_not_fit_the_network_are_refused(teachable: Path, tmp_path: Path, form: str) -> None:
    shutil.copytree(teachable / form, tmp_path / "export")
    exports.write_labels(tmp_path / "export", ("Happy", "Sad"))
    assert "its labels.txt names 2; " in refusal(UsageError, tmp_path / "export")
    (tmp_path / "export/labels.txt").write_text("0 Happy\n2 Sad\n1 Angry\n")
    assert "numbers its classes 0, 2, 1; expected 0, 1, 2" in refusal(UsageError, tmp_path / "export")


def test_without_labels_the_classes_are_asked_for(teachable: Path, tmp_path: Path) -> None:
    path = shutil.copy(teachable / "quantized/model.tflite", tmp_path)
    assert "does not say the order of its classes; give it" in refusal(UsageError, path)
    assert open_one(path, Given(classes=("a", "b", "c"))).classes == ("a", "b", "c")


def test_a_range_that_the_quantized_input_cannot_hold_is_refused(teachable: Path) -> None:
    line = refusal(UsageError, teachable / "quantized", Given(value_range=(-2.0, 2.0)))
    assert " to 1 in its input, and -2 to 2 does not fit in; export or quantize it again" in line


def test_an_edge_tpu_export_has_its_labels_checked_and_is_not_run(teachable: Path, tmp_path: Path) -> None:
    exports.write_labels(tmp_path)
    content = compiled((teachable / "quantized/model.tflite").read_bytes())
    (tmp_path / "model_edgetpu.tflite").write_bytes(content)
    line = refusal(ModelError, tmp_path)
    assert "is compiled for the Edge TPU (its 3 classes fit its labels): no CPU can run it" in line
    exports.write_labels(tmp_path, ("a", "b"))
    assert "its labels.txt names 2" in refusal(UsageError, tmp_path)


def make_foreign(path: Path, *, channels: int = 1, last: str = "softmax") -> Path:
    from training.backend import prepare_backend

    prepare_backend()
    import keras

    layers = keras.layers
    body = keras.Sequential(
        [layers.Input((12, 12, channels)), layers.Conv2D(4, 3), layers.Flatten()], name="body"
    )
    head = keras.Sequential([layers.Input((400,)), layers.Dense(3, activation=last)], name="head")
    keras.Sequential([layers.Input((12, 12, channels)), body, head], name="foreign").save(path)
    return path


def test_a_file_of_any_network_must_be_told_all_that_it_does_not_say(tmp_path: Path) -> None:
    path = make_foreign(tmp_path / "foreign.h5", channels=3)
    classes = ("a", "b", "c")
    assert "does not say its value range; give" in refusal(UsageError, path, Given(classes=classes))
    known = Given((0.0, 1.0), classes)
    assert "does not say what pictures it was fitted to; give it by --colour" in refusal(
        UsageError, path, known
    )
    found = open_one(path, Given((0.0, 1.0), classes, "rgb"))
    assert found.predict(FACES).sum(axis=1) == pytest.approx(1, abs=1e-5)
    gray = make_foreign(tmp_path / "gray.h5")
    line = refusal(UsageError, gray, Given((0.0, 1.0), classes, "rgb"))
    assert "--colour is rgb; " in line and "takes one channel" in line


def test_a_network_whose_outputs_are_no_probabilities_is_refused(tmp_path: Path) -> None:
    found = open_one(make_foreign(tmp_path / "logits.h5", last="linear"), Given((0.0, 1.0), ("a", "b", "c")))
    with pytest.raises(ModelError, match="foreign gives .*; expected probabilities that add up to 1"):
        found.predict(FACES)


def finetune(model: Path, data: Path, out: Path, *words: str) -> int:
    common = ["--epochs", "1", "--batch-size", "14", "--learning-rate", "0.001", "--labels", "fer2013"]
    return main(["finetune", str(model), "--data", str(data), "--out", str(out), *common, *words])


def test_a_network_within_a_network_of_three_channels_is_fine_tuned_for_other_classes(
    small_fer: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from training.model_files import load_float_model

    path = make_foreign(tmp_path / "foreign.h5", channels=3)
    known = ["--value-range", "0", "1", "--model-classes", "sad,fear,happy", "--colour", "gray"]
    words = [*known, "--classes", "happy,angry", "--freeze", "1"]
    with caplog.at_level("INFO", "training"):
        assert finetune(path, small_fer, tmp_path / "run", *words) == 0
    assert "happy keep their weights" in caplog.text
    assert "frozen: the first 1 of 3 layers, up to conv2d" in caplog.text
    before, start, after = (
        load_float_model(file) for file in (path, tmp_path / "run/start.keras", tmp_path / "run/best.keras")
    )
    convolution = [model.layers[0].layers[0].get_weights()[0] for model in (before, after)]
    assert np.array_equal(*convolution)
    old, new = (model.layers[1].layers[0].get_weights()[0] for model in (before, start))
    assert np.array_equal(old[:, 2], new[:, 0]), "the column of happy"
    assert main(["evaluate", str(tmp_path / "run"), "--data", str(small_fer), "--json"]) == 0


def test_a_tflite_file_cannot_be_fine_tuned(
    teachable: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetune(teachable / "float", small_fer, tmp_path / "run") == 2
    assert "is a TFLite file, whose weights cannot be trained; expected a Keras file" in capsys.readouterr().err


@pytest.fixture
def of_2017(tmp_path: Path) -> Path:
    """The network of 2017 with other weights than the published."""
    from training.backend import prepare_backend

    prepare_backend()
    from training.networks import find_network

    find_network("mini_xception").build(7).save(tmp_path / "fer2013_mini_XCEPTION.102-0.66.hdf5")
    return tmp_path / "fer2013_mini_XCEPTION.102-0.66.hdf5"


def test_the_network_of_2017_with_other_weights_is_asked_for_its_value_range(of_2017: Path) -> None:
    line = refusal(UsageError, of_2017)
    assert "does not say its value range; give" in line and "--value-range -1 1 (or 0 1)" in line


def test_a_published_file_is_known_by_its_sha256_and_by_nothing_else(
    of_2017: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training.imports.published import PUBLISHED, Published

    monkeypatch.setitem(PUBLISHED, sha256_of(of_2017), Published("as it was published"))
    found = open_one(of_2017)
    assert found.classes == EMOTIONS
    line = refusal(UsageError, of_2017, Given(value_range=(0.0, 1.0)))
    assert "--value-range is 0 to 1; " in line and "by its sha256, and that has -1 to 1" in line
    with of_2017.open("ab") as file:
        file.write(b"\0")  # HDF5 does not mind; it is another file all the same
    assert "does not say its value range" in refusal(UsageError, of_2017)


def test_the_weights_of_2017_reach_what_is_known_of_them() -> None:
    """They are not ours to bring along: https://github.com/oarriaga/face_classification."""
    weights = needs("MIEN_PUBLISHED_WEIGHTS", "fer2013_mini_XCEPTION.102-0.66.hdf5")
    data = needs("MIEN_FER2013", "FER2013, the file or its folder")
    from training.datasets import Split, load_splits

    found = open_one(weights)
    faces = load_splits(data, [Split.PUBLIC], classes=found.classes, side_px=found.side_px)[Split.PUBLIC]
    accuracy = (found.predict(faces.pixels).argmax(axis=1) == faces.labels).mean()
    assert 100 * accuracy == pytest.approx(65.5, abs=0.1)


def unsafe_zip(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_names_in_a_zip_choose_no_place_on_this_machine(teachable: Path, tmp_path: Path) -> None:
    content = (teachable / "quantized/model.tflite").read_bytes()
    labels = (teachable / "quantized/labels.txt").read_bytes()
    (tmp_path / "inner").mkdir()
    parts = {"../../model.tflite": content, "/labels.txt": labels}
    found = open_one(unsafe_zip(tmp_path / "inner/slip.zip", parts))
    assert found.classes == exports.CLASSES
    assert found.path.name == "model.tflite" and found.path.is_relative_to(found.path.parents[1])
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (lambda path: path.write_bytes(b"no zip"), "is not a zip that can be read"),
        (
            lambda path: unsafe_zip(path, {"model.json": b"{}"}),
            "holds model.json; expected an export of Teachable",
        ),
        (lambda path: unsafe_zip(path, {"model.tflite": bytes(70 << 20)}), "holds a model.tflite of 70 MB"),
    ],
)
def test_a_zip_that_is_none_of_theirs_is_one_clear_line(
    tmp_path: Path, write: Callable[[Path], object], said: str
) -> None:
    write(tmp_path / "any.zip")
    assert said in refusal(ModelError, tmp_path / "any.zip")


@pytest.mark.parametrize("operation", ["FlexErf", "my_own_operation"])
def test_an_operation_that_is_not_of_tflite_is_refused(teachable: Path, tmp_path: Path, operation: str) -> None:
    content = (teachable / "float/model_unquant.tflite").read_bytes()
    (tmp_path / "own.tflite").write_bytes(compiled(content, operation=operation.encode()))
    assert f"holds {operation}, an operation of its own" in refusal(ModelError, tmp_path / "own.tflite")


def test_a_damaged_tflite_file_is_one_clear_line(teachable: Path, tmp_path: Path) -> None:
    content = (teachable / "quantized/model.tflite").read_bytes()
    path = tmp_path / "damaged.tflite"
    known = Given((-1.0, 1.0), ("a", "b", "c"), "rgb")
    for damaged in (b"", b"text", content[:1000], content[:8] + b"\xff" * 4000, content[: len(content) // 2]):
        path.write_bytes(damaged)
        assert "TFLite model" in refusal(ModelError, path, known)
