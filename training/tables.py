"""Figures as tables for a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from training.metrics import main_truth
from training.record import left_out_text
from training.report.comparison import ranked
from training.report.page import count, millions, number
from training.report.wording import PARTS
from training.report.wording import TRUTHS as TRUTHS_IN_FULL

TRUTHS = {**TRUTHS_IN_FULL, "raters_agree": "6 of 10 raters agree"}


def evaluation_tables(report: Mapping[str, Any]) -> Group:
    """One table of totals and one by class, each with float and int8 side by side."""
    title = Text(f"{report['model']} on {report['split']}", style="bold")
    notes = [left_out_text(report["left_out"]), _of_intervals(report["bootstrap"]), _told_from(report)]
    return Group(
        title,
        *(Text(note) for note in notes if note),
        _totals(report),
        _by_class(report["metrics"]),
        *_groups(report["groups"], report["shown"]["kind"]),
    )


def _of_intervals(bootstrap: Mapping[str, Any]) -> str:
    resamples = bootstrap["resamples"]
    return f"in brackets: 95% intervals of {resamples:,} bootstrap resamples" if resamples else ""


def _told_from(report: Mapping[str, Any]) -> str:
    """What the best threshold of being uncertain leaves, of the network that is shown first."""
    kind, truth = report["shown"]["kind"], report["shown"]["truth"]
    found = report["metrics"][kind]["all"][truth]
    best, area = found["told_from"], found["risk_coverage"]["area"]
    return (
        f"{kind}, told from a confidence of {best['confidence']:.2f} on: {best['coverage']:.1%} of the faces, "
        f"{best['accuracy']:.1%} of them right (area under risk and coverage {area:.1%})"
    )


def _totals(report: Mapping[str, Any]) -> Table:
    table = Table("against", "faces", "network", box=None)
    for name in ("n", "accuracy", "balanced", "macro F1", "calib. error"):
        table.add_column(name, justify="right")
    metrics = report["metrics"]
    for truth in next(iter(metrics.values()))["all"]:
        for part, part_name in PARTS.items():
            for kind in metrics:
                table.add_row(TRUTHS[truth], part_name, kind, *_total_cells(metrics[kind][part][truth]))
        for kind, found in report.get("all_pictures", {}).items():
            table.add_row(TRUTHS[truth], "Training, too", kind, *_total_cells(found[truth]))
    if "all_pictures" in report:
        table.caption = "Training's pictures were fitted to: figures that hold them are no test."
    return table


def _total_cells(found: Mapping[str, Any]) -> list[str]:
    if not found["faces"]:
        return ["0", "-", "-", "-", "-"]
    accuracy = f"{_percent(found['accuracy'])}{_ends(found.get('intervals', {}).get('accuracy'))}"
    rest = (_percent(found[name]) for name in ("balanced_accuracy", "macro_f1", "calibration_error"))
    return [str(found["faces"]), accuracy, *rest]


def _by_class(metrics: Mapping[str, Any]) -> Table:
    """Against the raters where there are votes, else against the labels."""
    first = next(iter(metrics.values()))["all"]
    truth = main_truth(first)
    table = Table(f"by class, {TRUTHS[truth]}", "network", box=None)
    for name in ("faces", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for emotion in first[truth].get("per_class", ()):
        for kind in metrics:
            found = metrics[kind]["all"][truth]
            row = found["per_class"][emotion]
            ends = found["intervals"]["per_class"][emotion] if "intervals" in found else {}
            cells = (f"{_percent(row[name])}{_ends(ends.get(name))}" for name in ("precision", "recall", "f1"))
            table.add_row(emotion, kind, str(row["faces"]), *cells)
    return table


def _groups(groups: Mapping[str, Any], kind: str) -> Iterator[Table | Text]:
    """By how pictures were taken and how many raters agree; and what is not known."""
    if groups["by"]:
        table = Table(f"by group, {TRUTHS[groups['against']]}, {kind}", "", box=None)
        for name in ("faces", "accuracy"):
            table.add_column(name, justify="right")
        for name, rows in groups["by"].items():
            for row in rows:
                accuracy = f"{_percent(row['accuracy'])}{_ends((row['low'], row['high']))}"
                table.add_row(name, row["group"], str(row["faces"]), accuracy)
        yield table
    yield Text(f"not measured, as the data does not tell: {'; '.join(groups['unmeasured'])}")


def comparison_table(document: Mapping[str, Any]) -> Group:
    """One row a contender, the most accurate first."""
    against = document["against"]
    title = Text(f"{document['split']}, {document['faces']:,} faces, {TRUTHS[against]}", style="bold")
    table = Table(box=None)
    table.add_column("model", no_wrap=True)
    some_missing = document["unanswered"] > 0
    names = ["accuracy", *(["missing as wrong", "missing"] if some_missing else [])]
    names += ["balanced", "macro F1", "calib. error", "kB", "parameters", "multiply-adds"]
    for name in [*names, *(["ms", "times"] if document["repeats"] else [])]:
        table.add_column(name, justify="right")
    for row in ranked(document):
        found = row["metrics"][against]
        cells = [f"{_percent(found['accuracy'])}{_ends(found.get('intervals', {}).get('accuracy'))}"]
        if some_missing:
            cells += [_percent(row["accuracy_if_missing_is_wrong"]), count(row["missing"])]
        cells += [_percent(found[name]) for name in ("balanced_accuracy", "macro_f1", "calibration_error")]
        cells += [f"{row['bytes'] / 1000:,.0f}", count(row["parameters"]), millions(row["multiply_adds"])]
        if document["repeats"]:
            pace = row["pace"] or {}
            cells += [number(pace.get("median_ms")), number(pace.get("times_quickest"))]
        table.add_row(row["label"], *cells)
    return Group(title, table)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _ends(ends: Sequence[float] | None) -> str:
    return f" ({100 * ends[0]:.1f}-{100 * ends[1]:.1f})" if ends else ""
