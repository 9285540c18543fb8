"""A regression as a table for a terminal: each class with its strongest units, and how often it is right."""

from collections.abc import Mapping
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from training.explain.regression import Regression, strongest


def fit_table(model: Regression) -> Group:
    """A line of totals, and a row for each class."""
    held = model.record.get("held_out")
    table = Table(box=None)
    table.add_column("class")
    for name in ("fitted to", "tested on", "recall", "precision"):
        table.add_column(name, justify="right")
    table.add_column("strongest units")
    by_class = (held or {}).get("metrics", {}).get("per_class", {})
    fitted = model.record["fitted_on"]["used"]["by_class"]
    for name, units in strongest(model).items():
        words = ", ".join(one["in_words"] for one in units)
        table.add_row(name, f"{fitted[name]:,}", *_measured(by_class.get(name)), words)
    return Group(*(Text(line) for line in _totals(model, held)), table)


def _measured(found: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if not found or not found["faces"]:
        return "0", "-", "-"
    return f"{found['faces']:,}", _percent(found["recall"]), _percent(found["precision"])


def _totals(model: Regression, held: Mapping[str, Any] | None) -> list[str]:
    fitted = model.record["fitted_on"]
    lines = [_found("fitted on", fitted) + f", regularization C {model.record['regularization']['C']:g}"]
    if held is None:
        return [*lines, "measured on nothing"]
    lines.append(_found("tested on", held))
    metrics = held["metrics"]
    if not metrics["faces"]:
        return [*lines, "no face among them is of these classes"]
    low, high = metrics["intervals"]["accuracy"]
    lines.append(
        f"accuracy {_percent(metrics['accuracy'])} ({100 * low:.1f}-{100 * high:.1f}), balanced "
        f"{_percent(metrics['balanced_accuracy'])}, on {metrics['faces']:,} faces"
    )
    return lines


def _found(what: str, counts: Mapping[str, Any]) -> str:
    total, without = counts["faces"], counts["without_face"]
    share = f"{100 * (1 - without / total):.1f}%" if total else "none"
    return f"{what} {total:,} pictures with a label; a face found in {share}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"
