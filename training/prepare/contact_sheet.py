"""A picture of some faces of each label and side, to see at a glance what was cut."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.pictures import read_gray
from edge.preprocessing import resize_face
from edge.records import Gray
from training.prepare.settings import SIDES

_FACES = 12
_FACE_PX = 72
_GAP_PX = 6
_NAMES_PX = 210
_CAPTION_PX = 16
_PAPER, _INK, _PALE = 250, 30, 130


def draw_sheet(data: Path, counts: Mapping[str, Mapping[str, int]]) -> Gray:
    """Draw a row of faces for each label and side, spread evenly over the numbers.

    Args:
        data: the folder with train/<label>/000001.png and so on.
        counts: faces by label and side.
    """
    strips: list[Gray] = []
    for label, by_side in counts.items():
        strips.append(_heading(label, sum(by_side.values())))
        strips.extend(_row(data, label, side, by_side[side]) for side in SIDES)
    return np.vstack(strips)


def _heading(label: str, count: int) -> Gray:
    strip = np.full((34, _width_px()), _PAPER, np.uint8)
    strip[:2] = _PALE
    _write(strip, f"{label}: {count:,} faces", (_GAP_PX, 25), 0.62)
    return strip


def _row(data: Path, label: str, side: str, count: int) -> Gray:
    strip = np.full((_FACE_PX + _CAPTION_PX + _GAP_PX, _width_px()), _PAPER, np.uint8)
    _write(strip, side, (_GAP_PX, _FACE_PX // 2), 0.55)
    _write(strip, f"{count:,} faces" if count else "none", (_GAP_PX, _FACE_PX // 2 + 22), 0.45, _PALE)
    for place, number in enumerate(spread(count)):
        left = _NAMES_PX + place * (_FACE_PX + _GAP_PX)
        face = read_gray(data / side / label / f"{number:06d}.png")
        strip[:_FACE_PX, left : left + _FACE_PX] = resize_face(face, _FACE_PX)
        _write(strip, f"{number:06d}", (left + 12, _FACE_PX + 12), 0.36, _PALE)
    return strip


def spread(count: int) -> Sequence[int]:
    """At most _FACES numbers from 1 to `count`."""
    return [1 + place * count // _FACES for place in range(_FACES)] if count > _FACES else range(1, count + 1)


def _width_px() -> int:
    return _NAMES_PX + _FACES * (_FACE_PX + _GAP_PX)


def _write(canvas: Gray, words: str, at: tuple[int, int], scale: float, ink: int = _INK) -> None:
    if words.isascii():
        cv2.putText(canvas, words, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)
        return
    letters = _letters(words, round(28 * scale))
    height, width = letters.shape[0], min(letters.shape[1], canvas.shape[1] - at[0])
    bottom = min(canvas.shape[0], at[1] + height // 4)
    part = canvas[max(0, bottom - height) : bottom, at[0] : at[0] + width]
    shade = letters[-len(part) :, :width] / 255
    part[:] = (part * (1 - shade) + ink * shade).astype(np.uint8)


def _letters(words: str, size_px: int) -> Gray:
    """Words that OpenCV has no letters for, 0..255, in matplotlib's font or another of this machine."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    own = str(font_manager.findfont("DejaVu Sans"))
    best, best_count = own, -1
    for path in (own, *sorted(font_manager.findSystemFonts())):
        try:
            font = FT2Font(path)
        except (OSError, RuntimeError):
            continue
        count = sum(font.get_char_index(ord(letter)) > 0 for letter in words)
        if count > best_count:
            best, best_count = path, count
        if count == len(words):
            break
    font = FT2Font(best)
    font.set_size(size_px, 72)
    font.set_text(words)
    font.draw_glyphs_to_bitmap(antialiased=True)
    return np.asarray(font.get_image(), np.uint8)
