"""What edgetpu_compiler says, on standard output and in `model_edgetpu.log`: the same words in both."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAPPED = "Mapped to Edge TPU"
_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_ROW = re.compile(r"^([A-Z][A-Z0-9_]*|[a-z][\w.-]*)\s{2,}(\d+)\s{2,}(\S.*)$", re.MULTILINE)
#: Lines that say why nothing came of it, the telling ones first.
_FAILURES = (
    r"^ERROR: Didn't find op for builtin opcode .*$",
    r"^ERROR: Encountered unresolved custom op.*$",
    r"^Model not quantized.*$",
    r"^Compilation failed: .*$",
    r"^Internal compiler error.*$",
    r"^Model could not be parsed.*$",
    r"^Invalid model: .*$",
    r"^ERROR: .*$",
    r"^Compilation failed!.*$",
)
_HINTS = {
    "Didn't find op": "its runtime is TensorFlow 2.5's: `mien-convert check` names what is newer",
    "unresolved custom op": "the network holds an operation that TFLite has not; `mien-convert check` names it",
    "not quantized": "convert the network by mien-convert, which leaves no float",
    "dynamic-sized": "the batch must be fixed to 1, as here; `mien-convert check` names the tensor",
    "large activation": "the network's pictures are too large for the chip: try a smaller --input-size",
    "Internal compiler error": "try another shape of the network, or another --input-size",
}


@dataclass(frozen=True, slots=True)
class Row:
    """Operations of one kind with one fate."""

    operation: str
    count: int
    status: str

    @property
    def is_mapped(self) -> bool:
        return self.status == MAPPED

    def __str__(self) -> str:
        return f"{self.count} {self.operation} ({self.status})"


@dataclass(frozen=True, slots=True)
class CompilerLog:
    """One compilation.

    Attributes:
        version: of the compiler, such as "16.0.384591198"; "" where it does not say.
        failure: why nothing came of it, in its own words; None where something did.
        rows: the table of operations; a status that is not known stays as it stands and counts as not mapped.
        input_bytes, output_bytes: sizes of the two models.
        on_chip_bytes: parameters kept in the chip's memory.
        on_chip_free_bytes: what is left there.
        off_chip_bytes: parameters sent again for every picture.
        subgraphs: for the Edge TPU; 1 where all is mapped.
        operations: of the model, before.
    """

    version: str
    failure: str | None
    rows: tuple[Row, ...]
    input_bytes: int | None
    output_bytes: int | None
    on_chip_bytes: int | None
    on_chip_free_bytes: int | None
    off_chip_bytes: int | None
    subgraphs: int | None
    operations: int | None
    on_cpu: int

    @property
    def left(self) -> tuple[Row, ...]:
        """What stays on the CPU."""
        return tuple(row for row in self.rows if not row.is_mapped)

    @property
    def is_whole(self) -> bool:
        """Everything runs on the Edge TPU, as far as the log tells."""
        return self.failure is None and not self.left and not self.on_cpu and self.subgraphs == 1

    def for_card(self) -> Mapping[str, Any]:
        """What people want to know later."""
        return {
            "compiler": self.version,
            "operations": {row.operation: row.count for row in self.rows},
            "subgraphs": self.subgraphs,
            "on_chip_bytes": self.on_chip_bytes,
            "on_chip_free_bytes": self.on_chip_free_bytes,
            "off_chip_bytes": self.off_chip_bytes,
        }


def parse_log(text: str) -> CompilerLog:
    """Read what the compiler printed, whatever it was."""
    return CompilerLog(
        version=_found(r"^Edge TPU Compiler version (\S+)", text) or "",
        failure=_failure(text),
        rows=tuple(Row(name, int(count), status.strip()) for name, count, status in _ROW.findall(text)),
        input_bytes=_bytes("Input size", text),
        output_bytes=_bytes("Output size", text),
        on_chip_bytes=_bytes("On-chip memory used for caching model parameters", text),
        on_chip_free_bytes=_bytes("On-chip memory remaining for caching model parameters", text),
        off_chip_bytes=_bytes("Off-chip memory used for streaming uncached model parameters", text),
        subgraphs=_number("Number of Edge TPU subgraphs", text),
        operations=_number("Total number of operations", text),
        on_cpu=_number("Number of operations that will run on CPU", text) or 0,
    )


def _failure(text: str) -> str | None:
    for pattern in _FAILURES:
        found = re.search(pattern, text, re.MULTILINE)
        if found:
            words = found[0].strip().removeprefix("ERROR: ")
            hint = next((hint for sign, hint in _HINTS.items() if sign in words), None)
            return f"{words} ({hint})" if hint else words
    return None


def _found(pattern: str, text: str) -> str | None:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else None


def _number(name: str, text: str) -> int | None:
    found = _found(rf"^{re.escape(name)}: (\d+)\s*$", text)
    return int(found) if found else None


def _bytes(name: str, text: str) -> int | None:
    """A size such as "7.75MiB", in bytes; the log has two decimals."""
    found = re.search(rf"^{re.escape(name)}: ([\d.]+)({'|'.join(_UNITS)})\s*$", text, re.MULTILINE)
    return round(float(found[1]) * _UNITS[found[2]]) if found else None
