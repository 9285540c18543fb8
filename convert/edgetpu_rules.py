"""What the Edge TPU wants of each operation.

The rules are those of Google's page "TensorFlow models on the Edge TPU" (coral.ai/docs/edgetpu/models-intro,
sections "Model requirements" and "Supported operations", runtime 14), without those that it leaves open ("may
not be mapped"): only the compiler knows them. Not in that table: a dense layer with a scale for each channel,
which today's TensorFlow makes by default, and which older runtimes refuse or compute wrongly.

The versions are those of TensorFlow 2.5, to which compiler 16.0 belongs (TensorFlow's runtime_version.cc in
lite/tools/versioning says which came with which release). The compiler refuses a file that holds a newer one,
as users report of CONV_2D 6, QUANTIZE 3 and TRANSPOSE_CONV 4 (google-coral/edgetpu, issues 631, 879, 845).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from convert.graph import Operation, Tensor

_SOFTMAX_LIMIT = 16_000

#: What is wrong with an operation: the tensor concerned and the reason; None where nothing is.
Finding = tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Rule:
    """What the Edge TPU wants of one kind of operation.

    Attributes:
        newest: the highest version that compiler 16.0 reads.
        limit: its known limitation, in words; "" where it has none.
        check: finds an operation that is beyond the limit.
    """

    newest: int
    limit: str = ""
    check: Callable[[Operation], Finding] = lambda operation: None


def _no_activation(operation: Operation) -> Finding:
    if getattr(operation.options, "fusedActivationFunction", 0):
        return operation.outputs[0].name, "a fused activation function is not supported here"
    return None


def _constant_weights(operation: Operation) -> Finding:
    weights = operation.inputs[1]
    return None if weights.is_constant else (weights.name, "its weights are computed; expected constants")


def _convolution(operation: Operation) -> Finding:
    across, down = operation.options.dilationWFactor, operation.options.dilationHFactor
    if across != down:
        return operation.inputs[1].name, f"dilation is {across}x{down}; expected the same in x and y"
    return _constant_weights(operation)


def _keeps_batch(operation: Operation) -> Finding:
    if 0 in _axes(operation):
        return operation.inputs[0].name, "it works across the batch dimension"
    return None


def _axes(operation: Operation) -> list[int]:
    """Over which dimensions it goes, counted from the first."""
    source, *axes = operation.inputs
    return [axis % len(source.shape) for axis in axes[0].values or ()] if axes else []


def _mean(operation: Operation) -> Finding:
    source = operation.inputs[0]
    if len(source.shape) - 1 in _axes(operation) and source.shape[-1] % 4:
        return source.name, f"a mean over {source.shape[-1]} channels; expected a multiple of 4"
    return _keeps_batch(operation)


def _pads_no_batch(operation: Operation) -> Finding:
    if any((operation.inputs[1].values or (0, 0))[:2]):
        return operation.inputs[0].name, "it pads the batch dimension"
    return None


def _softmax(operation: Operation) -> Finding:
    source = operation.inputs[0]
    if any(size > 1 for size in source.shape[:-1]) or source.shape[-1] > _SOFTMAX_LIMIT:
        return source.name, f"shape {list(source.shape)}; expected one dimension of at most {_SOFTMAX_LIMIT:,}"
    return None


def _fully_connected(operation: Operation) -> Finding:
    weights, sink = operation.inputs[1], operation.outputs[0]
    if operation.options.weightsFormat:
        return weights.name, "its weights are not in the default format"
    if weights.scales > 1:
        return weights.name, f"it has {weights.scales} scales, one for each channel; expected one for all"
    if any(size > 1 for size in sink.shape[:-1]):
        return sink.name, f"shape {list(sink.shape)}; expected one dimension"
    return _constant_weights(operation)


def _concatenation(operation: Operation) -> Finding:
    constants = [tensor for tensor in operation.inputs if tensor.is_constant]
    if constants and (len(operation.inputs) > 2 or any(constants[0].values or (1,))):
        return constants[0].name, "a constant input must be all zero, and one of two"
    return _no_activation(operation)


def _packs_no_batch(operation: Operation) -> Finding:
    if operation.options.axis == 0:
        return operation.outputs[0].name, "it packs the batch dimension"
    return None


def _splits_no_batch(operation: Operation) -> Finding:
    if 0 in (operation.inputs[0].values or ()):
        return operation.outputs[0].name, "it splits the batch dimension"
    return None


def _squeeze(operation: Operation) -> Finding:
    source, sink = operation.inputs[0], operation.outputs[0]
    if _without_leading_ones(source) != _without_leading_ones(sink):
        return source.name, f"shape {list(source.shape)} loses more than its leading dimensions"
    return None


def _without_leading_ones(tensor: Tensor) -> list[int]:
    sizes = list(tensor.shape)
    while sizes and sizes[0] == 1:
        del sizes[0]
    return sizes


def _strided_slice(operation: Operation) -> Finding:
    if any(step != 1 for step in operation.inputs[3].values or ()):
        return operation.inputs[0].name, "its strides are not all 1"
    if operation.options.ellipsisMask or operation.options.newAxisMask:
        return operation.inputs[0].name, "it has an ellipsis or a new axis"
    return None


def _prelu(operation: Operation) -> Finding:
    alpha = operation.inputs[1]
    if any(size > 1 for size in alpha.shape[:-1]):
        return alpha.name, f"shape {list(alpha.shape)}; expected one value for each channel"
    return None


#: Every operation that the Edge TPU has, by TFLite's name.
RULES: Mapping[str, Rule] = {
    "ADD": Rule(3),
    "AVERAGE_POOL_2D": Rule(3, "no fused activation", _no_activation),
    "CONCATENATION": Rule(
        3, "no fused activation; a constant is all zero, and one of two inputs", _concatenation
    ),
    "CONV_2D": Rule(5, "constant weights, the same dilation in x and y", _convolution),
    "DEPTHWISE_CONV_2D": Rule(6, "constant weights, the same dilation in x and y", _convolution),
    "EXPAND_DIMS": Rule(1),
    "FULLY_CONNECTED": Rule(
        9, "constant weights in the default format, one scale for all, one dimension out", _fully_connected
    ),
    "L2_NORMALIZATION": Rule(2),
    "LOGISTIC": Rule(3),
    "MAXIMUM": Rule(4),
    "MAX_POOL_2D": Rule(3, "no fused activation", _no_activation),
    "MEAN": Rule(3, "not over the batch; over channels only a multiple of 4 of them", _mean),
    "MINIMUM": Rule(4),
    "MUL": Rule(4),
    "PACK": Rule(3, "not the batch", _packs_no_batch),
    "PAD": Rule(3, "not the batch", _pads_no_batch),
    "PRELU": Rule(1, "one alpha for each channel (Keras: shared_axes=[1, 2])", _prelu),
    "QUANTIZE": Rule(2),
    "REDUCE_MAX": Rule(3, "not over the batch", _keeps_batch),
    "REDUCE_MIN": Rule(3, "not over the batch", _keeps_batch),
    "RELU": Rule(3),
    "RELU6": Rule(3),
    "RELU_N1_TO_1": Rule(1),
    "RESHAPE": Rule(1, "large tensors may stay out: only the compiler knows"),
    "RESIZE_BILINEAR": Rule(4, "three dimensions; some sizes may stay out: only the compiler knows"),
    "RESIZE_NEAREST_NEIGHBOR": Rule(4, "three dimensions; some sizes may stay out: only the compiler knows"),
    "RSQRT": Rule(2),
    "SLICE": Rule(5),
    "SOFTMAX": Rule(3, f"one dimension, of at most {_SOFTMAX_LIMIT:,}", _softmax),
    "SPACE_TO_DEPTH": Rule(2),
    "SPLIT": Rule(4, "not the batch", _splits_no_batch),
    "SQUARED_DIFFERENCE": Rule(2),
    "SQUEEZE": Rule(2, "leading dimensions alone", _squeeze),
    "STRIDED_SLICE": Rule(5, "strides of 1, no ellipsis, no new axis", _strided_slice),
    "SUB": Rule(5),
    "SUM": Rule(2, "not over the batch", _keeps_batch),
    "TANH": Rule(3),
    "TRANSPOSE": Rule(5),
    "TRANSPOSE_CONV": Rule(3, "constant weights", _constant_weights),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Rule(3),
}
