"""Pages that need nothing else: templates, what they say numbers in, and pictures inside the page."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import jinja2
import numpy as np
from numpy.typing import NDArray

from edge.errors import PictureError

_THUMBNAIL_PX = 96
_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **content: Any) -> str:
    """Fill in a template of this package. What it is given is escaped, but for markup."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=percent,
        interval=interval,
        count=count,
        kilobytes=kilobytes,
        millions=millions,
        listed=listed,
        number=number,
    )
    return environment.get_template(template).render(**content) + "\n"


def percent(share: float) -> str:
    """Such as 82.8%."""
    return f"{100 * share:.1f}%"


def interval(ends: Sequence[float] | None) -> str:
    """Such as 81.5 to 84.0; a dash where nothing is known."""
    return "–" if ends is None else f"{100 * ends[0]:.1f} to {100 * ends[1]:.1f}"


def count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def millions(value: int | None) -> str:
    """Such as 10.2 M."""
    return "–" if value is None else f"{value / 1e6:,.1f} M"


def kilobytes(size_bytes: int) -> str:
    return f"{size_bytes / 1000:,.0f} kB"


def number(value: float | None) -> str:
    """Three digits that count, such as 0.131 or 12.4."""
    if value is None:
        return "–"
    return f"{value:.3g}" if value < 1000 else f"{value:,.0f}"


def listed(names: Iterable[str]) -> str:
    """Such as "a, b and c"."""
    words = list(names)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def thumbnail(face: NDArray[np.uint8]) -> str:
    """A face as a data URI; a large one is made smaller."""
    if max(face.shape) > _THUMBNAIL_PX:
        shrink = _THUMBNAIL_PX / max(face.shape)
        face = np.asarray(cv2.resize(face, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    return picture_uri(face)


def picture_uri(picture: NDArray[np.uint8]) -> str:
    """A picture, grey or blue first, as it is, as a data URI."""
    is_done, png = cv2.imencode(".png", picture)
    if not is_done:
        size = f"{picture.shape[1]}x{picture.shape[0]}"
        raise PictureError(f"a picture of {size} pixels could not be written as PNG")
    return f"data:image/png;base64,{base64.b64encode(png.tobytes()).decode('ascii')}"


def shades(confusion: Sequence[Sequence[int]], names: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows of a confusion matrix: the true class, its faces, and the count and share of each cell."""
    return [
        {
            "name": name,
            "faces": sum(row),
            "cells": [{"faces": cell, "share": cell / max(sum(row), 1)} for cell in row],
        }
        for name, row in zip(names, confusion, strict=True)
    ]
