"""Google's edgetpu_compiler: run where it is installed, its word checked, its model put into the bundle."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from convert.compiler_log import CompilerLog, parse_log
from convert.edgetpu import CUSTOM_OPERATION
from convert.graph import Operation, Tensor, parse_graph
from edge.emotion.bundle import CARD_FILE, EDGETPU_FILE, MODEL_FILE, Bundle, load_bundle, sha256_of, write_card
from edge.errors import MissingExtraError, ModelError, UsageError
from edge.folders import replacing_folder

PROGRAM = "edgetpu_compiler"
LOG_FILE = "model_edgetpu.log"
_TIME_LIMIT_S = 600
#: The log rounds sizes to a hundredth of a KiB.
_ROUNDING_BYTES = 6

HOW_TO_GET_IT = """\
edgetpu_compiler 16.0 exists for x86-64 Linux. As root on Debian or Ubuntu, or in a container of one
(docker run --rm -it -v "$PWD:/models" -w /models debian:bookworm), with ARCHIVE set to the address of Google's
package archive, which https://coral.ai/docs/edgetpu/compiler shows in its first command, up to its "/apt":

  apt-get update && apt-get install -y curl gpg
  curl "$ARCHIVE/apt/doc/apt-key.gpg" | gpg --dearmor -o /usr/share/keyrings/coral.gpg
  echo "deb [signed-by=/usr/share/keyrings/coral.gpg] $ARCHIVE/apt coral-edgetpu-stable main" \\
    > /etc/apt/sources.list.d/coral.list
  apt-get update && apt-get install -y edgetpu-compiler

Then, where mien is installed, too:   mien-convert edgetpu BUNDLE
Elsewhere, such as in the container:  mkdir compiled && edgetpu_compiler -s -o compiled BUNDLE/model.tflite
and back here:                        mien-convert edgetpu BUNDLE --compiled compiled
"""


class CompilerMissingError(MissingExtraError):
    """The compiler comes from Google's own archive, not from a package index."""

    def __init__(self) -> None:
        ImportError.__init__(
            self,
            f"{PROGRAM} is not installed; it exists for x86-64 Linux: see "
            "https://coral.ai/docs/edgetpu/compiler, or compile the model on another machine",
        )


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


def compile_bundle(folder: Path) -> CompilerLog:
    """Add the model that is compiled for the Edge TPU to a bundle, and what the compiler said to its card.

    Raises:
        MissingExtraError: Google's compiler is not installed.
        ModelError: it fails, or leaves operations to the CPU. The bundle is then as it was.
    """
    bundle = load_bundle(folder)
    program = shutil.which(PROGRAM)
    if program is None:
        raise CompilerMissingError()
    with tempfile.TemporaryDirectory() as out:
        text = _run([program, "-s", "-o", out, str(bundle.model_path)])
        return _add(bundle, Path(out), text)


def add_compiled(folder: Path, compiled: Path) -> CompilerLog:
    """The same with what the compiler wrote elsewhere.

    Args:
        folder: of the bundle.
        compiled: the compiler's `--out_dir`, with the model and the log.
    """
    log = compiled / LOG_FILE
    if not log.is_file():
        raise UsageError(f"{compiled} holds no {LOG_FILE}; expected the folder that {PROGRAM} -o wrote to")
    return _add(load_bundle(folder), compiled, log.read_text(encoding="utf-8", errors="replace"))


def _run(command: list[str]) -> str:
    """What the compiler prints. Its exit status says nothing: it is 0 even where nothing was mapped."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIME_LIMIT_S)
    except subprocess.TimeoutExpired:
        raise ModelError(f"{PROGRAM} did not end within {_TIME_LIMIT_S} s on {command[-1]}") from None
    return f"{done.stdout}\n{done.stderr}"


def _add(bundle: Bundle, out: Path, text: str) -> CompilerLog:
    log = parse_log(text)
    model = out / EDGETPU_FILE
    _refuse_failure(bundle, log, model.is_file(), text)
    content = model.read_bytes()
    _check_belongs(bundle, log, content, model)
    with replacing_folder(bundle.folder) as folder:
        for path in bundle.folder.iterdir():
            if path.is_file() and path.name != CARD_FILE:
                shutil.copy2(path, folder)
        (folder / EDGETPU_FILE).write_bytes(content)
        card = bundle.card
        story = {**log.for_card(), "compiled_from": card.sha256[MODEL_FILE]}
        update: dict[str, Mapping[str, object]] = {
            "sha256": {**card.sha256, EDGETPU_FILE: sha256_of(folder / EDGETPU_FILE)},
            "conversion": {**card.conversion, "edgetpu": story},
        }
        write_card(folder, card.model_copy(update=update))
    return log


def _refuse_failure(bundle: Bundle, log: CompilerLog, is_there: bool, text: str) -> None:
    if log.failure is not None or not is_there:
        lines = text.strip().splitlines() or ["it said nothing"]
        raise ModelError(f"{PROGRAM} failed on {bundle.model_path}: {log.failure or lines[-1].strip()}")
    if not log.is_whole:
        left = ", ".join(map(str, log.left)) or f"{log.on_cpu} operations, in {log.subgraphs} parts"
        raise ModelError(
            f"{PROGRAM} leaves to the CPU: {left}; expected the whole network on the Edge TPU; nothing was "
            f"added to {bundle.folder}: `mien-convert check` names the tensors"
        )


def _check_belongs(bundle: Bundle, log: CompilerLog, content: bytes, path: Path) -> None:
    """Refuse a compiled model of another network, and one that still holds operations for the CPU."""
    size = bundle.model_path.stat().st_size
    if log.input_bytes is not None and abs(log.input_bytes - size) > _ROUNDING_BYTES + size // 1000:
        raise ModelError(
            f"{path} was compiled from a model of {log.input_bytes} bytes; {bundle.model_path} has {size}: "
            "it belongs to another bundle"
        )
    operations = parse_graph(content, path)
    left = [operation.name for operation in operations if operation.name != CUSTOM_OPERATION]
    if left:
        raise ModelError(f"{path} leaves to the CPU: {', '.join(sorted(set(left)))}; nothing was added")
    before, after = _ends(parse_graph(bundle.model_path.read_bytes(), bundle.model_path)), _ends(operations)
    if before != after:
        raise ModelError(f"{path} is for {after}; expected {before}, as in {bundle.model_path}")


def _ends(operations: list[Operation]) -> str:
    """The input and the output of a network, in words."""

    def words(tensor: Tensor) -> str:
        return f"{tensor.type} {list(tensor.shape)}"

    return f"{words(operations[0].inputs[0])} to {words(operations[-1].outputs[0])}"
