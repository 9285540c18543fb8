"""Drawing boxes and words into a picture, for people who asked for it."""

import functools
import logging
import subprocess

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.labels import name_for_people
from edge.records import Box

logger = logging.getLogger(__name__)

_FRAME_BGR = (60, 200, 60)
_INK_BGR = (20, 20, 20)


def annotate(bgr: NDArray[np.uint8], faces: list[tuple[Box, str, float]], lang: str) -> NDArray[np.uint8]:
    """Draw a box and its emotion for every face, on a copy of the picture.

    Args:
        bgr: (H, W, 3), blue first.
        faces: box, emotion, confidence.
        lang: language of the names. Where no font on this machine has its letters, English is written.
    """
    canvas = bgr.copy()
    for box, emotion, confidence in faces:
        thickness = max(2, box.width // 60)
        corner = (box.x + box.width, box.y + box.height)
        cv2.rectangle(canvas, (box.x, box.y), corner, _FRAME_BGR, thickness)
        height_px = max(16, box.width // 6)
        words = f"{name_for_people(emotion, lang)} {confidence:.0%}"
        label = _label(words, lang, height_px)
        if label is None:
            label = _latin_label(f"{name_for_people(emotion)} {confidence:.0%}", height_px)
        _paste(canvas, label, box.x, box.y - label.shape[0])
    return canvas


def _label(words: str, lang: str, height_px: int) -> NDArray[np.uint8] | None:
    """The words on a plate, by Pillow with a font that has the letters; None where there is none."""
    if lang == "en":
        return _latin_label(words, height_px)
    font_path = font_for(lang)
    if font_path is None:
        return None
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(font_path, round(height_px * 0.75))
    plate = Image.new("RGB", (round(font.getlength(words)) + height_px // 2, height_px), _FRAME_BGR[::-1])
    ImageDraw.Draw(plate).text((height_px // 4, height_px // 2), words, _INK_BGR[::-1], font, anchor="lm")
    return np.asarray(plate, np.uint8)[:, :, ::-1]


@functools.cache
def font_for(lang: str) -> str | None:
    """A font of this machine with the language's letters, as fontconfig knows it."""
    try:
        import PIL  # noqa: F401

        asked = ["fc-list", f":lang={lang.lower()}", "file"]
        listed = subprocess.run(asked, capture_output=True, text=True, timeout=10).stdout
    except (ImportError, OSError, subprocess.TimeoutExpired):
        listed = ""
    fonts = sorted(line.split(":")[0] for line in listed.splitlines() if line.strip())
    if not fonts:
        logger.warning("no Pillow or no font for %s here; the picture says it in English", lang)
        return None
    return min(fonts, key=lambda path: ("Regular" not in path and "Sans.ttf" not in path, path))


def _latin_label(words: str, height_px: int) -> NDArray[np.uint8]:
    """The words on a plate, by OpenCV's own strokes, which are Latin only."""
    face, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, height_px // 14)
    scale = cv2.getFontScaleFromHeight(face, round(height_px * 0.5), thickness)
    (width_px, _), _ = cv2.getTextSize(words, face, scale, thickness)
    plate = np.full((height_px, width_px + height_px // 2, 3), _FRAME_BGR, np.uint8)
    at = (height_px // 4, round(height_px * 0.75))
    cv2.putText(plate, words, at, face, scale, _INK_BGR, thickness, cv2.LINE_AA)
    return plate


def _paste(canvas: NDArray[np.uint8], plate: NDArray[np.uint8], x: int, y: int) -> None:
    """Put a plate into the picture, moved to lie within it."""
    height = min(plate.shape[0], canvas.shape[0])
    width = min(plate.shape[1], canvas.shape[1])
    x = max(0, min(x, canvas.shape[1] - width))
    y = max(0, min(y, canvas.shape[0] - height))
    canvas[y : y + height, x : x + width] = plate[:height, :width]
