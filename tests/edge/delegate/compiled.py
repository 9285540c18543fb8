"""Bundles with a model "compiled" for the stand-in: its last operation is the one that only a delegate has."""

import json
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema

from edge.emotion.bundle import CARD_FILE, EDGETPU_FILE, MODEL_FILE, sha256_of


def compile_bundle(folder: Path) -> None:
    """Add model_edgetpu.tflite, as `mien-convert edgetpu` does."""
    (folder / EDGETPU_FILE).write_bytes(compiled((folder / MODEL_FILE).read_bytes()))
    sign(folder, EDGETPU_FILE)


def slow_down(folder: Path, times: int = 20) -> None:
    """Let the CPU's model do its work so many times over: the same answers, later."""
    model = _read((folder / MODEL_FILE).read_bytes())
    model.subgraphs[0].operators *= times
    (folder / MODEL_FILE).write_bytes(_packed(model))
    sign(folder, MODEL_FILE)


def compiled(
    content: bytes, input_zero_point: int | None = None, operation: bytes = b"edgetpu-custom-op"
) -> bytes:
    """A model whose last operation, the softmax, is the Edge TPU's custom one.

    Args:
        content: the model.
        input_zero_point: of the input tensor in place of its own: that of another bundle.
        operation: the name of the custom one.
    """
    model = _read(content)
    if input_zero_point is not None:
        graph = model.subgraphs[0]
        graph.tensors[graph.inputs[0]].quantization.zeroPoint = [input_zero_point]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.CUSTOM
    code.customCode, code.version = operation, 1
    model.operatorCodes.append(code)
    last = model.subgraphs[0].operators[-1]
    last.opcodeIndex = len(model.operatorCodes) - 1
    last.builtinOptions, last.builtinOptionsType = None, schema.BuiltinOptions.NONE
    return _packed(model)


def sign(folder: Path, name: str) -> None:
    """Write a file's digest into the card."""
    card = json.loads((folder / CARD_FILE).read_text())
    card["sha256"][name] = sha256_of(folder / name)
    (folder / CARD_FILE).write_text(json.dumps(card))


def _read(content: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))


def _packed(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
