from pathlib import Path

import numpy as np
import pytest

from edge.errors import ModelError
from training.networks import NAMES

pytestmark = pytest.mark.tensorflow

#: Networks that ablations compare mien with, and that never ship: one form of each is enough.
VARIANTS = ("mien_narrow", "mien_wide", "mien_squeeze")
CASES = [
    (name, classes, side_px)
    for name in NAMES
    for classes, side_px in ((8, 64), (2, 50))
    if side_px == 64 or name not in VARIANTS
]


@pytest.fixture(scope="module")
def content(untrained: Path) -> bytes:
    from convert.quantize import quantize
    from training.predictions import load_float_model

    return quantize(load_float_model(untrained), examples())


def examples() -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (8, 64, 64, 1)).astype(np.float32)


def test_the_batch_is_fixed_and_input_and_output_are_int8(content: bytes, tmp_path: Path) -> None:
    from convert.graph import read_graph

    (tmp_path / "model.tflite").write_bytes(content)
    operations = read_graph(tmp_path / "model.tflite")
    source, sink = operations[0].inputs[0], operations[-1].outputs[0]
    assert (source.type, source.shape) == ("INT8", (1, 64, 64, 1))
    assert (sink.type, sink.shape) == ("INT8", (1, 7))


def test_scale_and_zero_point_are_the_tensors_own(content: bytes) -> None:
    from convert.quantize import quantization_of

    source, sink = quantization_of(content)
    assert source.scale == pytest.approx(2 / 255, rel=0.01)
    assert (sink.scale, sink.zero_point) == (1 / 256, -128)


def test_dense_layers_keep_one_scale_and_convolutions_one_for_each_filter(tmp_path: Path) -> None:
    import keras

    from convert.graph import read_graph
    from convert.quantize import quantize

    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((64, 64, 1)),
            layers.Conv2D(4, 3, strides=4),
            layers.Flatten(),
            layers.Dense(7, activation="softmax"),
        ]
    )
    (tmp_path / "model.tflite").write_bytes(quantize(model, examples()))
    scales = {
        operation.name: operation.inputs[1].scales
        for operation in read_graph(tmp_path / "model.tflite")
        if operation.name in ("CONV_2D", "FULLY_CONNECTED")
    }
    assert scales == {"CONV_2D": 4, "FULLY_CONNECTED": 1}


def test_a_model_that_keeps_floats_is_refused() -> None:
    import tensorflow as tf

    from convert.quantize import check_is_int8

    model = tf.keras.Sequential([tf.keras.layers.Input((4,)), tf.keras.layers.Dense(7)])
    content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    with pytest.raises(ModelError, match="FULLY_CONNECTED has the tensor .* of FLOAT32; expected INT8"):
        check_is_int8(content)


@pytest.mark.parametrize(("name", "classes", "side_px"), CASES)
def test_every_network_becomes_int8_as_a_whole_whatever_its_input_and_classes(
    name: str, classes: int, side_px: int
) -> None:
    from convert.edgetpu import find_problems
    from convert.graph import parse_graph
    from convert.quantize import quantize  # refuses a float that is left
    from training.backend import prepare_backend

    prepare_backend()
    from training.networks import build_network

    faces = np.random.default_rng(0).uniform(-1, 1, (4, side_px, side_px, 1)).astype(np.float32)
    operations = parse_graph(quantize(build_network(name, classes, side_px), faces), Path(name))
    tensors = [tensor for operation in operations for tensor in (*operation.inputs, *operation.outputs)]
    assert {tensor.type for tensor in tensors} <= {"INT8", "INT32"}
    assert operations[0].inputs[0].shape == (1, side_px, side_px, 1)
    assert operations[-1].outputs[0].shape == (1, classes)
    kinds = {operation.name for operation in operations}
    squeezing = {"LOGISTIC", "MUL"} if name == "mien_squeeze" else set()
    assert kinds <= squeezing | {
        "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "ADD", "MEAN", "FULLY_CONNECTED", "RESHAPE", "SOFTMAX",
    }  # fmt: skip
    assert find_problems(operations) == []  # nor does anything keep the Edge TPU from it
