"""The report of what a network has learned: explain.html, explain.json, and its charts as PNG."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from training.explain.learned import ClassLook, Mistake
from training.explain.saliency.maps import overlay
from training.report import wording
from training.report.page import listed, percent, picture_uri, render
from training.splits import Faces

PAGE_FILE = "explain.html"
JSON_FILE = "explain.json"
#: All that such a report consists of.
PARTS = (PAGE_FILE, JSON_FILE, "looks_*.png")

_SHOWN_PX = 144
#: How many of a class's strongest units are named in words, and from which correlation on.
_NAMED, _LEAST = 3, 0.1


class Learned(Protocol):
    """What training.explain.network_run finds."""

    @property
    def document(self) -> Mapping[str, Any]: ...
    @property
    def faces(self) -> Faces: ...
    @property
    def looks(self) -> Sequence[ClassLook]: ...
    @property
    def mistakes(self) -> Sequence[Mistake]: ...


def write_explained(folder: Path, learned: Learned, *, with_pictures: bool) -> None:
    """Write all parts of a report.

    Args:
        folder: where to.
        learned: what was found.
        with_pictures: show faces on which it was wrong. Mean faces, in which nobody is seen, are shown in any
            case.
    """
    for number, look in enumerate(learned.looks, start=1):
        name = f"looks_{number}_{_file_name(look.name)}.png"
        cv2.imwrite(str(folder / name), _glowing(look.mean_face, look.mean))
    (folder / PAGE_FILE).write_text(make_page(learned, with_pictures=with_pictures), encoding="utf-8")
    text = json.dumps(learned.document, indent=2, ensure_ascii=False)
    (folder / JSON_FILE).write_text(text + "\n", encoding="utf-8")


def make_page(learned: Learned, *, with_pictures: bool) -> str:
    document = learned.document
    return render(
        "explain.html",
        doc=document,
        split_name=wording.split_name(document),
        truth_name=wording.TRUTHS[document["against"]],
        looks=[
            {**row, "picture": picture_uri(_glowing(look.mean_face, look.mean)), "said": _where(row)}
            for row, look in zip(document["looks"], learned.looks, strict=True)
        ],
        table=_shaded(document["units"]) if document["units"] else None,
        strongest=_strongest(document),
        mistakes=[
            _shown(row, one, learned.faces)
            for row, one in zip(document["mistakes"], learned.mistakes, strict=True)
        ],
        with_pictures=with_pictures,
        not_for=wording.NOT_FOR,
    )


def _glowing(face: NDArray[np.uint8], saliency: Any) -> NDArray[np.uint8]:
    return overlay(_enlarged(face), saliency)


def _enlarged(face: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(face, (_SHOWN_PX, _SHOWN_PX), interpolation=cv2.INTER_CUBIC), np.uint8)


def _file_name(name: str) -> str:
    """A class may be called anything."""
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def _where(look: Mapping[str, Any]) -> str:
    place, share = max(look["thirds"].items(), key=lambda one: one[1])
    return f"{percent(share)} in the third of {place}"


def _shaded(units: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the table; a correlation that chance may explain has no colour."""
    rows = []
    for row in units["correlations"]:
        cells = [
            {
                "value": value,
                "share": abs(value or 0) if abs(value or 0) >= units["chance"] else 0,
                "is_minus": (value or 0) < 0,
            }
            for value in row["by_class"].values()
        ]
        rows.append({"name": row["name"], "cells": cells})
    return rows


def _strongest(document: Mapping[str, Any]) -> list[str]:
    """Of each class, the units with which its score rises most, in words."""
    units = document["units"]
    if units is None:
        return []
    said = []
    for name in document["classes"]:
        least = max(units["chance"], _LEAST)
        known = [row for row in units["correlations"] if (row["by_class"][name] or 0) >= least]
        first = sorted(known, key=lambda row: -row["by_class"][name])[:_NAMED]
        if first:
            words = listed(f"{row['name']} {row['by_class'][name]:+.2f}" for row in first)
            said.append(f"{name} rises with {words}")
    return said


def _shown(row: Mapping[str, Any], mistake: Mistake, faces: Faces) -> Mapping[str, Any]:
    face = _enlarged(np.asarray(faces.pixels[mistake.row]))
    return {**row, "face": picture_uri(face), "glowing": picture_uri(overlay(face, mistake.saliency))}
