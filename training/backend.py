"""Chooses what Keras computes with, and imports it quietly. It must run before anything imports keras."""

import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.errors import MissingExtraError

#: In the order of preference: the quickest on a CPU first.
_BACKENDS = ("tensorflow", "jax", "torch")


def prepare_backend(before_first: Callable[[], None] = lambda: None) -> str:
    """Choose a backend and import Keras.

    What the user has set already is left alone.

    Args:
        before_first: runs when Keras is there and nothing has been computed yet.

    Returns:
        The name of the backend that Keras uses.

    Raises:
        MissingExtraError: Keras, or every backend that it could use, is not installed.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # 2: errors only
    if not _is_installed("keras"):
        raise MissingExtraError("training", "keras")
    os.environ.setdefault("KERAS_BACKEND", _first_installed())
    with quiet_streams():
        keras = importlib.import_module("keras")
        before_first()
        keras.ops.zeros(1)  # makes TensorFlow look for its devices, which it tells at length
    return str(keras.backend.backend())


def _first_installed() -> str:
    for name in _BACKENDS:
        if _is_installed(name):
            return name
    raise MissingExtraError("convert", "a backend of Keras (tensorflow, jax or torch)")


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):  # ValueError: a stand-in without a spec sits in sys.modules
        return False


@contextmanager
def quiet_streams() -> Iterator[None]:
    """Hold back what C++ libraries write to stdout and stderr, which no log level stops.

    It is shown, on stderr, if the block fails.
    """
    _flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    with tempfile.TemporaryFile() as held:
        for number in kept:
            os.dup2(held.fileno(), number)
        try:
            yield
        except BaseException:
            _flush()
            held.seek(0)
            os.write(kept[2], held.read())
            raise
        finally:
            _flush()
            for number, copy in kept.items():
                os.dup2(copy, number)
                os.close(copy)


def _flush() -> None:
    sys.stdout.flush()
    sys.stderr.flush()
