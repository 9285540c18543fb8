"""What a file of unknown origin is: as we know it by its sha256 or its maker, or as the options say."""

import logging
from pathlib import Path
from typing import Any

import keras

from edge.emotion.bundle import sha256_of
from edge.errors import ModelError, UsageError
from training.given import Colour, Given, Range
from training.imports import teachable
from training.imports.archives import Export, beside, is_export, open_export
from training.imports.published import PUBLISHED, Published
from training.imports.tflite_files import TfliteFile, read_tflite
from training.model_files import load_float_model
from training.sources import TFLITE_SUFFIX, Source

logger = logging.getLogger(__name__)

#: A quantized input may miss the ends of the value range by so many of its steps.
_MISSED_STEPS = 2


def source_of_import(path: Path, given: Given) -> Source:
    """A Keras or TFLite file, or an export of Teachable Machine as a zip or a folder.

    Raises:
        UsageError: it does not say what it must, or says otherwise than the options.
        ModelError: it is missing, broken or unsafe.
    """
    export = open_export(path) if is_export(path) else beside(path)
    if export.model.suffix.lower() == TFLITE_SUFFIX:
        return _of_tflite(export, given)
    if export.model.is_file() and (known := PUBLISHED.get(sha256_of(export.model))):
        return _of_published(export.model, known, given)
    return _of_keras(export, given)


def _of_published(path: Path, known: Published, given: Given) -> Source:
    for what, said, right in (
        ("--value-range", given.value_range, known.value_range),
        ("--classes", given.classes, known.classes),
    ):
        if said is not None and said != right:
            raise UsageError(
                f"{what} is {_words(said)}; {path} is {known.name} by its sha256, and that has {_words(right)}"
            )
    logger.info("%s is the published %s, by its sha256", path.name, known.name)
    record = {"fit": "not known", "data": known.data, "labels": known.labels, "published": known.name}
    licence = {"data": "see FER2013", "weights": known.licence}
    return Source(path, known.network, known.value_range, known.classes, record, licence=licence)


def _of_keras(export: Export, given: Given) -> Source:
    model: keras.Model = load_float_model(export.model)
    is_teachable = teachable.made(model)
    _tell(export.model, is_teachable)
    name = teachable.NAME if is_teachable else model.name
    value_range = given.value_range or (teachable.VALUE_RANGE if is_teachable else None)
    if value_range is None:
        raise _no_range(export.model)
    classes = _classes(export, given, model.output_shape[1])
    record = _record(export, given, model.input_shape[3], is_teachable)
    return Source(export.model, name, value_range, classes, record, licence=_licence(is_teachable))


def _of_tflite(export: Export, given: Given) -> Source:
    found = read_tflite(export.model)
    classes = _classes(export, given, found.output.shape[1])
    if found.is_compiled:
        raise _compiled(export.model, found.output.shape[1], classes)
    is_teachable = teachable.made_tflite(found.input.name, found.input.shape, found.operations)
    _tell(export.model, is_teachable)
    value_range = _range_of_tflite(export.model, found, given, is_teachable)
    record = _record(export, given, found.input.shape[3], is_teachable)
    name = teachable.NAME if is_teachable else export.model.stem
    return Source(export.model, name, value_range, classes, record, licence=_licence(is_teachable))


def _range_of_tflite(path: Path, found: TfliteFile, given: Given, is_teachable: bool) -> Range:
    """The value range, where the input can hold it.

    Exports of Teachable Machine from before 2021 were quantized for [0, 1] although the network wants [-1, 1].
    """
    value_range = given.value_range or (teachable.VALUE_RANGE if is_teachable else None)
    bounds = None if found.is_float else found.input.bounds
    if value_range is None:
        raise _no_range(path, bounds)
    if bounds is not None:
        missed = max(bounds[0] - value_range[0], value_range[1] - bounds[1])
        if missed > _MISSED_STEPS * found.input.scale:
            raise UsageError(
                f"{path} holds {_words(bounds)} in its input, and {_words(value_range)} does not fit in; "
                "export or quantize it again, or take it as it is: "
                f"--value-range {bounds[0]:.3g} {bounds[1]:.3g}"
            )
    return value_range


def _classes(export: Export, given: Given, outputs: int) -> tuple[str, ...] | None:
    classes = given.classes or export.classes
    if classes and len(classes) != outputs:
        where = "--classes" if given.classes else "its labels.txt"
        raise UsageError(
            f"{where} names {len(classes)}; {export.model} tells {outputs} apart, and their order is needed"
        )
    return classes


def _record(export: Export, given: Given, channels: int, is_teachable: bool) -> dict[str, Any]:
    """For the card.

    Raises:
        UsageError: a network of three channels does not say what it was fitted to.
    """
    data = "not known to this program; the figures are of pictures that it was perhaps not fitted to"
    record: dict[str, Any] = {"fit": "not known", "data": data, "file": export.model.name}
    if is_teachable:
        record["maker"] = "Teachable Machine"
    colour: Colour | None = given.colour or (teachable.COLOUR if is_teachable else None)
    if channels == 3:
        if colour is None:
            raise UsageError(
                f"{export.model} takes three channels and does not say what pictures it was fitted to; give it "
                "by --colour gray (or rgb, or bgr)"
            )
        word = "grey" if colour == "gray" else "colour"
        record["colour"] = f"fitted to {word} pictures of three channels; gets the grey face in all three"
    elif given.colour not in (None, "gray"):
        raise UsageError(f"--colour is {given.colour}; {export.model} takes one channel, which is grey")
    return record


def _compiled(path: Path, outputs: int, classes: tuple[str, ...] | None) -> ModelError:
    labels = f"its {outputs} classes fit its labels" if classes else f"it tells {outputs} classes apart"
    return ModelError(
        f"{path} is compiled for the Edge TPU ({labels}): no CPU can run it, so nothing here can say how good "
        "it is; give what it was compiled from (Teachable Machine: Tensorflow Lite, Quantized)"
    )


def _licence(is_teachable: bool) -> dict[str, str]:
    weights = "made by somebody else; ask them"
    if is_teachable:
        weights = "on MobileNetV2 as Teachable Machine has it (Apache 2.0, Google), fitted by whoever made it"
    return {"data": "not known to this program: ask who made the network", "weights": weights}


def _tell(path: Path, is_teachable: bool) -> None:
    if is_teachable:
        logger.info("%s is an export of Teachable Machine: 224x224x3 in -1 to 1, by its layers", path.name)


def _no_range(path: Path, bounds: Range | None = None) -> UsageError:
    holds = f"; its input can hold {_words(bounds)}" if bounds else ""
    return UsageError(
        f"{path} does not say its value range{holds}; give what 0 and 255 become in its input, such as "
        "--value-range -1 1 (or 0 1)"
    )


def _words(values: tuple[Any, ...]) -> str:
    if all(isinstance(value, float | int) for value in values):
        return " to ".join(f"{value:.3g}" for value in values)
    return ", ".join(map(str, values))
