"""Action units by face geometry, of many pictures: a process with the face mesh on each core."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from edge.errors import DataError, PictureError
from edge.pictures import read_bgr
from training.explain.geometry import MEASURES, REST, UNITS, Distances
from training.explain.looks import MeasuredFace, measure_faces
from training.explain.mesh import MeshProcess
from training.explain.unit_pictures import UnitPicture
from training.explain.unit_table import UnitTable

logger = logging.getLogger(__name__)


class MeshMeter:
    """See training.explain.measuring.Meter. Use it in a `with`."""

    def __init__(
        self, python: Path, *, neutral: Path | None = None, most_faces: int = 5, jobs: int = 1
    ) -> None:
        """Start the processes.

        Args:
            python: see training.explain.mesh.find_python.
            neutral: a picture of the person's neutral face, from which changes are counted; None: people in
                general.
            most_faces: how many faces of a picture are measured.
            jobs: processes.

        Raises:
            UsageError: this Python has no face mesh.
            DataError: there is no face in `neutral`.
        """
        self._stack = ExitStack()
        with self._stack:  # closes what has started where something fails
            self._threads = ThreadPoolExecutor(jobs)
            self._stack.callback(self._threads.shutdown, cancel_futures=True)
            self._free: SimpleQueue[MeshProcess] = SimpleQueue()
            for _ in range(jobs):
                process = self._stack.enter_context(MeshProcess(python, most_faces))
                self._free.put(process)
            self.source = f"mediapipe {process.version}"
            self._rest = self._rest_of(neutral) if neutral else REST
            self._stack = self._stack.pop_all()
        most = {unit: measure.most for unit, measure in MEASURES.items()}
        self.settings = repr((self.source, most, dict(self._rest), most_faces))

    def _rest_of(self, path: Path) -> Distances:
        faces = self._faces(UnitPicture(str(path), lambda: _read(path)))
        if len(faces) != 1:
            raise DataError(f"{path} shows {len(faces)} faces; expected the neutral face of one person")
        return faces[0].distances

    def _faces(self, picture: UnitPicture) -> list[MeasuredFace]:
        process = self._free.get()
        try:
            rest = getattr(self, "_rest", REST)
            return measure_faces(process.faces, picture.read(), is_face=picture.is_face, rest=rest)
        finally:
            self._free.put(process)

    def measure(self, pictures: Sequence[UnitPicture]) -> UnitTable:
        found = list(self._threads.map(self._readable_faces, pictures))
        rows = [
            (picture, place, face)
            for picture, faces in zip(pictures, found, strict=True)
            for place, face in enumerate(faces or [None])
        ]
        is_found = np.array([face is not None for _, _, face in rows], bool)
        missing = np.full(len(UNITS), np.nan, np.float32)
        nowhere = np.full((68, 2), np.nan, np.float32)
        return UnitTable(
            tuple(picture.name for picture, _, _ in rows),
            np.array([place for _, place, _ in rows], np.intp),
            is_found,
            np.array([face.confidence if face else 0 for _, _, face in rows], np.float32),
            UNITS,
            np.stack([face.intensities if face else missing for _, _, face in rows]),
            np.stack([face.landmarks if face else nowhere for _, _, face in rows]),
            tuple(picture.label for picture, _, _ in rows) if any(one.label for one in pictures) else None,
            source=self.source,
        )

    def _readable_faces(self, picture: UnitPicture) -> list[MeasuredFace]:
        """A picture that cannot be read is named, and counts as one without a face."""
        try:
            return self._faces(picture)
        except PictureError as error:
            logger.warning("%s", error)
            return []

    def close(self) -> None:
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _read(path: Path) -> np.ndarray:
    return cv2.cvtColor(read_bgr(path), cv2.COLOR_BGR2RGB)
