"""The report of an evaluation: report.html, report.json, and each chart as a PNG."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from training.metrics import main_truth
from training.report import charts, wording
from training.report.page import render, shades, thumbnail
from training.report.svg import to_svg
from training.splits import Faces

PAGE_FILE = "report.html"
JSON_FILE = "report.json"
#: All that such a report consists of.
PARTS = (
    PAGE_FILE,
    JSON_FILE,
    "curves.png",
    "confusion_*.png",
    "reliability_*.png",
    "coverage_*.png",
    "by_class_*.png",
)

_DPI = 130

Document = Mapping[str, Any]


def write_report(folder: Path, document: Document, faces: Faces, *, with_pictures: bool) -> None:
    """Write all parts of a report.

    Args:
        folder: where to.
        document: of training.evaluate.
        faces: the split that was measured.
        with_pictures: show faces on which it was wrong.
    """
    for name, figure in _pictures(document):
        figure.savefig(folder / f"{name}.png", dpi=_DPI)
    (folder / PAGE_FILE).write_text(make_page(document, faces, with_pictures=with_pictures), encoding="utf-8")
    text = json.dumps(document, indent=2, ensure_ascii=False)
    (folder / JSON_FILE).write_text(text + "\n", encoding="utf-8")


def make_page(document: Document, faces: Faces, *, with_pictures: bool) -> str:
    kind, truth = document["shown"]["kind"], document["shown"]["truth"]
    shown = document["metrics"][kind]["all"][truth]
    rows = [example["row"] for pair in document["top_confusions"] for example in pair["examples"]]
    return render(
        "report.html",
        doc=document,
        main=truth,
        shown=shown,
        heads={name: parts["all"][truth] for name, parts in document["metrics"].items()},
        kinds=wording.KINDS,
        truth_names=wording.TRUTHS,
        split_name=wording.split_name(document),
        whose=wording.whose(document),
        said=list(wording.sentences(document)),
        warned=list(wording.warnings(document)),
        how=list(wording.methods(document)),
        totals=list(_totals(document)),
        confusion=shades(shown["confusion"], document["classes"]),
        mistakes=document["top_confusions"],
        pictures={row: thumbnail(faces.pixels[row]) for row in rows} if with_pictures else {},
        others=list(_others(document)),
        charts=_charts_of_page(document, shown),
    )


def _charts_of_page(document: Document, shown: Mapping[str, Any]) -> Mapping[str, Any]:
    kind, truth = document["shown"]["kind"], wording.TRUTHS[document["shown"]["truth"]]
    found = {
        "by_class": to_svg(
            charts.by_class(shown),
            "classes",
            f"Recall and precision of each class, {kind}, {truth}; in the table",
        ),
        "reliability": to_svg(
            charts.reliability(shown["reliability"], kind),
            "reliability",
            f"How often it is right by how sure it is, {kind}, {truth}; in the table",
        ),
        "coverage": to_svg(
            charts.coverage(shown, kind),
            "coverage",
            f"How often it is right by how many faces it tells something of, {kind}, {truth}; in the table",
        ),
        "curves": None,
    }
    if history := document["history"]:
        best = max(history, key=lambda row: row["public_figure"])
        found["curves"] = to_svg(
            charts.curves(history, wording.chosen_by(document)),
            "curves",
            f"Loss and {wording.chosen_by(document)} over {len(history)} epochs; the best is "
            f"{100 * best['public_figure']:.1f}% after epoch {best['epoch']:.0f}",
        )
    return found


def _pictures(document: Document) -> Iterator[tuple[str, Figure]]:
    if document["history"]:
        yield "curves", charts.curves(document["history"], wording.chosen_by(document))
    for kind, parts in document["metrics"].items():
        for truth, found in parts["all"].items():
            if found["faces"]:
                name, title = f"{kind}_{truth}", f"{kind}, {wording.TRUTHS[truth]}"
                share = f"{100 * found['accuracy']:.1f}% of {found['faces']:,}"
                yield (
                    f"confusion_{name}",
                    charts.confusion(found["confusion"], document["classes"], f"{title}: {share}"),
                )
                yield f"reliability_{name}", charts.reliability(found["reliability"], title)
                yield f"coverage_{name}", charts.coverage(found, title)
                yield f"by_class_{name}", charts.by_class(found)


def _totals(document: Document) -> Iterator[Mapping[str, Any]]:
    """The rows of the table of accuracies: by truth, then by pictures, then by network."""
    metrics = document["metrics"]
    names = next(iter(metrics.values()))["all"]
    for truth in sorted(names, key=lambda name: name != main_truth(names)):
        for part, pictures in wording.PARTS.items():
            for kind in metrics:
                shown = wording.split_name(document) if part == "all" else pictures
                yield _row(truth, shown, kind, metrics[kind][part][truth])
        for kind, found in document.get("all_pictures", {}).items():
            yield _row(truth, "on all pictures", kind, found[truth])


def _row(truth: str, pictures: str, kind: str, found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"against": wording.TRUTHS[truth], "pictures": pictures, "kind": kind, "found": found}


def _others(document: Document) -> Iterator[Mapping[str, Any]]:
    for kind, parts in document["metrics"].items():
        for truth, found in parts["all"].items():
            if found["faces"] and {"kind": kind, "truth": truth} != document["shown"]:
                yield {
                    "title": f"{kind}, {wording.TRUTHS[truth]}",
                    "found": found,
                    "confusion": shades(found["confusion"], document["classes"]),
                }
