"""Keras files: one that may be anybody's is checked and executes nothing; one of ours is written whole."""

from pathlib import Path
from typing import Any

import keras

from edge.errors import ModelError
from edge.files import replacing
from training.freezing import unfreeze
from training.imports.keras_files import HDF5_SUFFIXES, KERAS_SUFFIX, load_keras

__all__ = ["HDF5_SUFFIXES", "KERAS_SUFFIX", "load_float_model", "save_model"]


def load_float_model(path: Path, classes: int | None = None) -> keras.Model:
    """Load a network: a square face of one or three channels in, probabilities out.

    Args:
        path: a `.keras`, `.h5` or `.hdf5` file.
        classes: how many outputs it must have; None: two or more.

    Raises:
        ModelError: it is missing, broken, of another shape, or holds what could run as a program.
    """
    model = load_keras(path)
    source, sink = model.input_shape, model.output_shape
    if not isinstance(source, tuple) or len(source) != 4 or source[1] != source[2] or source[3] not in (1, 3):
        raise ModelError(f"{path} takes {_shape(source)}; expected (side, side, 1 or 3), a square face")
    if source[1] is None:
        raise ModelError(f"{path} takes pictures of any size; expected a network for one size")
    if not isinstance(sink, tuple) or len(sink) != 2 or (sink[1] != classes if classes else sink[1] < 2):
        raise ModelError(f"{path} gives {_shape(sink)}; expected ({classes or 'number of classes'},)")
    return model


def save_model(model: keras.Model, path: Path) -> None:
    """Write a network with nothing frozen, as it would be built: without loss, optimizer and its state."""
    copy = type(model).from_config(model.get_config())
    copy.set_weights(model.get_weights())
    unfreeze(copy)
    with replacing(path) as temporary:
        copy.save(temporary)


def _shape(shape: Any) -> str:
    return str(shape[1:] if isinstance(shape, tuple) else f"{len(shape)} tensors")
