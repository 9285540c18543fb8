"""OpenCV's YuNet (Wu et al. 2023, doi:10.1007/s11633-023-1423-y), where the user has its model.

It finds turned and half covered faces that Haar misses, and costs more. The model is not ours to ship:
face_detection_yunet_2023mar.onnx of OpenCV's model zoo, 233 kB, MIT.
"""

import os
from pathlib import Path

import cv2
import numpy as np

from edge.errors import ConfigError
from edge.quiet import quiet_stderr
from edge.records import Box, Gray

#: How sure it must be, and how far two of its boxes may overlap; as in OpenCV's own example.
_LEAST_SCORE = 0.7
_MOST_OVERLAP = 0.3
_MOST_FACES = 100

#: Faces of 10 pixels and more were in its training, but such are seldom found.
_SIDE_PX = 20


class YuNetDetector:
    """A small convolutional network that finds faces.

    Args:
        path: its ONNX file.

    Raises:
        ConfigError: there is no such file, or it is not YuNet.
    """

    side_px = _SIDE_PX

    def __init__(self, path: Path) -> None:
        path = Path(os.path.expanduser(path))
        where = f"detect.yunet_model is {path}"
        if not path.is_file():
            raise ConfigError(f"{where}, which is not there; expected face_detection_yunet_2023mar.onnx")
        try:
            with quiet_stderr():  # OpenCV tells the same several times
                self._network = cv2.FaceDetectorYN.create(
                    str(path), "", (64, 64), _LEAST_SCORE, _MOST_OVERLAP, _MOST_FACES
                )
                self.find(np.zeros((64, 64), np.uint8), 1)
        except cv2.error as error:
            raise ConfigError(
                f"{where}, which OpenCV {cv2.__version__} cannot use as YuNet ({_reason(error)}); expected "
                "face_detection_yunet_2023mar.onnx, whole and not a pointer to it"
            ) from None

    def find(self, gray: Gray, min_px: int, max_px: int = 0) -> list[Box]:
        """Faces whose side is min_px to max_px pixels of the picture given; 0: no upper limit."""
        bgr = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
        self._network.setInputSize((gray.shape[1], gray.shape[0]))
        _, found = self._network.detect(bgr)
        boxes = [] if found is None else [_square(*face[:4].tolist()) for face in np.asarray(found)]
        return [box for box in boxes if min_px <= box.width <= (max_px or box.width)]


def _square(x: float, y: float, width: float, height: float) -> Box:
    """Haar's boxes, which the networks know, are squares; YuNet's are as narrow as the face."""
    side = max(width, height)
    return Box(round(x + (width - side) / 2), round(y + (height - side) / 2), round(side), round(side))


def _reason(error: cv2.error) -> str:
    text = getattr(error, "err", "") or str(error)
    return " ".join(text.split())[:100]
