"""What is inside a `.tflite` file: its operations and tensors, read from the flatbuffer."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from edge.errors import ModelError

_OPERATOR_NAMES = {code: name for name, code in vars(schema.BuiltinOperator).items() if isinstance(code, int)}
_TYPE_NAMES = {code: name for name, code in vars(schema.TensorType).items() if isinstance(code, int)}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor.

    Attributes:
        type: "INT8", "FLOAT32", ….
        shape: -1 where the size is not fixed.
        scales: how many quantization scales it has: 0 none, 1 per tensor, more per channel.
        is_constant: it is in the file, and no operation computes it.
        values: of a constant of whole numbers, flat; None for others.
    """

    name: str
    type: str
    shape: tuple[int, ...]
    scales: int
    is_constant: bool
    values: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation.

    Attributes:
        name: of TFLite, such as CONV_2D; a custom operation's own name.
        options: of the schema, such as its strides; None where it has none.
        version: of the operation's kind; older runtimes know the lower ones only.
        inputs, outputs: its tensors; an input that is left out is not there.
    """

    name: str
    options: Any
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    version: int = 1


def read_graph(path: Path) -> list[Operation]:
    """Read the operations of a model in their order.

    Raises:
        ModelError: the file is missing or is no TFLite model.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from None
    return parse_graph(content, path)


def parse_graph(content: bytes, path: Path) -> list[Operation]:
    if content[4:8] != b"TFL3":  # the identifier of TFLite's flatbuffers
        raise ModelError(f"{path} is not a TFLite model; expected a .tflite file or a bundle")
    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        return [
            _operation(model, subgraph, operator)
            for subgraph in model.subgraphs
            for operator in subgraph.operators
        ]
    except (struct.error, IndexError, TypeError, AttributeError, KeyError, ValueError):
        raise ModelError(f"{path} is a damaged TFLite model; is it cut off?") from None


def _operation(model: Any, subgraph: Any, operator: Any) -> Operation:
    code = model.operatorCodes[operator.opcodeIndex]
    # older files have the code in the first field only, which ends at 127
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    name = code.customCode.decode() if code.customCode else _OPERATOR_NAMES[number]
    return Operation(
        name,
        operator.builtinOptions,
        tuple(_tensor(model, subgraph, index) for index in operator.inputs if index >= 0),
        tuple(_tensor(model, subgraph, index) for index in operator.outputs),
        int(code.version),
    )


def _tensor(model: Any, subgraph: Any, index: int) -> Tensor:
    tensor = subgraph.tensors[index]
    data = model.buffers[tensor.buffer].data
    scale = tensor.quantization.scale if tensor.quantization is not None else None
    sizes = tensor.shapeSignature if tensor.shapeSignature is not None else tensor.shape
    kind = _TYPE_NAMES[tensor.type]
    is_constant = data is not None and len(data) > 0
    values = None
    if is_constant and kind in ("INT32", "INT8"):
        values = tuple(np.frombuffer(bytes(data), kind.lower()).tolist())
    return Tensor(
        tensor.name.decode(),
        kind,
        tuple(int(size) for size in sizes) if sizes is not None else (),
        len(scale) if scale is not None else 0,
        is_constant,
        values,
    )
