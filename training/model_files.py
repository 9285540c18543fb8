"""Keras files: one that may be anybody's is checked and executes nothing; one of ours is written whole."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from edge.errors import ModelError
from edge.files import replacing
from training.freezing import unfreeze

#: Keras's own format, and HDF5, in which files were written until 2023.
KERAS_SUFFIX = ".keras"
HDF5_SUFFIXES = (".h5", ".hdf5")
_PARTS = ("config.json", "metadata.json", "model.weights.h5")


def load_float_model(path: Path, classes: int | None = None) -> keras.Model:
    """Load a network: a square grey face in, probabilities out.

    Args:
        path: a `.keras`, `.h5` or `.hdf5` file.
        classes: how many outputs it must have; None: two or more.

    Raises:
        ModelError: it is missing, broken, of another shape, or holds what could run as a program.
    """
    model = _load(path)
    source, sink = model.input_shape, model.output_shape
    if not isinstance(source, tuple) or len(source) != 4 or source[1] != source[2] or source[3] != 1:
        raise ModelError(f"{path} takes {_shape(source)}; expected (side, side, 1), a square grey face")
    if not isinstance(sink, tuple) or len(sink) != 2 or (sink[1] != classes if classes else sink[1] < 2):
        raise ModelError(f"{path} gives {_shape(sink)}; expected ({classes or 'number of classes'},)")
    return model


def save_model(model: keras.Model, path: Path) -> None:
    """Write a network without the optimizer's state and with nothing frozen, as it would be built."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    unfreeze(copy)
    with replacing(path) as temporary:
        copy.save(temporary)


def _load(path: Path) -> keras.Model:
    if not path.is_file():
        raise ModelError(f"{path} is missing; expected a Keras model")
    try:
        refuse_programs(_config_of(path), path)
        return keras.saving.load_model(path, compile=False)
    except ModelError:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0][:120]
        raise ModelError(f"{path} is not a Keras model that can be loaded: {reason}") from None


def _config_of(path: Path) -> Any:
    """The description of the layers, which says what loading would make, without making it."""
    suffix = path.suffix.lower()
    if suffix == KERAS_SUFFIX:
        with zipfile.ZipFile(path) as parts:
            if strange := sorted(set(parts.namelist()) - set(_PARTS)):
                raise ModelError(f"{path} holds {strange[0][:60]}; expected {', '.join(_PARTS)} and no more")
            return json.loads(parts.read("config.json"))
    if suffix in HDF5_SUFFIXES:
        with h5py.File(path) as file:
            if "model_config" not in file.attrs:
                raise ModelError(f"{path} holds weights without layers; expected a whole model")
            return json.loads(file.attrs["model_config"])
    raise ModelError(f"{path} ends in {suffix or 'nothing'}; expected {KERAS_SUFFIX}, .h5 or .hdf5")


def refuse_programs(config: Any, path: Path) -> None:
    """Refuse what Keras could run while it loads or uses a model: Lambda layers, pickled code, foreign modules.

    Keras's own safe mode stands behind this; it did not always hold for HDF5 files (CVE-2025-9905).
    """
    for part in _dictionaries(config):
        name, module = part.get("class_name"), part.get("module")
        if name in ("Lambda", "__lambda__", "TorchModuleWrapper") or part.get("function_type") == "lambda":
            raise ModelError(
                f"{path} holds a {str(name).strip('_')} layer, which runs code of its own; expected layers of "
                "Keras alone: build the network again without it"
            )
        if isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins"):
            raise ModelError(f"{path} holds {name} of {module[:60]}; expected layers of Keras alone")


def _dictionaries(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        yield config
        for value in config.values():
            yield from _dictionaries(value)
    elif isinstance(config, list):
        for value in config:
            yield from _dictionaries(value)


def _shape(shape: Any) -> str:
    return str(shape[1:] if isinstance(shape, tuple) else f"{len(shape)} tensors")
