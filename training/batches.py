"""Batches for Keras from numpy and OpenCV, made on other threads while the network computes."""

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from edge.preprocessing import normalize, resize_face
from training.augmentation import Augmentation, augment


class FittingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """One epoch of disturbed, shuffled faces; the same (seed, epoch, row) gives the same picture."""

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        targets: NDArray[np.float32],
        *,
        side_px: int,
        value_range: tuple[float, float],
        batch_size: int,
        strength: Augmentation,
        seed: int,
        epoch: int,
    ) -> None:
        """Hold the faces.

        Args:
            pixels: (n, h, w), 0..255.
            targets: (n, classes), probabilities.
            side_px: side of the network's input.
            value_range: of the network's input.
            batch_size: faces per batch; the rest of an epoch that fills no batch is left out, so that
                every batch has one shape.
            strength: of the disturbances.
            seed: of everything random.
            epoch: counts from 0. Each epoch has batches of its own, because Keras may ask for the first
                ones of the next epoch before it says that one has ended.
        """
        # Two threads: OpenCV and numpy give the interpreter lock away while they work.
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        cv2.setNumThreads(1)  # a face is too small to share, and the network needs the cores
        self._pixels, self._targets = pixels, targets
        self._side_px, self._value_range = side_px, value_range
        self._batch_size = min(batch_size, len(pixels))
        self._strength, self._seed, self._epoch = strength, seed, epoch
        self._order = np.random.default_rng((seed, epoch)).permutation(len(pixels))

    def __len__(self) -> int:
        return len(self._pixels) // self._batch_size

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        faces = np.stack([self._disturbed(row) for row in rows])
        return normalize(faces, self._value_range)[..., np.newaxis], self._targets[rows]

    def _disturbed(self, row: int) -> NDArray[np.uint8]:
        random = np.random.default_rng((self._seed, self._epoch, int(row)))
        return augment(resize_face(self._pixels[row], self._side_px), self._strength, random)


def model_inputs(
    pixels: NDArray[np.uint8], side_px: int, value_range: tuple[float, float]
) -> NDArray[np.float32]:
    """Undisturbed faces as a float network's input, (n, side_px, side_px, 1)."""
    faces = np.stack([resize_face(face, side_px) for face in pixels])
    return normalize(faces, value_range)[..., np.newaxis]
