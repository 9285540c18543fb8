"""mediapipe's face mesh, in a process of its own Python: it needs other versions of libraries than we do."""

import os
import struct
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from edge.errors import MienError, UsageError
from training.explain.geometry import Mesh

#: Names the Python that has mediapipe, in place of the option.
PYTHON_VARIABLE = "MIEN_EXPLAIN_PYTHON"
POINTS = 478
_ENVIRONMENT = ".venv-explain"
_PROGRAM = Path(__file__).with_name("mesh_process.py")
#: Surer than this that there is a face somewhere; what is none costs little, as nobody shows it one.
_LEAST_CONFIDENCE = 0.2


def find_python(given: Path | None = None) -> Path:
    """The Python that has mediapipe: as given, as the variable says, or of `make setup-explain`.

    Raises:
        UsageError: there is none; the line says how to get it.
    """
    named = given or (Path(os.environ[PYTHON_VARIABLE]) if os.environ.get(PYTHON_VARIABLE) else None)
    if named is not None:
        if not named.is_file():
            where = "--mesh-python" if given else PYTHON_VARIABLE
            raise UsageError(f"{where} is {named}, which is not there; expected the Python that has mediapipe")
        return named
    homes = (Path.cwd(), Path(__file__).resolve().parents[2])
    for home in homes:
        python = home / _ENVIRONMENT / "bin" / "python"
        if python.is_file():
            return python
    raise UsageError(
        "the face mesh needs an environment of its own, which is not there; try: make setup-explain (Python "
        f"3.11 or 3.12), or name a Python that has mediapipe 0.10.21 by --mesh-python or {PYTHON_VARIABLE}"
    )


class MeshProcess:
    """The other end is training/explain/mesh_process.py. One picture at a time; use one in each thread."""

    def __init__(self, python: Path, most_faces: int = 1) -> None:
        """Start it, which takes seconds.

        Raises:
            UsageError: this Python has no mediapipe that fits.
        """
        self._process = subprocess.Popen(
            [str(python), "-I", str(_PROGRAM), str(most_faces), str(_LEAST_CONFIDENCE)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if os.environ.get("MIEN_MESH_LOG") else subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours to handle
            env={**os.environ, "GLOG_minloglevel": "2", "TF_CPP_MIN_LOG_LEVEL": "3"},
        )
        line = self._out.readline().decode("ascii", "replace").strip()
        if not line:
            self._process.wait()
            raise UsageError(
                f"{python} cannot load mediapipe's face mesh; try: make setup-explain (MIEN_MESH_LOG=1 shows "
                "why)"
            )
        self.version = line

    def faces(self, rgb: NDArray[np.uint8]) -> list[Mesh]:
        """The meshes of the faces in a picture, (H, W, 3), red first; (478, 3) each, in its pixels.

        Raises:
            MienError: the process has ended.
        """
        height, width = rgb.shape[:2]
        try:
            self._in.write(struct.pack("<II", height, width) + np.ascontiguousarray(rgb).tobytes())
            self._in.flush()
            (count,) = struct.unpack("<I", self._read(4))
            found = np.frombuffer(self._read(count * POINTS * 12), "<f4").reshape(count, POINTS, 3)
        except (BrokenPipeError, EOFError):
            raise MienError(
                f"the face mesh ended with status {self._process.wait()}; try again (MIEN_MESH_LOG=1 shows why)"
            ) from None
        return list(found)

    def _read(self, size: int) -> bytes:
        content = self._out.read(size)
        if len(content) < size:
            raise EOFError
        return content

    @property
    def _in(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def _out(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout

    def close(self) -> None:
        self._process.kill()  # it keeps nothing
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
