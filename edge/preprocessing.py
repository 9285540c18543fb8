"""From a box in a frame to the network's input: the one place where a face's pixels are touched.

Training, evaluation, calibration, the parity check and the device all call these functions, so that
a network sees on the device what it saw in training.
"""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Box, Gray

_Number = TypeVar("_Number", bound=np.generic)


def crop_face(gray: Gray, box: Box, margin: float = 0.0) -> Gray:
    """Cut a face out of a frame.

    Args:
        gray: the frame, (H, W), 0..255.
        box: where the detector saw the face; it may reach over the border, where it is clipped.
        margin: how much is added on each side, as a share of the box; -0.1 cuts a tenth away.

    Returns:
        The crop, a view, at least 1x1.

    Raises:
        ValueError: the box lies outside the frame.
    """
    clipped = box.expand(1 + 2 * margin).clip(*gray.shape[:2])
    if not clipped.area_px:
        raise ValueError(f"box {box.as_list()} lies outside the frame of {gray.shape[1]}x{gray.shape[0]}")
    return gray[clipped.y : clipped.y + clipped.height, clipped.x : clipped.x + clipped.width]


def resize_face(face: Gray, side_px: int) -> Gray:
    """Resize a face crop of any shape to (side_px, side_px), 0..255.

    Shrinking averages, as a smaller sensor would; enlarging interpolates between pixels, by the method of which
    OpenCV promises the same result on every processor: the plain one makes a fifth of the pixels brighter by
    one level on ARM.
    """
    if face.shape == (side_px, side_px):
        return face
    shrinks = min(face.shape[:2]) > side_px
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR_EXACT
    return cv2.resize(face, (side_px, side_px), interpolation=method)  # type: ignore[return-value]


def normalize(faces: NDArray[np.uint8], value_range: tuple[float, float]) -> NDArray[np.float32]:
    """Map pixels from 0..255 to the value range that the network was trained on.

    mini-XCEPTION's authors use [-1, 1] (Arriaga et al. 2017, arXiv:1710.07557).

    Args:
        faces: any shape, 0..255.
        value_range: what 0 and 255 become.
    """
    low, high = value_range
    return faces.astype(np.float32) * np.float32((high - low) / 255) + np.float32(low)


def to_model_input(
    face: Gray, side_px: int, value_range: tuple[float, float], channels: int = 1
) -> NDArray[np.float32]:
    """Turn a face crop into a float network's input, (1, side_px, side_px, channels), all channels alike."""
    return _as_batch(normalize(resize_face(face, side_px), value_range), channels)


def quantization_table(
    scale: float,
    zero_point: int,
    value_range: tuple[float, float],
    kind: type[np.int8] | type[np.uint8] = np.int8,
) -> NDArray[np.int8 | np.uint8]:
    """What each pixel value becomes in a quantized input tensor: 256 entries.

    A pixel p stands for the real value v = normalize(p), and a quantized q for (q - zero_point) * scale;
    so q = round(v / scale) + zero_point, within what the type holds. Scale and zero point are the tensor's own.
    """
    values = normalize(np.arange(256, dtype=np.uint8), value_range).astype(np.float64)
    limits = np.iinfo(kind)
    return np.asarray(np.clip(np.rint(values / scale) + zero_point, limits.min, limits.max), kind)


def to_quantized_input(
    face: Gray, side_px: int, table: NDArray[np.int8 | np.uint8], channels: int = 1
) -> NDArray[np.int8 | np.uint8]:
    """Turn a face crop into a quantized network's input, (1, side_px, side_px, channels), all alike."""
    return _as_batch(np.take(table, resize_face(face, side_px)), channels)


def _as_batch(face: NDArray[_Number], channels: int) -> NDArray[_Number]:
    batch = face[np.newaxis, :, :, np.newaxis]
    return batch if channels == 1 else np.repeat(batch, channels, axis=3)
