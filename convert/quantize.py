"""From a Keras model to an int8 TFLite model without a float left in it."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from convert.graph import parse_graph
from edge.emotion.bundle import Quantization
from edge.errors import ModelError
from training.backend import quiet_streams

_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")


def quantize(model: Any, calibration: NDArray[np.float32]) -> bytes:
    """Convert to int8 in and out, batch of 1.

    Args:
        model: keras.Model, (side, side, 1) to probabilities.
        calibration: (n, side, side, 1), in the model's value range.

    Returns:
        The content of a `.tflite` file.

    Raises:
        ModelError: an operation or a tensor stayed float, or is quantized in another way than it should.
    """
    converter = tf.lite.TFLiteConverter.from_keras_model(with_fixed_batch(model))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([face[np.newaxis]] for face in calibration)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    # TensorFlow 2.21 would give dense layers a scale per channel, which raises FULLY_CONNECTED's version:
    # older runtimes and the Edge TPU's compiler refuse it or compute it wrongly.
    converter._experimental_disable_per_channel_quantization_for_dense_layers = True
    with quiet_streams(), warnings.catch_warnings():
        # "Statistics for quantized inputs were expected": only for calibration by hand, not by examples
        warnings.simplefilter("ignore", UserWarning)
        content = bytes(converter.convert())
    check_is_int8(content)
    return content


def with_fixed_batch(model: Any) -> Any:
    """The same network for batches of 1: the Edge TPU's compiler takes no size that is open."""
    face = tf.keras.Input(batch_shape=(1, *model.input_shape[1:]), name="face")
    return tf.keras.Model(face, model(face, training=False))


def check_is_int8(content: bytes) -> None:
    """Refuse a model with a float, with a convolution per tensor or with a dense layer per channel."""
    for operation in parse_graph(content, Path("the converted model")):
        for tensor in (*operation.inputs, *operation.outputs):
            if tensor.type not in ("INT8", "INT32"):
                raise ModelError(
                    f"{operation.name} has the tensor {tensor.name} of {tensor.type}; expected INT8 or INT32: "
                    "the network holds an operation that int8 has no kernel for"
                )
        if operation.name in ("FULLY_CONNECTED", *_CONVOLUTIONS):
            _check_scales(operation.name, operation.inputs[1])


def _check_scales(operation: str, weights: Any) -> None:
    # the filters stand last in a depthwise kernel, else first
    filters = weights.shape[-1 if operation == "DEPTHWISE_CONV_2D" else 0]
    expected = filters if operation in _CONVOLUTIONS else 1
    if weights.scales != expected:
        raise ModelError(
            f"{operation} has the weights {weights.name} with {weights.scales} scales; expected {expected}"
        )


def quantization_of(content: bytes) -> tuple[Quantization, Quantization]:
    """Scale and zero point of the input and of the output, as the interpreter sees them."""
    from ai_edge_litert.interpreter import Interpreter

    with quiet_streams():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    details = (interpreter.get_input_details()[0], interpreter.get_output_details()[0])
    source, sink = (
        Quantization(scale=float(detail["quantization"][0]), zero_point=int(detail["quantization"][1]))
        for detail in details
    )
    return source, sink
