"""Reading a TFLite file of unknown origin: its tensors, its operations, and whether a CPU can run it."""

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edge.errors import ModelError

TFLITE_SUFFIX = ".tflite"
#: A network for faces has a few megabytes.
_MAX_BYTES = 512 << 20
#: Put there by the compiler for the Edge TPU; what the original runs is inside.
_EDGETPU_OPERATION = "edgetpu-custom-op"
_OPERATION_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_TYPES = {
    schema.TensorType.FLOAT32: "float32",
    schema.TensorType.INT8: "int8",
    schema.TensorType.UINT8: "uint8",
}

Type = Literal["float32", "int8", "uint8"]


@dataclass(frozen=True, slots=True)
class Tensor:
    """The input or the output. Scale and zero point are 0 where it is not quantized."""

    name: str
    type: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest value that a quantized tensor can hold."""
        low, high = (-128, 127) if self.type == "int8" else (0, 255)
        return (low - self.zero_point) * self.scale, (high - self.zero_point) * self.scale


@dataclass(frozen=True, slots=True)
class TfliteFile:
    """What a file says of itself.

    Attributes:
        operations: TFLite's names, in their order.
        parameters: numbers of its constants that weigh; None for a compiled file.
        multiply_adds: of convolutions and dense layers, for one face; None likewise.
    """

    input: Tensor
    output: Tensor
    operations: tuple[str, ...]
    parameters: int | None
    multiply_adds: int | None

    @property
    def is_compiled(self) -> bool:
        return _EDGETPU_OPERATION in self.operations

    @property
    def is_float(self) -> bool:
        return self.input.type == "float32"


def read_tflite(path: Path) -> TfliteFile:
    """Read what a file is; nothing of it is run.

    Raises:
        ModelError: it is missing, damaged, of another shape, or holds operations of its own.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelError(f"{path} has {path.stat().st_size >> 20:,} MB; expected a network for faces")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; expected a TFLite model") from None
    if content[4:8] != b"TFL3":
        raise ModelError(f"{path} is not a TFLite model")
    try:
        found = _read(schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0)), path)
    except (struct.error, IndexError, TypeError, AttributeError, KeyError, ValueError, MemoryError) as error:
        if isinstance(error, ModelError):
            raise
        raise ModelError(f"{path} is a damaged TFLite model; is it cut off?") from None
    _check_shapes(found, path)
    return found


def _read(model: Any, path: Path) -> TfliteFile:
    graph = model.subgraphs[0]
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ModelError(
            f"{path} has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs; expected one of each"
        )
    codes = model.operatorCodes
    names = tuple(_operation_name(codes[operator.opcodeIndex], path) for operator in graph.operators)
    is_compiled = _EDGETPU_OPERATION in names
    operators = list(zip(names, graph.operators, strict=True))
    return TfliteFile(
        _tensor(graph.tensors[graph.inputs[0]]),
        _tensor(graph.tensors[graph.outputs[0]]),
        names,
        None if is_compiled else sum(_weights(graph, name, operator) for name, operator in operators),
        None if is_compiled else sum(_multiply_adds(graph, name, operator) for name, operator in operators),
    )


def _operation_name(code: Any, path: Path) -> str:
    if code.customCode is None:
        return _OPERATION_NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]
    name: str = code.customCode.decode(errors="replace")
    if name != _EDGETPU_OPERATION:  # "Flex…" is one that TensorFlow itself would run
        raise ModelError(f"{path} holds {name[:60]}, an operation of its own; expected TFLite's alone")
    return name


def _tensor(tensor: Any) -> Tensor:
    quantization = tensor.quantization
    is_quantized = quantization is not None and quantization.scale is not None and len(quantization.scale) == 1
    return Tensor(
        tensor.name.decode(errors="replace"),
        _TYPES.get(tensor.type, f"type {tensor.type}"),
        tuple(int(size) for size in tensor.shape),
        float(quantization.scale[0]) if is_quantized else 0.0,
        int(quantization.zeroPoint[0]) if is_quantized else 0,
    )


def _weights(graph: Any, name: str, operator: Any) -> int:
    """Kernel and bias. The batch normalizations are folded into them: fewer than Keras counts."""
    if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        return 0
    return sum(math.prod(map(int, graph.tensors[index].shape)) for index in operator.inputs[1:] if index >= 0)


def _multiply_adds(graph: Any, name: str, operator: Any) -> int:
    if name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        return 0
    kernel = math.prod(map(int, graph.tensors[operator.inputs[1]].shape))
    sink = [int(size) for size in graph.tensors[operator.outputs[0]].shape]
    return kernel * (sink[1] * sink[2] if len(sink) == 4 else 1)


def _check_shapes(found: TfliteFile, path: Path) -> None:
    source, sink = found.input, found.output
    if len(source.shape) != 4 or source.shape[0] != 1 or source.shape[3] not in (1, 3):
        raise ModelError(f"{path} takes {list(source.shape)}; expected [1, side, side, 1 or 3], one face")
    if source.shape[1] != source.shape[2]:
        raise ModelError(f"{path} takes {list(source.shape)}; expected a square face")
    if len(sink.shape) != 2 or sink.shape[0] != 1 or sink.shape[1] < 2:
        raise ModelError(f"{path} gives {list(sink.shape)}; expected [1, number of classes]")
    types = (source.type, sink.type)
    if types != ("float32", "float32") and not set(types) <= {"int8", "uint8"}:
        raise ModelError(
            f"{path} takes {source.type} and gives {sink.type}; expected float32 for both, or int8 or uint8"
        )
    if not found.is_float:
        for tensor in (source, sink):
            if not (np.isfinite(tensor.scale) and tensor.scale > 0):
                raise ModelError(f"{path}: {tensor.name} of {tensor.type} has no scale; expected one")
