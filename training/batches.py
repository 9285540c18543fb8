"""Batches for Keras from numpy and OpenCV, made on other threads while the network computes."""

import math

import cv2
import keras
import numpy as np
from numpy.typing import NDArray

from edge.preprocessing import normalize, resize_face
from training.augmentation import Augmentation, augment
from training.balance import Balance, draw_order, face_weights
from training.devices import device_count
from training.disturbances import disturb
from training.machines import own_part
from training.splits import Pictures

_PLAIN_BATCH = 256
#: Fewer faces at once where they are large: what layers give to each other is kept for all of them.
_PLAIN_PIXELS = 256 * 64 * 64
#: Keeps the draws of mixup apart from those of the faces.
_MIXUP_DRAWS = 1

#: Inputs, targets and, where classes are balanced by weights, the weight of each face.
Batch = tuple[NDArray[np.float32], ...]


class FittingBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """One epoch of disturbed, shuffled faces; the same (seed, epoch, row) gives the same picture."""

    def __init__(
        self,
        pixels: Pictures,
        targets: NDArray[np.float32],
        *,
        side_px: int,
        value_range: tuple[float, float],
        batch_size: int,
        strength: Augmentation,
        seed: int,
        epoch: int,
        balance: Balance = "none",
        mixup: float = 0.0,
        channels: int = 1,
        camera_share: float = 0.0,
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
            balance: what makes up for rare classes: nothing, weights, or drawing their faces more often.
            mixup: alpha of the Beta distribution by which pairs of faces are blended; 0: none are.
            channels: of the network's input; the grey face stands in each.
            camera_share: of the faces that are disturbed by one of training.disturbances, too.
        """
        # Two threads: OpenCV and numpy give the interpreter lock away while they work.
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        cv2.setNumThreads(1)  # a face is too small to share, and the network needs the cores
        self._pixels, self._targets = pixels, targets
        self._side_px, self._value_range = side_px, value_range
        self._batch_size = min(batch_size, len(pixels))
        self._strength, self._seed, self._epoch = strength, seed, epoch
        self._camera_share = camera_share
        self._mixup, self._repeats, self._channels = mixup, balance == "sampling", channels
        self._weights = face_weights(targets) if balance == "weights" else None
        chances = face_weights(targets) if self._repeats else None
        self._order = draw_order(len(pixels), chances, np.random.default_rng((seed, epoch)))

    def __len__(self) -> int:
        return len(self._pixels) // self._batch_size

    def __getitem__(self, index: int) -> Batch:
        places = own_part(range(index * self._batch_size, (index + 1) * self._batch_size))
        rows = self._order[places.start : places.stop]
        faces = np.stack([self._disturbed(row, place) for row, place in zip(rows, places, strict=True)])
        batch = [as_input(faces, self._value_range, self._channels), self._targets[rows]]
        if self._weights is not None:
            batch.append(self._weights[rows])
        return tuple(self._blended(batch, index)) if self._mixup else tuple(batch)

    def _disturbed(self, row: int, place: int) -> NDArray[np.uint8]:
        again = (place,) if self._repeats else ()  # a face that is drawn twice looks different each time
        random = np.random.default_rng((self._seed, self._epoch, int(row), *again))
        face = augment(resize_face(self._pixels[row], self._side_px), self._strength, random)
        return disturb(face, random) if random.random() < self._camera_share else face

    def _blended(self, batch: list[NDArray[np.float32]], index: int) -> list[NDArray[np.float32]]:
        """Blend each face, its target and its weight with another's (Zhang et al. 2017, arXiv:1710.09412)."""
        random = np.random.default_rng((self._seed, self._epoch, index, 0, _MIXUP_DRAWS))
        count = len(batch[0])
        shares = random.beta(self._mixup, self._mixup, count).astype(np.float32)
        partners = random.permutation(count)
        blended = []
        for values in batch:
            own = shares.reshape(-1, *[1] * (values.ndim - 1))
            blended.append(own * values + (1 - own) * values[partners])
        return blended


class PlainBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Undisturbed faces in their order. The last batch is filled up with its last face, to have one shape."""

    def __init__(
        self, pixels: Pictures, side_px: int, value_range: tuple[float, float], channels: int = 1
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._pixels, self._side_px, self._value_range = pixels, side_px, value_range
        self._channels = channels
        devices = device_count()  # each takes an equal share
        at_once = min(_PLAIN_BATCH, max(1, _PLAIN_PIXELS // side_px**2), len(pixels))
        self._size = devices * math.ceil(at_once / devices)

    def __len__(self) -> int:
        return math.ceil(len(self._pixels) / self._size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32]]:
        last = len(self._pixels) - 1
        rows = range(index * self._size, (index + 1) * self._size)
        faces = [resize_face(self._pixels[min(row, last)], self._side_px) for row in rows]
        return (as_input(np.stack(faces), self._value_range, self._channels),)


def as_input(faces: NDArray[np.uint8], value_range: tuple[float, float], channels: int) -> NDArray[np.float32]:
    """A network's input, (n, side, side, channels), from faces of its size, (n, side, side)."""
    values = normalize(faces, value_range)[..., np.newaxis]
    return values if channels == 1 else np.repeat(values, channels, axis=3)
