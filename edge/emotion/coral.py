"""Opening an Edge TPU for a bundle, and finding out whether it may serve.

Some calls into the runtime hold Python's lock: giving the graph to the delegate, and taking it back. A
driver that hangs there stops every thread, our watchdog among them. So a clock of the interpreter's own,
in C, ends the process from outside of Python.
"""

import faulthandler
import importlib
import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config import ModelConfig
from edge.emotion.bundle import EDGETPU_FILE, Bundle
from edge.emotion.canary import Canary, find_difference, make_canaries, time_side_by_side
from edge.emotion.classifier import Classifier, check_tensors
from edge.emotion.delegates import (
    Delegate,
    Library,
    Stick,
    describe_unrelated_pycoral,
    find_library,
    find_sticks,
    pycoral_kind,
)
from edge.emotion.runtime import import_runtime, name_with_version
from edge.errors import ModelError
from edge.records import Gray
from edge.stages import Stages

logger = logging.getLogger(__name__)

#: How long a call that holds Python's lock may take, seconds. They take milliseconds where all is well.
FROZEN_S = 5.0

_STANDARD_ERROR = 2

NO_STICK = (
    "no Coral is found; plug it into a USB 3 port (blue). lsusb shows it as 1a6e:089a or 18d1:9302, "
    "and lspci a card as 1ac1:089a"
)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a Coral.

    Attributes:
        coral: it answers right; None where it does not, or cannot be asked.
        problem: why not, and what to do.
        library: what it was reached through.
        cpu_ms, edgetpu_ms: median time for a face; measured side by side.
    """

    coral: Classifier | None = None
    problem: str | None = None
    library: str | None = None
    canaries: tuple[Canary, ...] = ()
    cpu_ms: float | None = None
    edgetpu_ms: float | None = None


def is_compiled(bundle: Bundle) -> bool:
    """Whether the bundle holds a model for the Edge TPU that belongs to its card."""
    return EDGETPU_FILE in bundle.card.sha256 and (bundle.folder / EDGETPU_FILE).is_file()


def find_lack(bundle: Bundle, sticks: list[Stick], library: Library) -> str | None:
    """The first thing that a Coral lacks here, and the command that mends it; None where nothing does."""
    if not sticks:
        return NO_STICK
    if all(stick.problem for stick in sticks):
        return sticks[0].problem
    if library.problem:
        return library.problem
    if not is_compiled(bundle):
        return (
            f"a Coral is there, but {bundle.folder} holds no {EDGETPU_FILE} of its card; on an x86-64 machine "
            f"run mien-convert edgetpu {bundle.folder.name}, copy the bundle here and restart mien"
        )
    return None


def try_coral(
    bundle: Bundle, model: ModelConfig, stages: Stages, sysfs: Path = Path("/sys"), dev: Path = Path("/dev")
) -> Trial:
    """Open a Coral, ask it about the canaries and time it beside the CPU. A Coral's fault is a result."""
    try:
        with stages.during("coral", "coral open"):
            with exit_where_frozen():
                library = find_library()
            lack = find_lack(bundle, find_sticks(sysfs, dev), library)
            if lack:
                return Trial(problem=_with_pycoral(lack))
            coral, through = open_coral(bundle, model.threads, library)
    except ModelError as error:
        return Trial(problem=_with_pycoral(str(error)))
    held = [coral]
    del coral
    trial = _examine(bundle, model, stages, held, through)
    if trial.coral is None:
        let_go(held, stages)
    return trial


def open_coral(bundle: Bundle, threads: int, library: Library) -> tuple[Classifier, str]:
    """Open the stick and load the bundle's compiled model; also says what it was reached through.

    Raises:
        ModelError: the stick did not open, or the model is not one for it, or not the card's.
    """
    held = [Delegate(library)]
    with exit_where_frozen():  # also over what becomes of the delegate where it does not fit
        opened = _open_with(held, bundle, threads)
        held.clear()
    if isinstance(opened, str):
        raise ModelError(opened)
    classifier, through = opened
    return classifier, f"{library.name} through {through}"


@contextmanager
def exit_where_frozen(timeout_s: float = FROZEN_S) -> Iterator[None]:
    """End the process where a block takes too long, even if it keeps every thread of Python from running."""
    faulthandler.dump_traceback_later(timeout_s, exit=True, file=_STANDARD_ERROR)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def let_go(held: list[Classifier], stages: Stages) -> None:
    """Close a Coral: forget the classifier in a list that holds the only reference to it."""
    with stages.during("coral", "coral close"), exit_where_frozen():
        held.clear()


def one_line(error: Exception) -> str:
    """What a native library says, in one line."""
    return " ".join(str(error).split()) or "no reason given"


def _open_with(delegates: list[Delegate], bundle: Bundle, threads: int) -> tuple[Classifier, str] | str:
    """A classifier and what it was reached through; or, when nothing holds on to it any more, what is wrong."""
    path = bundle.folder / EDGETPU_FILE
    try:
        interpreter, through = _make_interpreter(path, threads, delegates)
        interpreter.allocate_tensors()
        check_tensors(interpreter, bundle.card, path)
        return Classifier(interpreter, bundle.card), through
    except ModelError as error:
        return str(error)
    except (RuntimeError, ValueError) as error:
        return (
            f"{path} cannot be run on the Coral ({one_line(error)}); compile it again with "
            "mien-convert edgetpu, and see CORAL.md for the libraries that go together"
        )


def _examine(bundle: Bundle, model: ModelConfig, stages: Stages, held: list[Classifier], through: str) -> Trial:
    """Whether the Coral in a list answers as the CPU does, and how long each takes."""
    cpu = Classifier.open(bundle, model.threads)  # one of our own: the other is at work in another thread
    canaries = tuple(make_canaries(cpu))

    def classify(face: Gray) -> None:
        with stages.during("coral", "coral canary"):
            held[0].quantized(face)

    try:
        with stages.during("coral", "coral canary"):
            difference = find_difference(held[0], canaries)  # the first inference also uploads the model
        if difference is not None:
            return Trial(problem=f"the Coral answers wrong: {difference}", library=through)
        cpu_ms, edgetpu_ms = time_side_by_side(canaries[0].face, cpu.quantized, classify)
    except RuntimeError as error:
        return Trial(problem=f"the Coral failed at its first faces: {one_line(error)}", library=through)
    return Trial(held[0], None, through, canaries, cpu_ms, edgetpu_ms)


def _make_interpreter(path: Path, threads: int, delegates: list[Delegate]) -> tuple[Any, str]:
    """An interpreter with the Coral, by Google's pycoral where that is installed and usable."""
    if pycoral_kind() == "google":
        try:
            make = importlib.import_module("pycoral.utils.edgetpu").make_interpreter
        except (ImportError, OSError, AttributeError) as error:
            logger.warning("Google's pycoral is installed but cannot be used: %s", error)
        else:  # releases before 2.0 open the stick themselves, and hold Python's lock meanwhile
            if "delegate" in inspect.signature(make).parameters:
                module = importlib.import_module("pycoral")
                return make(str(path), delegate=delegates[0]), name_with_version(module)
    runtime = import_runtime()
    interpreter = runtime.Interpreter(
        model_path=str(path), num_threads=threads, experimental_delegates=list(delegates)
    )
    return interpreter, name_with_version(runtime)


def _with_pycoral(problem: str) -> str:
    """A problem, with a word on the unrelated package that people install hoping to mend it."""
    return f"{problem} ({describe_unrelated_pycoral()})" if pycoral_kind() == "unrelated" else problem
