"""What is said and kept of the data that a network is fitted to."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.classes import count_by_class
from training.datasets import Faces, Split, preparation
from training.votes import Labels

logger = logging.getLogger(__name__)


def figure_name(labels: Labels, faces: Faces) -> str:
    """What chooses the checkpoint, by the labels that the network is fitted to, in words."""
    if labels != "fer2013":
        return "accuracy on the raters' plurality"
    return "accuracy on FER2013's labels" if faces.truth == "fer2013" else "accuracy on the labels"


def tell_classes(faces: Mapping[Split, Faces]) -> None:
    """Say which faces have no place among the classes, if some have none."""
    for split, found in faces.items():
        if text := left_out_text(found.left_out):
            logger.info("%s: %s", split, text)


def left_out_text(left_out: Mapping[str, int]) -> str:
    """Such as "left out, for they are none of the classes: 496 of fear"; empty where none is."""
    counts = ", ".join(f"{count} of {name}" for name, count in left_out.items())
    return f"left out, for they are none of the classes: {counts}" if counts else ""


def data_record(data: Path, faces: Mapping[Split, Faces]) -> dict[str, Any]:
    """For the RUN and the card: how many faces of each class there are, and how the data was made."""
    some = faces[Split.TRAINING]
    record: dict[str, Any] = {
        "name": data.resolve().name,
        "labels": "FER2013's" if some.truth == "fer2013" else "the data's own",
        "classes": list(some.classes),
        "faces": {
            str(split): count_by_class(found.labels.tolist(), found.classes) for split, found in faces.items()
        },
        "left_out": {str(split): dict(found.left_out) for split, found in faces.items()},
    }
    if prepared := preparation(data):
        record["prepared"] = prepared
    return record
