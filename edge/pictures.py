"""Reading picture files, which may be anything."""

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge import MAX_PICTURE_PIXELS
from edge.errors import PictureError
from edge.quiet import quiet_stderr
from edge.records import Gray

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".pgm", ".ppm"})

#: What is neither a stuffed zero, a restart nor a fill byte within a JPEG's picture data.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]", re.DOTALL)
_JPEG_END = 0xD9


def read_gray(path: Path) -> Gray:
    """Read a picture as grey, (height, width), 0..255, turned upright as its EXIF says.

    16 bits a channel become 8; an alpha channel is ignored; CMYK is converted.

    Raises:
        PictureError: the file is missing, empty, broken off, not a picture, or too large.
    """
    return _decode(path, cv2.IMREAD_GRAYSCALE)


def read_bgr(path: Path) -> NDArray[np.uint8]:
    """Read a picture as colour, (height, width, 3), blue first. Raises PictureError as `read_gray`."""
    return _decode(path, cv2.IMREAD_COLOR)


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder and its subfolders by their suffix, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _decode(path: Path, mode: int) -> NDArray[np.uint8]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path}: {(error.strerror or str(error)).lower()}; expected a picture") from None
    if not data:
        raise PictureError(f"{path}: the file is empty; expected a picture")
    if _breaks_off(data):
        raise PictureError(f"{path}: the picture breaks off before its end; the file is damaged")
    try:
        with quiet_stderr():
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), mode)
    except cv2.error as error:
        if "CV_IO_MAX_IMAGE" in str(error):
            limit = f"{MAX_PICTURE_PIXELS // 1_000_000} megapixels"
            raise PictureError(f"{path}: the picture has more than {limit}; make it smaller") from None
        raise PictureError(f"{path}: the picture is damaged") from None
    if picture is None:
        raise PictureError(f"{path}: not a picture that can be read; expected JPEG, PNG, WebP, BMP or TIFF")
    return picture  # type: ignore[return-value]


def _breaks_off(data: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end. Decoders fill the rest with grey and say nothing."""
    if data.startswith(b"\xff\xd8"):
        return not _has_jpeg_end(data)
    return data.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND\xaeB`\x82" not in data


def _has_jpeg_end(data: bytes) -> bool:
    """Whether the picture's own end marker comes, walking from segment to segment (ITU-T T.81, annex B).

    Neither a thumbnail's end within a segment nor what phones append behind the picture counts.
    """
    at = 2
    while marker := _JPEG_MARKER.search(data, at):
        if marker[0][1] == _JPEG_END:
            return True
        at = marker.end() + int.from_bytes(data[marker.end() : marker.end() + 2])
    return False
