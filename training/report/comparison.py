"""The report of a comparison: compare.html, compare.json, and each chart as a PNG."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from training.report import charts, wording
from training.report.page import listed, percent, render
from training.report.svg import to_svg

PAGE_FILE = "compare.html"
JSON_FILE = "compare.json"
#: All that such a report consists of.
PARTS = (PAGE_FILE, JSON_FILE, "standings.png", "pace.png")

_DPI = 130
#: The usual bound below which a difference is taken for more than chance.
_USUAL_P = 0.05

Document = Mapping[str, Any]


def write_comparison(folder: Path, document: Document) -> None:
    for name, (figure, _) in _charts(document).items():
        figure.savefig(folder / f"{name}.png", dpi=_DPI)
    (folder / PAGE_FILE).write_text(make_page(document), encoding="utf-8")
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (folder / JSON_FILE).write_text(text + "\n", encoding="utf-8")


def make_page(document: Document) -> str:
    rows = ranked(document)
    return render(
        "compare.html",
        doc=document,
        rows=rows,
        models=len({row["model"] for row in rows}),
        truth_names=wording.TRUTHS,
        against=document["against"],
        split_name=wording.split_name(document),
        said=list(notes(document)),
        verdict=verdict(document),
        how=list(_methods(document)),
        charts={name: to_svg(figure, name, text) for name, (figure, text) in _charts(document).items()},
    )


def ranked(document: Document) -> Sequence[Mapping[str, Any]]:
    """The contenders, the most accurate first."""
    against = document["against"]
    return sorted(document["contenders"], key=lambda row: -row["metrics"][against]["accuracy"])


def verdict(document: Document) -> str | None:
    """What McNemar's test says of the best two, in words."""
    test = document["best_two"]
    if test is None:
        return None
    first, second = test["first"], test["second"]
    if not test["only_first"] + test["only_second"]:
        return f"{first} and {second} are right and wrong on the very same faces."
    chance = "less than 0.1%" if test["p"] < 0.001 else percent(test["p"])
    meaning = (
        f"so {first} is better on such pictures by more than chance explains"
        if test["p"] < _USUAL_P
        else "so chance may well explain it: these faces do not show which of the two is better"
    )
    return (
        f"Against {wording.TRUTHS[document['against']]}, {first} alone is right on {test['only_first']:,} "
        f"faces, {second} alone on {test['only_second']:,}. "
        "Were both equally good, a difference at least as large would come about by chance in "
        f"{chance} of such comparisons (McNemar's exact test), {meaning}."
    )


def notes(document: Document) -> Iterator[str]:
    """What must be known of the figures before they are passed on."""
    shared = document["classes"]
    if lacking := [label for label, own in document["own_classes"].items() if set(own) - set(shared)]:
        yield (
            f"The models have different classes. They are compared on those that all share: {listed(shared)}. "
            f"{listed(lacking)} had to choose among these alone, and faces of other classes are left out."
        )
    for row in document["contenders"]:
        if row["outside"]:
            yield (
                f"Left to itself, {row['label']} would have named {row['outside']:,} of these faces as a class "
                "that not all share."
            )
    if document["unanswered"]:
        rows = [row for row in document["contenders"] if row["missing"]]
        missing = listed(f"{row['label']} for {row['missing']:,}" for row in rows)
        yield (
            f"Not every model has an answer for every face: none came from {missing}. The figures are on the "
            "faces that all answered; beside them stands the accuracy with every missing answer taken as wrong."
        )
    if left_out := document["left_out"]:
        counts = listed(f"{faces:,} of {name}" for name, faces in left_out.items())
        yield f"Left out, for they are none of the classes that are compared: {counts}."


def _methods(document: Document) -> Iterator[str]:
    name = wording.split_name(document)
    yield (
        f"All models got the same {document['faces']:,} faces of {name}. Where {name} chose a model's "
        "checkpoint, its figures are a little kind; so are those of the best of many that are compared on it."
    )
    bootstrap = document["bootstrap"]
    if bootstrap["resamples"]:
        yield (
            f"Intervals are 95% percentile intervals of {bootstrap['resamples']:,} bootstrap resamples of the "
            f"faces (seed {bootstrap['seed']}). They are wider than what tells two models on the same faces "
            "apart: for that, read McNemar's test."
        )
    if document["repeats"]:
        yield (
            f"Milliseconds: one face at a time on one thread of {document['cpu']}, preprocessing included, "
            f"the median of {document['repeats']} rounds in which the models took turns; int8 by the device's "
            "own code, float by LiteRT. Other work on the machine makes them larger; their ratios hold."
        )
    yield "Size is that of the model's file; multiply-adds are those of convolutions and dense layers, a face."
    if any("raters" in row["metrics"] for row in document["contenders"]):
        yield wording.RATERS
    yield wording.FIGURES
    yield wording.NOT_FOR


def _charts(document: Document) -> Mapping[str, tuple[Figure, str]]:
    rows = ranked(document)
    labels = [row["label"] for row in rows]
    against = document["against"]
    found = [row["metrics"][against] for row in rows]
    accuracies = [one["accuracy"] for one in found]
    drawn = {
        "standings": (
            charts.standings(labels, found, wording.TRUTHS[against]),
            "Accuracy: "
            + ", ".join(f"{label} {percent(one)}" for label, one in zip(labels, accuracies, strict=True)),
        )
    }
    if timed := {row["label"]: row["pace"] for row in rows if row["pace"]}:
        drawn["pace"] = (
            charts.pace(list(timed), list(timed.values())),
            "Milliseconds a face: "
            + ", ".join(f"{label} {one['median_ms']:.3g}" for label, one in timed.items()),
        )
    return drawn
