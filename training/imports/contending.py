"""A TFLite file as it is: float by LiteRT, eight bits by the device's own code."""

import os
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import Card, InputSpec, OutputSpec, Quantization
from edge.emotion.classifier import Classifier
from edge.errors import ModelError
from edge.preprocessing import to_model_input
from edge.records import Gray
from training.contender import Contender
from training.imports.tflite_files import Tensor, TfliteFile, read_tflite
from training.metrics import Probabilities
from training.predictions import as_probabilities, float_interpreter
from training.sources import Source
from training.splits import Pictures


def open_tflite(name: str, source: Source) -> Contender:
    """What can be measured of a TFLite file.

    Raises:
        ModelError: LiteRT cannot run it.
    """
    found = read_tflite(source.model)
    return _float(name, source, found) if found.is_float else _eight_bits(name, source, found)


def card_of_tflite(name: str, source: Source, found: TfliteFile) -> Card:
    """The card of a quantized file, with what its tensors say and nothing of how good it is."""
    return Card(
        name=name,
        network=source.network,
        input=InputSpec(
            side_px=found.input.shape[1],
            channels=3 if found.input.shape[3] == 3 else 1,
            value_range=source.value_range,
            quantization=_quantization(found.input),
        ),
        output=OutputSpec(quantization=_quantization(found.output)),
        classes=source.require_classes(),
        training=source.record,
        metrics={},
        licence=source.licence or {},
        not_for=(),
        command="",
        sha256={},
    )


def _quantization(tensor: Tensor) -> Quantization:
    return Quantization(
        scale=tensor.scale, zero_point=tensor.zero_point, type="uint8" if tensor.type == "uint8" else "int8"
    )


def _eight_bits(name: str, source: Source, found: TfliteFile) -> Contender:
    card = card_of_tflite(name, source, found)
    classifier = Classifier.open_file(source.model, card, threads=os.cpu_count() or 1)
    return Contender(
        name, "int8", source.model, card.classes, card.input.side_px,
        lambda pixels: np.stack([classifier.probabilities(face) for face in pixels]),
        lambda: Classifier.open_file(source.model, card, threads=1).probabilities,
        found.parameters, found.multiply_adds, None, "the device's own code",
    )  # fmt: skip


def _float(name: str, source: Source, found: TfliteFile) -> Contender:
    side_px, channels = found.input.shape[1], found.input.shape[3]
    score = _scorer(source, side_px, channels, os.cpu_count() or 1)

    def predict(pixels: Pictures) -> Probabilities:
        return as_probabilities(np.stack([score(face) for face in pixels]), 1.0, source.model.name)

    return Contender(
        name, "float", source.model, source.require_classes(), side_px,
        predict, lambda: _scorer(source, side_px, channels, 1),
        found.parameters, found.multiply_adds, None, "LiteRT",
    )  # fmt: skip


def _scorer(source: Source, side_px: int, channels: int, threads: int) -> Callable[[Gray], NDArray[np.float32]]:
    try:
        run = float_interpreter(source.model.read_bytes(), threads)
    except (ValueError, RuntimeError) as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0][:120]
        raise ModelError(f"{source.model} is not a TFLite model that can be run: {reason}") from None
    return lambda face: run(to_model_input(face, side_px, source.value_range, channels))
