"""The table of an ablation, as Markdown."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from training.ablation.plan import Row
from training.metrics import main_truth

#: By truth, what a column is called.
_TRUTHS = {
    "raters": "raters’ plurality",
    "raters_agree": "where 6 agree",
    "fer2013": "FER2013’s labels",
    "labels": "labels",
}

Found = Mapping[str, Any]


def as_markdown(rows: Sequence[Row], found: Sequence[Found]) -> str:
    """One line for each row of the plan that was fitted; differences are from the first of them.

    Args:
        rows: of the plan, in its order.
        found: what training.ablation.run found of each run.
    """
    by_row = {row.name: [one for one in found if one["row"] == row.name] for row in rows}
    good = {name: ok for name, ones in by_row.items() if (ok := [one for one in ones if "error" not in one])}
    if not good:
        return ""
    first = next(iter(good.values()))
    truths = list(first[0]["PublicTest"])
    main = main_truth(truths)
    ordered = [main, *(truth for truth in truths if truth != main)]
    names = ["", _TRUTHS[main], "points", *(_TRUTHS[truth] for truth in ordered[1:])]
    names += ["balanced", "calibration error", "parameters", "s an epoch"]
    lines = [_line(names), _line(["---", *["---:"] * (len(names) - 1)])]
    base = _mean(first, main, "accuracy")
    for name, ones in by_row.items():
        if name in good:
            is_first = good[name] is first
            lines.append(_line([name, *_cells(good[name], ordered, None if is_first else base)]))
        elif ones:
            lines.append(_line([name, ones[0]["error"].partition(";")[0], *[""] * (len(names) - 2)]))
    return "\n".join(lines)


def _cells(runs: Sequence[Found], truths: Sequence[str], base: float | None) -> Iterator[str]:
    main = truths[0]
    yield _share(runs, main, "accuracy")
    yield "" if base is None else f"{100 * (_mean(runs, main, 'accuracy') - base):+.2f}".replace("-", "−")
    for truth in truths[1:]:
        yield _share(runs, truth, "accuracy")
    yield _share(runs, main, "balanced_accuracy")
    yield _share(runs, main, "calibration_error")
    yield f"{runs[0]['parameters']:,}"
    yield f"{statistics.fmean(run['seconds_an_epoch'] for run in runs):.0f}"


def _mean(runs: Sequence[Found], truth: str, figure: str) -> float:
    return statistics.fmean(run["PublicTest"][truth][figure] for run in runs)


def _share(runs: Sequence[Found], truth: str, figure: str) -> str:
    """In percent; of several seeds with the deviation between them."""
    values = [100 * run["PublicTest"][truth][figure] for run in runs]
    spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.2f}{spread}%"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
