import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.faces import draw_face
from training import runs
from training.cli import main

pytestmark = pytest.mark.tensorflow

SIX = "angry,disgust,happy,sad,surprise,neutral"
FAST = ["--batch-size", "16", "--epochs", "1", "--learning-rate", "0.01", "--labels", "fer2013"]


def load(path: Path) -> Any:
    from training.model_files import load_float_model

    return load_float_model(path)


def finetune(model: object, data: Path, out: Path, *words: str) -> int:
    return main(["finetune", str(model), "--data", str(data), "--out", str(out), *FAST, *words])


@pytest.fixture(scope="module")
def run(small_fer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped network, its first ten layers frozen, for six classes."""
    out = tmp_path_factory.mktemp("runs") / "six"
    assert finetune("mini_xception", small_fer, out, "--classes", SIX, "--freeze", "10") == 0
    return out


def shipped() -> Any:
    from edge.resources import resource_folder

    return load(resource_folder("models") / "mini_xception/source.keras")


def test_the_first_layers_stay_as_they_were_and_the_others_move(run: Path) -> None:
    before, after = shipped(), load(run / runs.BEST_FILE)
    pairs = list(zip(before.layers[1:], after.layers[1:], strict=True))  # without the input
    same = [
        all(np.array_equal(*weights) for weights in zip(a.get_weights(), b.get_weights(), strict=True))
        for a, b in pairs
        if a.weights and a.weights[0].shape == b.weights[0].shape
    ]
    frozen = sum(bool(a.weights) for a, _ in pairs[:10])
    assert sum(type(a).__name__ == "BatchNormalization" for a, _ in pairs[:10]) > 1
    assert all(same[:frozen])
    assert not any(same[frozen:])


def test_what_is_kept_can_be_trained_as_a_whole_again(run: Path) -> None:
    assert all(layer.trainable for layer in load(run / runs.BEST_FILE).layers)


def test_a_frozen_batch_normalization_computes_as_it_will_on_the_device() -> None:
    import keras

    from training.freezing import freeze, unfreeze

    model = shipped()
    frozen = keras.Model(model.input, model.layers[3].output)  # up to the first batch normalization's ReLU
    assert any(isinstance(layer, keras.layers.BatchNormalization) for layer in frozen.layers)
    faces = np.random.default_rng(0).uniform(-5, 5, (8, 64, 64, 1)).astype(np.float32)
    statistics = [np.array(weight) for weight in model.layers[2].get_weights()]
    before = np.array(frozen(faces, training=False))
    freeze(model, 3, None)
    assert np.array_equal(frozen(faces, training=True), before)
    assert all(map(np.array_equal, model.layers[2].get_weights(), statistics))
    unfreeze(model)
    assert not np.allclose(frozen(faces, training=True), before)


def test_a_class_that_the_network_knew_keeps_its_output(run: Path) -> None:
    from edge.preprocessing import to_model_input

    face = to_model_input(draw_face(3, 1), 64, (-1, 1))
    before = shipped().predict(face, verbose=0)[0][[0, 1, 3, 4, 5, 6]]
    after = load(run / runs.START_FILE).predict(face, verbose=0)[0]
    assert after == pytest.approx(before / before.sum(), abs=1e-4)


def test_a_run_says_what_it_began_with(run: Path) -> None:
    config = json.loads((run / "config.json").read_text())
    assert config["classes"] == SIX.split(",")
    assert config["base"]["file"] == "mini_xception"
    assert len(config["base"]["classes"]) == 7
    assert (config["network"], config["freeze"], config["value_range"]) == ("mini_xception", 10, [-1, 1])
    data = json.loads((run / "data.json").read_text())
    assert data["left_out"] == {"Training": {"fear": 12}, "PublicTest": {"fear": 4}}
    assert data["faces"]["Training"]["sad"] == 12


def test_a_fine_tuning_goes_on_from_its_own_start(
    run: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    words = ["--classes", SIX, "--freeze", "10", "--resume"]
    out.mkdir()
    for name in (runs.CONFIG_FILE, runs.VERSIONS_FILE, runs.START_FILE):  # killed in its first epoch
        (out / name).write_bytes((run / name).read_bytes())
    assert finetune("mini_xception", small_fer, out, *words) == 0
    rows = [(folder / runs.HISTORY_FILE).read_text().splitlines()[1].split(",") for folder in (run, out)]
    assert float(rows[1][1]) == pytest.approx(float(rows[0][1]), rel=0.02)
    assert finetune(run, small_fer, out, *words) == 2
    assert "began with mini_xception, not" in capsys.readouterr().err


def test_freezing_ends_at_the_layer_of_a_name(small_fer: Path, tmp_path: Path) -> None:
    from training.freezing import freeze

    model = shipped()
    names = [layer.name for layer in model.layers]
    freeze(model, 0, names[6])
    assert [layer.trainable for layer in model.layers[1:9]] == [False] * 6 + [True] * 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--freeze-until", "nothing"], "--freeze-until names nothing, which is no layer; there are conv2d"),
        (["--freeze", "99"], "--freeze 99 leaves nothing to train; the network has 45 layers"),
    ],
)
def test_what_cannot_be_frozen_touches_no_folder(
    small_fer: Path, tmp_path: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetune("mini_xception", small_fer, tmp_path / "run", *words) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    import keras

    layers = keras.layers
    network = [layers.Input((24, 24, 1)), layers.Flatten(), layers.Dense(8), layers.BatchNormalization()]
    path = tmp_path / "foreign.h5"
    keras.Sequential([*network, layers.Dense(4, activation="softmax")], name="foreign").save(path)
    return path


def test_a_file_must_be_told_its_value_range_and_gets_a_new_head(
    foreign: Path, small_fer: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "run"
    assert finetune(foreign, small_fer, out) == 2
    assert not out.exists()
    with caplog.at_level("INFO", "training"):
        assert finetune(foreign, small_fer, out, "--value-range", "0", "1") == 0
    assert "a new head, dense" in caplog.text and "all of them begin anew" in caplog.text
    config = json.loads((out / "config.json").read_text())
    assert (config["input_size"], config["value_range"], config["network"]) == (24, [0, 1], "foreign")
    assert main(["evaluate", str(out), "--data", str(small_fer), "--json"]) == 0


def test_another_value_range_than_the_models_is_refused(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetune("mini_xception", small_fer, tmp_path / "run", "--value-range", "0", "1") == 2
    assert "was fitted with -1 1" in capsys.readouterr().err


def test_a_network_without_a_layer_for_its_classes_is_refused() -> None:
    import keras

    from edge.errors import ModelError
    from training.heads import with_head

    layers = keras.layers
    model = keras.Sequential([layers.Input((4, 4, 1)), layers.Conv2D(2, 1), layers.Flatten()], name="odd")
    with pytest.raises(ModelError, match="last layer with weights is conv2d.* expected a dense layer"):
        with_head(model, None, ("a", "b"))
