"""Figures as tables for a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from training.record import left_out_text

_TRUTHS = {
    "fer2013": "FER2013's labels",
    "labels": "the labels",
    "raters": "raters' plurality",
    "raters_agree": "6 of 10 raters agree",
}
_PARTS = {"all": "all", "without_copies": "without copies"}


def evaluation_tables(report: Mapping[str, Any]) -> Group:
    """One table of totals and one by class, each with float and int8 side by side."""
    title = Text(f"{report['model']} on {report['split']}", style="bold")
    note = left_out_text(report["left_out"])
    return Group(
        title, *([Text(note)] if note else []), _totals(report["metrics"]), _by_class(report["metrics"])
    )


def _totals(metrics: Mapping[str, Any]) -> Table:
    table = Table("against", "faces", "network", box=None)
    for name in ("n", "accuracy", "balanced", "macro F1", "calibration error"):
        table.add_column(name, justify="right")
    first = next(iter(metrics.values()))
    for truth in first["all"]:
        for part, part_name in _PARTS.items():
            for kind in metrics:
                table.add_row(_TRUTHS[truth], part_name, kind, *_total_cells(metrics[kind][part][truth]))
    return table


def _total_cells(found: Mapping[str, Any]) -> list[str]:
    names = ("accuracy", "balanced_accuracy", "macro_f1", "calibration_error")
    return [str(found["faces"]), *(_percent(found[name]) if name in found else "-" for name in names)]


def _by_class(metrics: Mapping[str, Any]) -> Table:
    """Against the raters where there are votes, else against the labels."""
    first = next(iter(metrics.values()))["all"]
    truth = "raters" if "raters" in first else next(iter(first))
    table = Table(f"by class, {_TRUTHS[truth]}", "network", box=None)
    for name in ("faces", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for emotion in first[truth].get("per_class", ()):
        for kind in metrics:
            row = metrics[kind]["all"][truth]["per_class"][emotion]
            cells = (_percent(row[name]) for name in ("precision", "recall", "f1"))
            table.add_row(emotion, kind, str(row["faces"]), *cells)
    return table


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
