"""The runtime for TFLite models: LiteRT, or tflite-runtime, its former name, where only that is installed."""

import importlib
import importlib.metadata
from types import ModuleType

from edge.errors import ModelError

_PACKAGES = ("ai_edge_litert", "tflite_runtime")


def import_runtime() -> ModuleType:
    """Import the module that has `Interpreter`; late, for it is heavy.

    Raises:
        ModelError: no runtime is installed.
    """
    for package in _PACKAGES:
        try:
            return importlib.import_module(f"{package}.interpreter")
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] != package:
                raise
    raise ModelError("no runtime for TFLite models is installed; try: pip install ai-edge-litert")


def name_with_version(module: ModuleType) -> str:
    """The distribution that a module is of, such as "ai-edge-litert 2.3.0"."""
    distribution = module.__name__.partition(".")[0].replace("_", "-")
    try:
        return f"{distribution} {importlib.metadata.version(distribution)}"
    except importlib.metadata.PackageNotFoundError:
        return f"{distribution} of unknown version"
