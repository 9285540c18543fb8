"""What a report says of its figures, in sentences and names for people."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.record import left_out_text
from training.report.page import interval, listed, percent

TRUTHS = {
    "fer2013": "FER2013's labels",
    "labels": "the labels",
    "raters": "raters' plurality",
    "raters_agree": "at least 6 of 10 raters agree",
}
KINDS = {"float": "float network", "int8": "int8 network, as on the device"}
PARTS = {"all": "all", "without_copies": "without copies"}

_WHOSE = {
    "fer2013": "FER2013's label does",
    "labels": "its label does",
    "raters": "most raters do",
    "raters_agree": "most raters do",
}
_FIGURES = {
    "fer2013": "accuracy on FER2013's labels",
    "labels": "accuracy on the labels",
    "ferplus": "accuracy on the raters' plurality",
    "mix": "accuracy on the raters' plurality",
}

RATERS = (
    "Raters: the ten votes of FER+ on each picture (Barsoum et al. 2016). The class of most votes is right; "
    "where several tie, each of them is, so that the number of a class's faces may differ by a few between "
    "networks. Faces that most found to be none of the classes are left out."
)
FIGURES = (
    "Balanced accuracy is the mean of the classes' recall, macro F1 that of their F1. The calibration error is "
    "the mean gap between confidence and accuracy over 15 bins (Guo et al. 2017)."
)
NOT_FOR = (
    "A network names the apparent expression of one picture of a face. It does not know what anyone feels, and "
    "its figures must not be used to decide about anyone."
)

Document = Mapping[str, Any]


def split_name(document: Document) -> str:
    """FER2013's names of splits are known; other data has folders."""
    folders = {"PublicTest": "valid", "PrivateTest": "test", "Training": "train"}
    name = str(document["split"])
    return name if document["data"]["truth"] == "fer2013" else folders[name]


def whose(document: Document) -> str:
    return _WHOSE[document["shown"]["truth"]]


def chosen_by(document: Document) -> str:
    """The figure that chose the checkpoint."""
    labels = document["fitted_to"] or "fer2013"
    return _FIGURES["labels" if labels == "fer2013" and document["data"]["truth"] == "labels" else labels]


def sentences(document: Document) -> Iterator[str]:
    """What the shown figures come to."""
    shown = document["shown"]
    found = document["metrics"][shown["kind"]]["all"][shown["truth"]]
    if not found["faces"]:
        yield "No face has such a truth."
        return
    ends = f" (95% interval {interval(found['intervals']['accuracy'])})" if "intervals" in found else ""
    yield (
        f"Of {found['faces']:,} faces of {split_name(document)}, {percent(found['accuracy'])}{ends} are named "
        f"as {whose(document)}; {_classes(found)}"
    )
    if set(document["metrics"]) == {"float", "int8"}:
        lost = 100 * (
            document["metrics"]["float"]["all"][shown["truth"]]["accuracy"]
            - document["metrics"]["int8"]["all"][shown["truth"]]["accuracy"]
        )
        yield f"The int8 network {'loses' if lost >= 0 else 'gains'} {abs(lost):.2f} points to the float one."


def warnings(document: Document) -> Iterator[str]:
    """What must be known before a figure is passed on."""
    name = split_name(document)
    if document["split"] == "PublicTest":
        chose = "chose this network's checkpoint" if document["fitted_to"] else "is what one chooses by"
        yield (
            f"{name} {chose}, so these figures are a little kind. Only the final split, which --final opens "
            "once, shows a network pictures that nothing was chosen by."
        )
    else:
        yield (
            f"{name} was opened for this. The look was written down with the model; every further look, and "
            "every choice by it, makes its figures kinder than the truth."
        )
    if text := left_out_text(document["left_out"]):
        yield f"{text[0].upper()}{text[1:]}."
    found = document["metrics"][document["shown"]["kind"]]["all"][document["shown"]["truth"]]
    if rare := [name for name, row in found.get("per_class", {}).items() if 0 < row["faces"] < 30]:
        yield f"Fewer than 30 faces are of {listed(rare)}: figures of so few say little."


def methods(document: Document) -> Iterator[str]:
    """How the figures came about."""
    bootstrap, data = document["bootstrap"], document["data"]
    if bootstrap["resamples"]:
        yield (
            f"Intervals are 95% percentile intervals of {bootstrap['resamples']:,} bootstrap resamples of the "
            f"faces (seed {bootstrap['seed']}): how far a figure would move with other pictures of the same "
            "kind. They know nothing of pictures of another kind, such as yours. The calibration error has "
            "none, for resampling alone makes it larger; the bins of the reliability diagram have Wilson's."
        )
    else:
        yield "No intervals were made (--resamples 0)."
    yield (
        f"{data['copies']:,} of the {document['faces']:,} faces are pixel-identical to one of Training's "
        f"{data['training_faces']:,}; “without copies” leaves them out."
    )
    if "raters" in document["metrics"][document["shown"]["kind"]]["all"]:
        yield RATERS
    yield FIGURES
    if "int8" in document["metrics"]:
        yield "The int8 network was run by the code that runs on the device, one face at a time."
    yield NOT_FOR


def _classes(found: Mapping[str, Any]) -> str:
    ranked = sorted(
        ((row["recall"], name) for name, row in found["per_class"].items() if row["faces"]), reverse=True
    )
    shown: Sequence[tuple[float, str]] = [ranked[0], ranked[-1]]
    (best, best_name), (worst, worst_name) = shown
    return f"{best_name} is found most often ({percent(best)}), {worst_name} least ({percent(worst)})."
