"""Whether the Edge TPU runs every operation of a model; the rules and their source: convert.edgetpu_rules."""

from dataclasses import dataclass

from convert.edgetpu_rules import RULES, Finding
from convert.graph import Operation, Tensor

CUSTOM_OPERATION = "edgetpu-custom-op"
_RANK_LIMIT = 3


@dataclass(frozen=True, slots=True)
class Problem:
    """An operation that would stay on the CPU."""

    index: int
    operation: str
    tensor: str
    reason: str

    def __str__(self) -> str:
        return f"operation {self.index} {self.operation}, tensor {self.tensor}: {self.reason}"


def find_problems(operations: list[Operation]) -> list[Problem]:
    """The operations that the Edge TPU would leave to the CPU; each is named once."""
    problems = []
    for index, operation in enumerate(operations):
        found = _problem(operation)
        if found:
            problems.append(Problem(index, operation.name, *found))
    return problems


def _problem(operation: Operation) -> Finding:
    if operation.name == CUSTOM_OPERATION:  # compiled already
        return None
    if operation.name not in RULES:
        return operation.outputs[0].name, "the Edge TPU has no such operation"
    for tensor in (*operation.inputs, *operation.outputs):
        reason = _tensor_problem(tensor)
        if reason:
            return tensor.name, reason
    rule = RULES[operation.name]
    return rule.check(operation) or _version_problem(operation, rule.newest)


def _version_problem(operation: Operation, newest: int) -> Finding:
    if operation.version > newest:
        reason = f"version {operation.version} of the operation; edgetpu_compiler 16.0 reads at most {newest}"
        return operation.outputs[0].name, reason
    return None


def _tensor_problem(tensor: Tensor) -> str | None:
    # INT32 holds biases, axes and shapes, which are constants
    if tensor.type not in ("INT8", "UINT8") and not (tensor.type == "INT32" and tensor.is_constant):
        return f"type {tensor.type}; expected INT8"
    if any(size < 0 for size in tensor.shape):
        return f"shape {list(tensor.shape)}; expected fixed sizes (a batch of 1)"
    if any(size > 1 for size in tensor.shape[:-_RANK_LIMIT]) and not tensor.is_constant:
        return f"shape {list(tensor.shape)}; expected only the last {_RANK_LIMIT} above 1"
    return None
