"""Several machines on one fit, by JAX's own distributed runtime.

Every machine runs the same command and does the same steps in the same order; each reads its own part of every
batch, and JAX adds up their gradients. Only the first one's RUN stays: the others write theirs to a temporary
folder, which begins as a copy of the first one's, so that all go on from one state. What decides how a run goes
on, the figures on PublicTest, is computed everywhere and taken from the first.
"""

import contextlib
import hashlib
import io
import json
import logging
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import MienError, UsageError
from training import runs

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Crew:
    """How many machines fit together, and which of them this is, from 0."""

    count: int = 1
    index: int = 0


_crew = Crew()


def crew() -> Crew:
    return _crew


def join(coordinator: str, count: int, index: int) -> None:
    """Wait for the others; it must run before JAX computes anything.

    Args:
        coordinator: HOST:PORT of the first machine, which listens there.
        count: of all machines.
        index: which this is; 0 is the first.

    Raises:
        UsageError: the backend cannot, or the others do not come.
    """
    global _crew
    backend = keras.backend.backend()
    if backend != "jax":
        raise UsageError(f"--coordinator needs Keras on JAX; it is on {backend}: set KERAS_BACKEND=jax")
    try:
        keras.distribution.initialize(coordinator, count, index)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[0][:120]
        raise UsageError(f"the {count} machines did not meet at {coordinator}: {reason}") from None
    _crew = Crew(count, index)


def own_part(places: range) -> range:
    """Which places of a batch this machine reads."""
    size = len(places) // _crew.count
    return places[_crew.index * size : (_crew.index + 1) * size]


def from_first(content: bytes) -> bytes:
    """The first machine's bytes, on all."""
    if _crew.count == 1:
        return content
    length = int(_broadcast(np.array([len(content)], np.int32))[0])
    held = np.frombuffer(content, np.uint8) if _crew.index == 0 else np.zeros(length, np.uint8)
    return _broadcast(held).tobytes()


def _broadcast(values: NDArray[np.generic]) -> NDArray[np.generic]:
    from jax.experimental import multihost_utils

    return np.asarray(multihost_utils.broadcast_one_to_all(values))


def agree(what: str, *parts: bytes) -> None:
    """Refuse machines that would not do the same.

    Raises:
        UsageError: says what differs.
    """
    if _crew.count == 1:
        return
    own = hashlib.sha256(b"\0".join(parts)).digest()
    from jax.experimental import multihost_utils

    everyones = np.asarray(multihost_utils.process_allgather(np.frombuffer(own, np.uint8)))
    if (everyones != everyones[0]).any():
        others = sorted(set(np.flatnonzero((everyones != everyones[0]).any(axis=1)).tolist()))
        names = ", ".join(map(str, others))
        raise UsageError(f"{what} differs between machine 0 and machine {names}; expected the same on all")


def first_figures(figures: Mapping[str, float]) -> dict[str, float]:
    """The first machine's figures, on all, so that all take the same turn."""
    shared = json.loads(from_first(json.dumps(dict(figures)).encode()))
    return {name: float(value) for name, value in shared.items()}


@contextmanager
def alone() -> Iterator[None]:
    """Compute without the others in this block, on devices of this machine."""
    if _crew.count == 1:
        yield
        return
    shared = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(shared)


@contextmanager
def own_run(out: Path) -> Iterator[Path]:
    """The RUN of this machine: `out` on the first, elsewhere a temporary copy of it.

    Raises:
        MienError: another machine stopped.
    """
    if _crew.count == 1:
        yield out
        return
    with _others_may_stop(), contextlib.ExitStack() as stack:
        files = from_first(_packed(out) if _crew.index == 0 else b"")
        if _crew.index:
            out = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "run"
            with zipfile.ZipFile(io.BytesIO(files)) as content:
                if content.namelist():
                    content.extractall(out)
        yield out


@contextmanager
def _others_may_stop() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, MienError):
            raise
        reason = (str(error).strip().splitlines() or ["no reason given"])[0][:160]
        raise MienError(
            f"the {_crew.count} machines lost each other ({reason}); start all of them again, with --resume"
        ) from error


def _packed(out: Path) -> bytes:
    """What makes a RUN go on, of `out` and of the seeds in it."""
    names = (runs.CONFIG_FILE, runs.STATE_FILE, runs.START_FILE)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as content:
        for folder in (out, *sorted(out.glob("seed-*"))):
            for path in (folder / name for name in names):
                if path.is_file():
                    content.write(path, path.relative_to(out))
    return packed.getvalue()
