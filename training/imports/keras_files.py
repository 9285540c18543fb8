"""Reading a Keras file of unknown origin: the description first, then what it would make, then its weights.

A file may lie: a short one can unpack to more than the memory holds, or describe a layer of a billion weights.
So nothing is made before it is known how large it is, and that the file has the weights for it.
"""

import copy
import json
import math
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras
from keras.src.backend.common import global_state  # no public name; see _sizes
from keras.src.legacy.saving import saving_options, saving_utils  # likewise; see _make

from edge.errors import ModelError
from training.imports.old_configs import modernized
from training.imports.programs import refuse_programs

KERAS_SUFFIX = ".keras"
HDF5_SUFFIXES = (".h5", ".hdf5")

_CONFIG, _METADATA, _WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
_PARTS = (_CONFIG, _METADATA, _WEIGHTS)
#: Larger than any description that Keras writes.
_MAX_CONFIG_BYTES = 64 << 20
#: A file may unpack to so many times its size, or to so many bytes where that is more. Weights hardly shrink.
_MAX_UNPACKING, _SMALL_BYTES = 8, 32 << 20
#: Variables that no file holds, such as the seeds of dropout.
_UNSAVED_VALUES = 10_000
#: The largest output of a layer for one picture: 1 GB as float.
_MAX_OUTPUT_VALUES = 1 << 28


@dataclass(frozen=True, slots=True)
class _Description:
    """What a file says of itself.

    Attributes:
        config: of the model.
        is_hdf5: the whole file is one of HDF5, as Keras wrote until 2023.
    """

    config: Any
    is_hdf5: bool


def load_keras(path: Path) -> keras.Model:
    """Make the network of a file. Nothing in it runs as a program.

    Raises:
        ModelError: it is missing, broken, too large for itself, or holds what could run.
    """
    if not path.is_file():
        raise ModelError(f"{path} is missing; expected a Keras model")
    try:
        found = _describe(path)
        refuse_programs(found.config, path)
        with _weights_file(path, found.is_hdf5) as weights:
            held = _count_values(weights, path)
            _check_sizes(found, held, path)
            model = _make(found)
            model.load_weights(weights)
        return model
    except ModelError:
        raise
    except (MemoryError, RecursionError):
        raise ModelError(f"{path} is not a Keras model that can be loaded: it is nested too deep") from None
    except (
        OSError, ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RuntimeError,
        zipfile.BadZipFile, NotImplementedError,
    ) as error:  # fmt: skip
        reason = (str(error).strip().splitlines() or ["no reason given"])[0][:120]
        raise ModelError(f"{path} is not a Keras model that can be loaded: {reason}") from None


def _describe(path: Path) -> _Description:
    suffix = path.suffix.lower()
    if suffix == KERAS_SUFFIX:
        with zipfile.ZipFile(path) as parts:
            if strange := sorted(set(parts.namelist()) - set(_PARTS)):
                raise ModelError(f"{path} holds {strange[0][:60]}; expected {', '.join(_PARTS)} and no more")
            _check_unpacked(parts, path)
            config = json.loads(parts.read(_CONFIG))
            if isinstance(config, dict):
                config.pop("compile_config", None)  # how it was fitted is of no concern, and is not made
        return _Description(modernized(config, is_keras_2=False), is_hdf5=False)
    if suffix in HDF5_SUFFIXES:
        with h5py.File(path) as file:
            if "model_config" not in file.attrs:
                raise ModelError(f"{path} holds weights without layers; expected a whole model")
            config = json.loads(file.attrs["model_config"])
            version = file.attrs.get("keras_version", "1")
        text = version.decode() if isinstance(version, bytes) else str(version)
        return _Description(modernized(config, is_keras_2=not text.startswith("3")), is_hdf5=True)
    raise ModelError(f"{path} ends in {suffix or 'nothing'}; expected {KERAS_SUFFIX}, .h5 or .hdf5")


def _check_unpacked(parts: zipfile.ZipFile, path: Path) -> None:
    """Refuse a zip that unpacks to far more than it is; zipfile itself gives no more than is declared."""
    limit = max(_SMALL_BYTES, _MAX_UNPACKING * path.stat().st_size)
    for part in parts.infolist():
        if part.file_size > (_MAX_CONFIG_BYTES if part.filename != _WEIGHTS else limit):
            raise ModelError(
                f"{path} holds a {part.filename} of {part.file_size >> 20:,} MB in {part.compress_size:,} "
                "bytes; such a file is made to fill memories"
            )


@contextmanager
def _weights_file(path: Path, is_hdf5: bool) -> Iterator[Path]:
    if is_hdf5:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as parts:
        yield Path(parts.extract(_WEIGHTS, folder))  # the name is ours, not the file's


def _count_values(weights: Path, path: Path) -> int:
    """How many numbers the file really holds.

    Raises:
        ModelError: it points to other files, or declares far more than its size.
    """
    limit = max(_SMALL_BYTES, _MAX_UNPACKING * weights.stat().st_size)
    total_values = total_bytes = 0
    with h5py.File(weights) as file:
        for dataset in _datasets(file, path):
            total_values += dataset.size
            total_bytes += dataset.nbytes
            if total_bytes > limit:
                raise ModelError(
                    f"{path} declares weights of {total_bytes >> 20:,} MB in a file of "
                    f"{weights.stat().st_size >> 20:,} MB; it is damaged, or made to fill memories"
                )
    return total_values


def _datasets(group: h5py.Group, path: Path) -> Iterator[h5py.Dataset]:
    waiting = [group]
    while waiting:
        here = waiting.pop()
        for name in here:
            link = here.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise ModelError(f"{path} holds a link, {name[:60]}; expected weights alone")
            part = here[name]
            if isinstance(part, h5py.Group):
                waiting.append(part)
            elif part.external or part.is_virtual:
                raise ModelError(f"{path} keeps {name[:60]} in another file; expected weights alone")
            else:
                yield part


def _check_sizes(found: _Description, held: int, path: Path) -> None:
    """Refuse a model that would be larger than what its file has weights for, before it is made."""
    with keras.StatelessScope(initialize_variables=False):  # variables get a shape and no memory
        model = _make(found)
    # Keras would make up for it at the next such scope, and has no public way to leave it out.
    global_state.set_global_attribute("uninitialized_variables", [])
    if not isinstance(model, keras.Model):
        raise ModelError(f"{path} describes a {type(model).__name__}; expected a whole model")
    described = sum(math.prod(variable.shape) for variable in model.variables)
    if described > held + _UNSAVED_VALUES:
        raise ModelError(f"{path} describes {described:,} weights and holds {held:,}; it is damaged")
    for layer in _leaves(model):
        for shape in _output_shapes(layer):
            if math.prod(size or 1 for size in shape) > _MAX_OUTPUT_VALUES:
                raise ModelError(f"{path}: {layer.name} gives {shape[1:]} for one picture; that fills memories")


def _leaves(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        yield from _leaves(layer) if isinstance(layer, keras.Model) else (layer,)


def _output_shapes(layer: keras.layers.Layer) -> list[tuple[int | None, ...]]:
    return [tuple(tensor.shape) for tensor in keras.tree.flatten(layer.output)]


def _make(found: _Description) -> keras.Model:
    """Make the layers; their weights are those of a new network."""
    config = copy.deepcopy(found.config)  # Keras takes it apart
    if not found.is_hdf5:
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    with saving_options.keras_option_scope(use_legacy_config=True), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that people should not write what Keras 2 wrote
        return saving_utils.model_from_config(config, custom_objects={})
