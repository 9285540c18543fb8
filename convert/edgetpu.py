"""Whether the Edge TPU runs every operation of a model, and compiling for it.

The rules are those of Google's page "TensorFlow models on the Edge TPU" (coral.ai/docs/edgetpu/models-intro,
sections "Model requirements" and "Supported operations", runtime 14), without the ones that it leaves
unspecified ("may not be mapped"): only the compiler knows those.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from convert.graph import Operation, Tensor
from edge.emotion.bundle import EDGETPU_FILE, MODEL_FILE, load_bundle, sha256_of, write_card
from edge.errors import MissingExtraError, ModelError

CUSTOM_OPERATION = "edgetpu-custom-op"
_SOFTMAX_LIMIT = 16_000
_RANK_LIMIT = 3
_TIME_LIMIT_S = 600

#: Says what is wrong with an operation: the tensor concerned and the reason; None where nothing is.
Rule = Callable[[Operation], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Problem:
    """An operation that would stay on the CPU."""

    index: int
    operation: str
    tensor: str
    reason: str

    def __str__(self) -> str:
        return f"operation {self.index} {self.operation}, tensor {self.tensor}: {self.reason}"


def _any(operation: Operation) -> None:
    return None


def _no_activation(operation: Operation) -> tuple[str, str] | None:
    if getattr(operation.options, "fusedActivationFunction", 0):
        return operation.outputs[0].name, "a fused activation function is not supported here"
    return None


def _same_dilation(operation: Operation) -> tuple[str, str] | None:
    across, down = operation.options.dilationWFactor, operation.options.dilationHFactor
    if across != down:
        return operation.inputs[1].name, f"dilation is {across}x{down}; expected the same in x and y"
    return None


def _keeps_batch(operation: Operation) -> tuple[str, str] | None:
    """Mean, sum, max, min: not over the batch."""
    if len(operation.inputs) > 1 and 0 in (operation.inputs[1].values or ()):
        return operation.inputs[0].name, "it works across the batch dimension"
    return None


def _mean(operation: Operation) -> tuple[str, str] | None:
    source = operation.inputs[0]
    axes = [axis % len(source.shape) for axis in operation.inputs[1].values or ()]
    if 0 in axes:
        return source.name, "it works across the batch dimension"
    if len(source.shape) - 1 in axes and source.shape[-1] % 4:
        return source.name, f"a mean over {source.shape[-1]} channels; expected a multiple of 4"
    return None


def _pads_no_batch(operation: Operation) -> tuple[str, str] | None:
    if any((operation.inputs[1].values or (0, 0))[:2]):
        return operation.inputs[0].name, "it pads the batch dimension"
    return None


def _softmax(operation: Operation) -> tuple[str, str] | None:
    source = operation.inputs[0]
    if any(size > 1 for size in source.shape[:-1]) or source.shape[-1] > _SOFTMAX_LIMIT:
        return source.name, f"shape {list(source.shape)}; expected one dimension of at most {_SOFTMAX_LIMIT:,}"
    return None


def _fully_connected(operation: Operation) -> tuple[str, str] | None:
    sink = operation.outputs[0]
    if operation.options.weightsFormat:
        return operation.inputs[1].name, "its weights are not in the default format"
    if any(size > 1 for size in sink.shape[:-1]):
        return sink.name, f"shape {list(sink.shape)}; expected one dimension"
    return None


def _concatenation(operation: Operation) -> tuple[str, str] | None:
    constants = [tensor for tensor in operation.inputs if tensor.is_constant]
    if constants and (len(operation.inputs) > 2 or any(constants[0].values or (1,))):
        return constants[0].name, "a constant input must be all zero, and one of two"
    return _no_activation(operation)


def _packs_no_batch(operation: Operation) -> tuple[str, str] | None:
    if operation.options.axis == 0:
        return operation.outputs[0].name, "it packs the batch dimension"
    return None


def _splits_no_batch(operation: Operation) -> tuple[str, str] | None:
    if 0 in (operation.inputs[0].values or ()):
        return operation.outputs[0].name, "it splits the batch dimension"
    return None


def _strided_slice(operation: Operation) -> tuple[str, str] | None:
    if any(step != 1 for step in operation.inputs[3].values or ()):
        return operation.inputs[0].name, "its strides are not all 1"
    if operation.options.ellipsisMask or operation.options.newAxisMask:
        return operation.inputs[0].name, "it has an ellipsis or a new axis"
    return None


def _prelu(operation: Operation) -> tuple[str, str] | None:
    alpha = operation.inputs[1]
    if any(size > 1 for size in alpha.shape[:-1]):
        return alpha.name, f"shape {list(alpha.shape)}; expected one value for each channel"
    return None


#: Every operation that the Edge TPU has, by TFLite's name, with its known limit.
RULES: Mapping[str, Rule] = {
    "ADD": _any,
    "AVERAGE_POOL_2D": _no_activation,
    "CONCATENATION": _concatenation,
    "CONV_2D": _same_dilation,
    "DEPTHWISE_CONV_2D": _same_dilation,
    "EXPAND_DIMS": _any,
    "FULLY_CONNECTED": _fully_connected,
    "L2_NORMALIZATION": _any,
    "LOGISTIC": _any,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _any,
    "MAXIMUM": _any,
    "MAX_POOL_2D": _no_activation,
    "MEAN": _mean,
    "MINIMUM": _any,
    "MUL": _any,
    "PACK": _packs_no_batch,
    "PAD": _pads_no_batch,
    "PRELU": _prelu,
    "QUANTIZE": _any,
    "REDUCE_MAX": _keeps_batch,
    "REDUCE_MIN": _keeps_batch,
    "RELU": _any,
    "RELU6": _any,
    "RELU_N1_TO_1": _any,
    "RESHAPE": _any,
    "RESIZE_BILINEAR": _any,
    "RESIZE_NEAREST_NEIGHBOR": _any,
    "RSQRT": _any,
    "SLICE": _any,
    "SOFTMAX": _softmax,
    "SPACE_TO_DEPTH": _any,
    "SPLIT": _splits_no_batch,
    "SQUARED_DIFFERENCE": _any,
    "SQUEEZE": _any,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _any,
    "SUM": _keeps_batch,
    "TANH": _any,
    "TRANSPOSE": _any,
    "TRANSPOSE_CONV": _any,
}


def find_problems(operations: list[Operation]) -> list[Problem]:
    """The operations that the Edge TPU would leave to the CPU; each is named once."""
    problems = []
    for index, operation in enumerate(operations):
        found = _problem(operation)
        if found:
            problems.append(Problem(index, operation.name, *found))
    return problems


def _problem(operation: Operation) -> tuple[str, str] | None:
    if operation.name == CUSTOM_OPERATION:  # compiled already
        return None
    if operation.name not in RULES:
        return operation.outputs[0].name, "the Edge TPU has no such operation"
    for tensor in (*operation.inputs, *operation.outputs):
        reason = _tensor_problem(tensor)
        if reason:
            return tensor.name, reason
    return RULES[operation.name](operation)


def _tensor_problem(tensor: Tensor) -> str | None:
    # INT32 holds biases, axes and shapes, which are constants
    if tensor.type not in ("INT8", "UINT8") and not (tensor.type == "INT32" and tensor.is_constant):
        return f"type {tensor.type}; expected INT8"
    if any(size < 0 for size in tensor.shape):
        return f"shape {list(tensor.shape)}; expected fixed sizes (a batch of 1)"
    if any(size > 1 for size in tensor.shape[:-_RANK_LIMIT]) and not tensor.is_constant:
        return f"shape {list(tensor.shape)}; expected only the last {_RANK_LIMIT} above 1"
    return None


def compile_bundle(folder: Path) -> Path:
    """Add the model that is compiled for the Edge TPU to a bundle.

    Raises:
        MissingExtraError: Google's compiler is not installed.
        ModelError: it fails.
    """
    bundle = load_bundle(folder)
    compiler = shutil.which("edgetpu_compiler")
    if compiler is None:
        raise CompilerMissingError()
    with tempfile.TemporaryDirectory() as out:
        command = [compiler, "-s", "-o", out, str(bundle.model_path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIME_LIMIT_S)
        compiled = Path(out) / MODEL_FILE.replace(".tflite", "_edgetpu.tflite")
        if done.returncode or not compiled.is_file():
            lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
            raise ModelError(f"edgetpu_compiler failed on {bundle.model_path}: {lines[-1]}")
        target = bundle.folder / EDGETPU_FILE
        shutil.copyfile(compiled, target)
    digests = {**bundle.card.sha256, EDGETPU_FILE: sha256_of(target)}
    write_card(bundle.folder, bundle.card.model_copy(update={"sha256": digests}))
    return target


class CompilerMissingError(MissingExtraError):
    """The compiler comes from Google's own archive, not from a package index."""

    def __init__(self) -> None:
        ImportError.__init__(
            self,
            "edgetpu_compiler is not installed; it exists for x86-64 Linux: see "
            "https://coral.ai/docs/edgetpu/compiler, or compile the model on another machine",
        )
