"""Networks that can be measured side by side, whatever file they come in."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import keras

from edge.emotion.bundle import Bundle, load_bundle
from edge.emotion.classifier import Classifier
from edge.errors import UsageError
from edge.preprocessing import to_model_input
from edge.records import Gray
from training.backend import quiet_streams
from training.contender import Contender
from training.freezing import leaves
from training.given import Given
from training.imports.contending import open_tflite
from training.metrics import Probabilities
from training.model_files import load_float_model
from training.networks import count_multiply_adds
from training.predictions import float_interpreter, float_probabilities, int8_probabilities
from training.sources import Source, find_bundle_of, find_source
from training.splits import Pictures


def open_contenders(model: str, given: Given) -> list[Contender]:
    """What can be measured of a model.

    Args:
        model: a RUN or a Keras file: float; a bundle: int8, and float where its source is there; a TFLite
            file: what it is.
        given: what the options say; it counts where the model does not say it.

    Raises:
        UsageError: the model does not say all that it must, or says otherwise.
        ModelError: it is missing, broken, or of another shape.
    """
    folder = find_bundle_of(model)
    if folder is None:
        return [_of_source(model, find_source(model, given))]
    bundle = load_bundle(folder)
    network = _load(bundle.source_path, bundle.card.classes) if bundle.source_path.is_file() else None
    found = [_of_bundle(model, bundle, network)]
    if network is not None:
        source = find_source(model, given)
        found.insert(0, _of_network(model, source, network, bundle.card.output.temperature))
    return found


def _of_source(name: str, source: Source) -> Contender:
    if source.is_tflite:
        return open_tflite(name, source)
    return _of_network(name, source, _load(source.model, source.classes), 1.0)


def _of_network(name: str, source: Source, network: keras.Model, temperature: float) -> Contender:
    def predict(pixels: Pictures) -> Probabilities:
        return float_probabilities(network, pixels, source.value_range, temperature)

    return Contender(
        name, "float", source.model, source.require_classes(), int(network.input_shape[1]),
        predict, lambda: _single(network, source), network.count_params(), _multiply_adds(network),
        source.home, "LiteRT",
    )  # fmt: skip


def _of_bundle(name: str, bundle: Bundle, network: keras.Model | None) -> Contender:
    return Contender(
        name, "int8", bundle.model_path, bundle.card.classes, bundle.card.input.side_px,
        lambda pixels: int8_probabilities(bundle, pixels),
        lambda: Classifier.open(bundle, threads=1).probabilities,
        network.count_params() if network else None,
        _multiply_adds(network) if network else None,
        bundle.folder, "the device's own code",
    )  # fmt: skip


def _single(network: keras.Model, source: Source) -> Callable[[Gray], object]:
    """A float network on one thread: by LiteRT, as a device would run it.

    Raises:
        UsageError: Keras computes with JAX, which writes no LiteRT file.
    """
    if keras.backend.backend() == "jax":
        raise UsageError("float networks are timed by LiteRT, which JAX cannot write; unset KERAS_BACKEND")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "float.tflite"
        with quiet_streams():
            network.export(path, format="litert", verbose=False)
        content = path.read_bytes()
    run = float_interpreter(content, threads=1)
    side_px, channels = int(network.input_shape[1]), int(network.input_shape[3])
    return lambda face: run(to_model_input(face, side_px, source.value_range, channels))


def _multiply_adds(network: keras.Model) -> int | None:
    """None where a network within the network is for pictures of any size, as in exports of 2019."""
    shapes = (layer.output.shape for layer in leaves(network))
    is_known = all(None not in shape[1:] for shape in shapes)
    return count_multiply_adds(network) if is_known else None


def _load(path: Path, classes: tuple[str, ...] | None) -> keras.Model:
    return load_float_model(path, len(classes) if classes else None)
