"""The card of a new bundle: what is known of the network, its data and their licence, in plain words."""

from collections.abc import Mapping
from typing import Any, Literal

from edge.emotion.bundle import Card, InputSpec, OutputSpec, Quantization
from training.sources import Source
from training.splits import Faces, Split

_DATA = (
    "FER2013 (Goodfellow et al. 2013, arXiv:1307.0414): 35,887 grey 48x48 faces collected from the web by "
    "search words; Training (28,709) fitted, PublicTest (3,589) chose the checkpoint"
)
_VOTES = "FER+ (Barsoum et al. 2016, arXiv:1608.01041): ten raters for each picture of FER2013"
_WHY = {
    "labels": "the labels of the data, whatever they were given by",
    "fer2013": "FER2013's own labels, which come from the search words and are often not what raters see; use "
    "it to compare with other work",
    "ferplus": "the shares of ten raters' votes: what people see in a face. That is what an apparent "
    "expression is. FER2013's own labels come from search words",
    "mix": "half FER2013's labels, half the shares of ten raters' votes",
}
_LICENCE = {
    "data": "FER2013's pictures come from the web, for research; no licence of the pictures is known. None is "
    "in this bundle.",
    "votes": "FER+: MIT, Microsoft",
    "weights": "made by this project from the data above; whether the unknown licence of the pictures reaches "
    "weights is not settled: judge for yourself before you sell them",
}
_LICENCE_OF_OTHERS = {
    "data": "not known to this program: ask who made the pictures. None is in this bundle.",
    "weights": "as the pictures and the network that was fine-tuned allow: judge for yourself",
}
_NOT_FOR = (
    "saying what a person feels: it names the apparent expression of one picture of a face",
    "decisions about a person: hiring, schooling, policing, insurance, health, credit",
    "emotion recognition at work or in schools, which the EU's AI Act forbids (Regulation 2024/1689, art. 5)",
    "lie detection, or identifying anybody",
    "watching people who have not been told",
    "faces unlike FER2013's: profiles, masks, drawings; its errors by age, sex and skin are not measured",
)


def beside_record(other: Card) -> dict[str, Any]:
    """How the same network does that was fitted to other labels, for the card of the one that ships."""
    fit = other.training.get("fit")
    known = fit if isinstance(fit, dict) else {}
    on_public = other.metrics["PublicTest"]["int8"]["all"]
    return {
        "name": other.name,
        "labels": known.get("labels", "not known"),
        "epochs": known.get("epochs", "not known"),
        "began_with": (known.get("base") or {}).get("file", "nothing"),
        "teachers": list(known.get("teachers", ())),
        "PublicTest, int8": {truth: found["accuracy"] for truth, found in on_public.items()},
        "looks": list(other.looks),
        "command": other.command,
    }


def make_card(
    source: Source,
    *,
    name: str,
    side_px: int,
    channels: Literal[1, 3],
    quantization: tuple[Quantization, Quantization],
    calibration: str,
    faces: Mapping[Split, Faces],
    command: str,
) -> Card:
    """The card without metrics and digests, which need the files first.

    Args:
        source: the float network.
        name: of the bundle.
        side_px, channels: of the input.
        quantization: of the input and the output.
        calibration: what chose the ranges of the tensors.
        faces: Training and PublicTest of the data that calibrates and compares.
        command: that makes the bundle.
    """
    some = faces[Split.TRAINING]
    training = {
        "data": _DATA if some.truth == "fer2013" else _data_of_others(faces),
        "votes": _VOTES if some.votes is not None else "none",
        "speaks": _speaks(source, some.truth),
        **source.record,
        "calibration": calibration,
        "left_out": {str(split): dict(found.left_out) for split, found in faces.items()},
    }
    return Card(
        name=name,
        network=source.network,
        input=InputSpec(
            side_px=side_px,
            channels=channels,
            value_range=source.value_range,
            crop_margin=_crop_margin(source),
            quantization=quantization[0],
        ),
        output=OutputSpec(quantization=quantization[1]),
        classes=tuple(some.classes),
        training=training,
        metrics={},
        looks=source.looks,
        licence=source.licence or (_LICENCE if some.truth == "fer2013" else _LICENCE_OF_OTHERS),
        not_for=_NOT_FOR,
        command=command,
        sha256={},
    )


def _data_of_others(faces: Mapping[Split, Faces]) -> str:
    counts = ", ".join(f"{len(found)} in {split}" for split, found in faces.items())
    return f"pictures of the maker of this bundle: {counts}; Training fitted, PublicTest chose the checkpoint"


def _speaks(source: Source, truth: str) -> str:
    """Whose word the network repeats, as far as known."""
    labels = source.fitted_to
    if labels is None:
        return "not known"
    return _WHY["labels" if labels == "fer2013" and truth == "labels" else labels]


def _crop_margin(source: Source) -> float:
    """As wide as somebody said, or as `mien-train prepare` cut the faces that the network was fitted to."""
    if source.crop_margin is not None:
        return float(source.crop_margin)
    fitted_on = source.record.get("fitted_on")
    prepared = fitted_on.get("prepared") if isinstance(fitted_on, Mapping) else None
    return float(prepared.get("crop_margin", 0)) if isinstance(prepared, Mapping) else 0.0
