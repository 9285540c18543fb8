"""What a RUN or a card tells of how its network was fitted, for a report."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.emotion.bundle import CARD_FILE, read_card
from training import runs
from training.contenders import Contender


def story_of(contender: Contender) -> Mapping[str, Any]:
    """Where it is known: "fitted_to" (labels, as in FitConfig) and "history", one row an epoch."""
    home = contender.home
    if home is None:
        return {"fitted_to": None, "history": None}
    if (home / runs.CONFIG_FILE).is_file():
        return {"fitted_to": runs.read_config(home).labels, "history": _history_of_run(home)}
    if not (home / CARD_FILE).is_file():
        return {"fitted_to": None, "history": None}
    training = read_card(home).training
    fit = training.get("fit")
    labels = fit.get("labels") if isinstance(fit, Mapping) else None
    return {"fitted_to": labels, "history": _rows(training.get("history"))}


def _history_of_run(run: Path) -> list[Mapping[str, float]] | None:
    path = run / runs.HISTORY_FILE
    if not path.is_file():
        return None
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(row[name]) for name in runs.CURVES} for row in rows] or None


def _rows(history: Any) -> list[Mapping[str, float]] | None:
    """Of a card, which holds columns; anything else that somebody wrote there is left alone."""
    if not isinstance(history, Mapping) or any(name not in history for name in runs.CURVES):
        return None
    columns: list[Sequence[float]] = [history[name] for name in runs.CURVES]
    return [dict(zip(runs.CURVES, values, strict=True)) for values in zip(*columns, strict=True)] or None
