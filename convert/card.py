"""The card of a new bundle: what is known of the network, its data and their licence, in plain words."""

from typing import Any

from edge.emotion.bundle import Card, InputSpec, OutputSpec, Quantization
from edge.labels import EMOTIONS
from training.sources import Source

_DATA = (
    "FER2013 (Goodfellow et al. 2013, arXiv:1307.0414): 35,887 grey 48x48 faces collected from the web by "
    "search words; Training (28,709) fitted, PublicTest (3,589) chose the checkpoint"
)
_VOTES = "FER+ (Barsoum et al. 2016, arXiv:1608.01041): ten raters for each picture of FER2013"
_WHY = {
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
        "PublicTest, int8": {truth: found["accuracy"] for truth, found in on_public.items()},
        "looks": list(other.looks),
        "command": other.command,
    }


def make_card(
    source: Source,
    *,
    name: str,
    side_px: int,
    quantization: tuple[Quantization, Quantization],
    calibration_faces: int,
    has_votes: bool,
    command: str,
) -> Card:
    """The card without metrics and digests, which need the files first.

    Args:
        source: the float network.
        name: of the bundle.
        side_px: of the input.
        quantization: of the input and the output.
        calibration_faces: how many faces chose the ranges of the tensors.
        has_votes: FER+ was beside the data.
        command: that makes the bundle.
    """
    fit = source.record.get("fit")
    labels = fit["labels"] if isinstance(fit, dict) else None
    training = {
        "data": _DATA,
        "votes": _VOTES if has_votes else "none",
        "speaks": _WHY[labels] if labels else "not known",
        **source.record,
        "calibration": f"{calibration_faces} faces of Training, balanced by class",
    }
    return Card(
        name=name,
        network=source.network,
        input=InputSpec(side_px=side_px, value_range=source.value_range, quantization=quantization[0]),
        output=OutputSpec(quantization=quantization[1]),
        classes=EMOTIONS,
        training=training,
        metrics={},
        looks=source.looks,
        licence=_LICENCE,
        not_for=_NOT_FOR,
        command=command,
        sha256={},
    )
