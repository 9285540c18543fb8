import json
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest

from edge.errors import ModelError

pytestmark = pytest.mark.tensorflow


def make(outputs: int = 3, *, channels: int = 1, extra: Any = None) -> Any:
    from training.backend import prepare_backend

    prepare_backend()
    import keras

    layers = [keras.layers.Input((12, 12, channels)), keras.layers.Flatten(), *([extra] if extra else [])]
    return keras.Sequential([*layers, keras.layers.Dense(outputs, activation="softmax")], name="tiny")


def load(path: Path, classes: int | None = None) -> Any:
    from training.model_files import load_float_model

    return load_float_model(path, classes)


@pytest.mark.parametrize("suffix", [".keras", ".h5", ".hdf5"])
def test_each_kind_of_file_is_loaded(tmp_path: Path, suffix: str) -> None:
    make().save(tmp_path / f"tiny{suffix}")
    model = load(tmp_path / f"tiny{suffix}")
    assert (model.name, model.output_shape) == ("tiny", (None, 3))


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_lambda_layer_is_refused_and_not_run(tmp_path: Path, suffix: str) -> None:
    import keras

    trace = tmp_path / "trace"
    text = str(trace)
    make(extra=keras.layers.Lambda(lambda x: (open(text, "w").close(), x)[1])).save(tmp_path / f"evil{suffix}")
    trace.unlink(missing_ok=True)  # it ran when the model was built
    with pytest.raises(ModelError, match=r"holds a (Lambda|lambda) layer, which runs code of its own"):
        load(tmp_path / f"evil{suffix}")
    assert not trace.exists()


def rewrite(path: Path, change: Any) -> Path:
    """The same `.keras` file with another description of its layers."""
    other = path.with_name(f"other_{path.name}")
    with zipfile.ZipFile(path) as before, zipfile.ZipFile(other, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "config.json":
                content = json.dumps(change(json.loads(content))).encode()
            after.writestr(name, content)
    return other


def test_a_module_that_is_not_keras_is_refused(tmp_path: Path) -> None:
    make().save(tmp_path / "tiny.keras")

    def change(config: dict[str, Any]) -> dict[str, Any]:
        config["config"]["layers"][1] |= {"module": "os", "class_name": "system"}
        return config

    with pytest.raises(ModelError, match="holds system of os; expected layers of Keras alone"):
        load(rewrite(tmp_path / "tiny.keras", change))


def test_a_file_that_brings_more_than_keras_writes_is_refused(tmp_path: Path) -> None:
    make().save(tmp_path / "tiny.keras")
    with zipfile.ZipFile(tmp_path / "tiny.keras", "a") as parts:
        parts.writestr("data.pkl", pickle.dumps([1]))
    with pytest.raises(ModelError, match=r"holds data.pkl; expected config.json"):
        load(tmp_path / "tiny.keras")


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("exploded", "w")


@pytest.mark.parametrize("name", ["model.keras", "model.h5", "model.pkl"])
def test_a_pickle_by_any_name_is_refused_and_not_opened(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ModelError) as caught:
        load(Path(name))
    assert "\n" not in str(caught.value)
    assert not Path("exploded").exists()


def test_weights_without_layers_are_refused(tmp_path: Path) -> None:
    make().save(tmp_path / "tiny.h5")
    with h5py.File(tmp_path / "tiny.h5", "a") as file:
        del file.attrs["model_config"]
    with pytest.raises(ModelError, match="holds weights without layers"):
        load(tmp_path / "tiny.h5")


def test_a_file_that_is_cut_off_is_one_clear_line(tmp_path: Path) -> None:
    for suffix in (".keras", ".h5"):
        make().save(tmp_path / f"tiny{suffix}")
        whole = (tmp_path / f"tiny{suffix}").read_bytes()
        (tmp_path / f"cut{suffix}").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ModelError, match="is not a Keras model that can be loaded") as caught:
            load(tmp_path / f"cut{suffix}")
        assert "\n" not in str(caught.value)


def test_another_shape_is_refused(tmp_path: Path) -> None:
    make(channels=2).save(tmp_path / "two.keras")
    make(outputs=3).save(tmp_path / "three.keras")
    with pytest.raises(ModelError, match=r"takes \(12, 12, 2\); expected \(side, side, 1 or 3\)"):
        load(tmp_path / "two.keras")
    with pytest.raises(ModelError, match=r"gives \(3,\); expected \(7,\)"):
        load(tmp_path / "three.keras", 7)


def test_a_file_of_a_run_or_a_bundle_says_what_it_is_by_what_stands_beside_it(tmp_path: Path) -> None:
    from edge.labels import EMOTIONS
    from edge.resources import resource_folder
    from training.sources import find_source

    shutil.copytree(resource_folder("models") / "mini_xception", tmp_path / "bundle")
    for name in (tmp_path / "bundle", tmp_path / "bundle/source.keras", "mini_xception"):
        source = find_source(str(name))
        assert (source.network, source.value_range, source.classes) == ("mini_xception", (-1, 1), EMOTIONS)


def test_a_network_is_kept_without_what_it_was_fitted_with(tmp_path: Path) -> None:
    import keras

    from training.model_files import save_model

    class OurOwn(keras.losses.Loss):
        def call(self, y_true: Any, y_pred: Any) -> Any:
            return y_pred - y_true

    model = make()
    model.compile("adam", OurOwn())
    model.layers[-1].trainable = False
    save_model(model, tmp_path / "kept.keras")
    kept = load(tmp_path / "kept.keras")
    assert not kept.compiled and kept.layers[-1].trainable
    for ours, theirs in zip(kept.get_weights(), model.get_weights(), strict=True):
        assert (ours == theirs).all()
