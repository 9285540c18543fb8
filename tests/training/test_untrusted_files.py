"""A Keras file made to do harm: it runs nothing, fills no memory, and is told in one line."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from edge.errors import ModelError
from training.imports.old_configs import modernized

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    from training.backend import prepare_backend

    prepare_backend()
    import keras

    layers = keras.layers
    network = [layers.Input((12, 12, 1)), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(3, "softmax")]
    path = tmp_path / "honest.keras"
    keras.Sequential(network, name="honest").save(path)
    return path


def refusal(path: Path) -> str:
    from training.model_files import load_float_model

    with pytest.raises(ModelError) as caught:
        load_float_model(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def with_config(path: Path, change: Callable[[Any], Any]) -> Path:
    """The same file with another description."""
    return rewritten(path, "config.json", lambda content: json.dumps(change(json.loads(content))).encode())


def rewritten(path: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    other = path.with_name("crafted.keras")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            content = before.read(part)
            after.writestr(part, change(content) if part == name else content)
    return other


def layer(config: Any, index: int) -> Any:
    return config["config"]["layers"][index]


@pytest.mark.parametrize("units", [10**12, 10**8])
def test_a_layer_that_would_fill_the_memory_is_never_made(honest: Path, units: int) -> None:
    def grow(config: Any) -> Any:
        layer(config, 1)["config"]["filters"] = units
        layer(config, 1).pop("build_config", None)
        layer(config, 3).pop("build_config", None)
        return config

    line = refusal(with_config(honest, grow))
    assert "describes " in line and " weights and holds 1,2" in line


def test_a_layer_whose_output_would_fill_the_memory_is_never_made(honest: Path) -> None:
    def grow(config: Any) -> Any:
        padding = {"class_name": "ZeroPadding2D", "config": {"padding": [[0, 10**6], [0, 10**6]]}}
        pooling = {"class_name": "GlobalMaxPooling2D", "config": {}}
        for extra in (padding, pooling):
            extra |= {"module": "keras.layers", "registered_name": None}
        config["config"]["layers"][2:3] = [padding, pooling]
        layer(config, 4).pop("build_config", None)
        return config

    assert "for one picture; that fills memories" in refusal(with_config(honest, grow))


def test_a_zip_that_unpacks_to_far_more_than_it_is_is_refused(honest: Path) -> None:
    bomb = rewritten(honest, "model.weights.h5", lambda _: bytes(100 << 20))
    assert bomb.stat().st_size < 1 << 20
    assert "holds a model.weights.h5 of 100 MB" in refusal(bomb)
    bomb = rewritten(honest, "config.json", lambda content: content + b" " * (65 << 20))
    assert "holds a config.json of 65 MB" in refusal(bomb)


def test_weights_that_are_declared_and_not_there_are_refused(honest: Path, tmp_path: Path) -> None:
    path = tmp_path / "declared.h5"
    import keras

    keras.saving.load_model(honest).save(path)
    with h5py.File(path, "r+") as file:
        file["model_weights"].create_dataset("empty", (10**6, 10**6), np.float32, chunks=(1000, 1000))
    assert "declares weights of 3,814,697 MB in a file of 0 MB" in refusal(path)


def test_links_to_other_files_are_refused(honest: Path, tmp_path: Path) -> None:
    import keras

    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["weights"] = np.zeros(3)
    for name, link in (
        ("external", h5py.ExternalLink(str(secret), "weights")),
        ("soft", h5py.SoftLink("/model_weights")),
    ):
        path = tmp_path / f"{name}.h5"
        keras.saving.load_model(honest).save(path)
        with h5py.File(path, "r+") as file:
            file["model_weights/more"] = link
        assert "holds a link, more; expected weights alone" in refusal(path)
    path = tmp_path / "raw.h5"
    keras.saving.load_model(honest).save(path)
    with h5py.File(path, "r+") as file:
        outside = [(str(secret), 0, 8)]
        file["model_weights"].create_dataset("raw", (1,), np.float64, external=outside)
    assert "keeps raw in another file" in refusal(path)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("TextVectorization", "keras.layers"),
        ("TFSMLayer", "keras.layers"),
        ("JaxLayer", "keras.layers"),
        ("get_file", "keras.utils"),
        ("run_path", "builtins"),
    ],
)
def test_what_reads_files_or_runs_code_by_another_name_is_refused(honest: Path, name: str, module: str) -> None:
    def swap(config: Any) -> Any:
        layer(config, 2).update(class_name=name, module=module, config={"filepath": "/etc/passwd"})
        return config

    assert f"holds {name}, which is none of the layers" in refusal(with_config(honest, swap))


def test_a_function_that_is_no_activation_is_refused(honest: Path) -> None:
    def swap(config: Any) -> Any:
        call = {
            "class_name": "function",
            "config": "get_file",
            "module": "keras.utils",
            "registered_name": "get_file",
        }
        layer(config, 3)["config"]["activation"] = call
        return config

    assert "holds function, which is none of the layers" in refusal(with_config(honest, swap))


def test_a_description_that_is_nested_without_end_is_one_clear_line(honest: Path) -> None:
    deep = rewritten(honest, "config.json", lambda _: b"[" * 100_000 + b"]" * 100_000)
    assert "is not a Keras model that can be loaded" in refusal(deep)


@pytest.mark.parametrize("content", [b"[]", b"3", b"{}", b'{"class_name": "Dense", "config": {"units": 3}}'])
def test_a_description_of_something_else_is_one_clear_line(honest: Path, content: bytes) -> None:
    assert "crafted.keras" in refusal(rewritten(honest, "config.json", lambda _: content))


def test_groups_that_mean_something_are_not_dropped() -> None:
    """Keras 3 then says that it has no such thing, which is right."""
    depthwise = {
        "class_name": "DepthwiseConv2D",
        "config": {"groups": 1, "kernel_regularizer": None, "strides": 2},
    }
    assert modernized(depthwise, is_keras_2=True)["config"] == {"strides": 2}
    assert modernized(depthwise, is_keras_2=False)["config"] == {"strides": 2}
    depthwise["config"]["groups"] = 2
    assert modernized(depthwise, is_keras_2=True)["config"] == {"groups": 2, "strides": 2}


def test_what_the_first_layer_of_keras_2_takes_is_said_by_a_layer_of_its_own() -> None:
    dense = {"class_name": "Dense", "config": {"name": "dense", "units": 3, "batch_input_shape": [None, 9]}}
    config = {"class_name": "Sequential", "config": {"name": "head", "layers": [dense]}}
    first, second = modernized(config, is_keras_2=True)["config"]["layers"]
    assert (first["class_name"], first["config"]["batch_input_shape"]) == ("InputLayer", [None, 9])
    assert second["config"] == {"name": "dense", "units": 3}
    assert modernized(config, is_keras_2=False) == config
