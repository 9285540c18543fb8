"""The charts of a report. Each is drawn once, and goes into the page as SVG and beside it as PNG."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from training.intervals import share_interval

#: In the light: dark grey, grey, light grey, blue and orange, which colour-blind people tell apart.
#: training.report.svg lets a page in the dark put its own in their places.
INK, MUTED, GRID = "#1f2429", "#5c666f", "#d5dae0"
FIRST, SECOND = "#1265b0", "#b8500f"

_WIDTH_IN = 4.4
#: Of a path, the end tells more.
_NAME_LENGTH = 26


def curves(history: Sequence[Mapping[str, float]], figure: str) -> Figure:
    """Loss, and the figure that chose the checkpoint, over epochs; the chosen epoch is marked."""
    epochs = [row["epoch"] for row in history]
    figures = [100 * row["public_figure"] for row in history]
    best = int(np.argmax(figures))
    picture = Figure(figsize=(_WIDTH_IN, 4.8), layout="constrained")
    losses, chosen = picture.subplots(2, 1, sharex=True)
    losses.plot(epochs, [row["loss"] for row in history], color=FIRST, label="Training, disturbed")
    losses.plot(
        epochs,
        [row["public_loss"] for row in history],
        "--",
        color=SECOND,
        label="PublicTest, averaged weights",
    )
    losses.set(ylabel="cross-entropy")
    chosen.plot(epochs, figures, color=SECOND, label=f"PublicTest: {figure}")
    chosen.plot(epochs[best], figures[best], "o", color=SECOND, label=f"kept: epoch {epochs[best]:.0f}")
    chosen.set(xlabel="epoch", ylabel="%")
    for axes in (losses, chosen):
        _style(axes)
        _legend(axes)
    return picture


def confusion(counts: Sequence[Sequence[int]], names: Sequence[str], title: str) -> Figure:
    """The share of each true class (rows) that went to each class (columns), with the counts."""
    table = np.array(counts)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    side_in = max(5.6, 0.78 * len(names))
    picture = Figure(figsize=(side_in + 0.8, side_in), layout="constrained")
    axes = picture.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(title=title, xlabel="predicted", ylabel="true")
    labels = [_plain(name) for name in names]
    axes.set_xticks(range(len(names)), labels, rotation=45)
    axes.set_yticks(range(len(names)), labels)
    for (row, column), share in np.ndenumerate(shares):
        text = f"{100 * share:.0f}%\n{table[row, column]}"
        color = "white" if share > 0.5 else "black"
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=color)
    return picture


def reliability(bins: Sequence[Mapping[str, float]], title: str) -> Figure:
    """How often it is right (with Wilson's interval) by how sure it is, and how many faces that is."""
    confidence = [100 * part["confidence"] for part in bins]
    right = [100 * part["right"] / part["faces"] for part in bins]
    ends = 100 * np.array([share_interval(part["right"], part["faces"]) for part in bins])  # type: ignore[arg-type]
    picture = Figure(figsize=(_WIDTH_IN, 4.8), layout="constrained")
    upper, lower = picture.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot((0, 100), (0, 100), "--", color=MUTED, label="as sure as it should be")
    whiskers = np.abs(ends.T - right)
    upper.errorbar(confidence, right, whiskers, fmt="o", color=FIRST, capsize=2, markersize=4, label=title)
    upper.set(xlim=(0, 100), ylim=(0, 102), ylabel="is right, %")
    lower.bar(
        [50 * (part["from"] + part["to"]) for part in bins],
        [part["faces"] for part in bins],
        width=[92 * (part["to"] - part["from"]) for part in bins],
        color=FIRST,
    )
    lower.set(xlabel="is so sure, %", ylabel="faces")
    for axes in (upper, lower):
        _style(axes)
    _legend(upper)
    return picture


def coverage(found: Mapping[str, Any], title: str) -> Figure:
    """How often it is right by which share of the faces it tells something of, the surest first."""
    curve, chosen = found["risk_coverage"]["curve"], found["told_from"]
    picture = Figure(figsize=(_WIDTH_IN, 3.6), layout="constrained")
    axes = picture.subplots()
    shares = [100 * part["coverage"] for part in curve]
    axes.plot(shares, [100 * part["accuracy"] for part in curve], "o-", color=FIRST, markersize=3, label=title)
    label = f"told from {100 * chosen['confidence']:.0f}% on"
    axes.plot(100 * chosen["coverage"], 100 * chosen["accuracy"], "s", color=SECOND, label=label)
    axes.set(xlim=(0, 101), xlabel="of so many faces something is told, %", ylabel="is right, %")
    _style(axes)
    _legend(axes)
    return picture


def by_class(found: Mapping[str, Any]) -> Figure:
    """Precision and recall of each class, with their intervals where there are some."""
    names = list(found["per_class"])
    picture = Figure(figsize=(_WIDTH_IN, 0.9 + 0.42 * len(names)), layout="constrained")
    axes = picture.subplots()
    for figure, color, mark, shift in (("recall", FIRST, "o", -0.13), ("precision", SECOND, "s", 0.13)):
        values = [100 * found["per_class"][name][figure] for name in names]
        places = np.arange(len(names)) + shift
        axes.plot(values, places, mark, color=color, markersize=5, label=figure)
        for name, place in zip(names, places, strict=True):
            if ends := _interval(found, name, figure):
                axes.plot([100 * end for end in ends], (place, place), color=color, linewidth=1.4)
    axes.set(xlim=(0, 101), xlabel="%", ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    _style(axes)
    _legend(axes, loc="upper center", bbox_to_anchor=(0.5, 1.0 + 0.55 / picture.get_figheight()), ncols=2)
    return picture


def standings(names: Sequence[str], found: Sequence[Mapping[str, Any]], against: str) -> Figure:
    """The accuracy of each contender, with its interval where there is one."""
    picture = Figure(figsize=(_WIDTH_IN, 0.9 + 0.42 * len(names)), layout="constrained")
    axes = picture.subplots()
    for place, row in enumerate(found):
        if ends := row.get("intervals", {}).get("accuracy"):
            axes.plot([100 * end for end in ends], (place, place), color=FIRST, linewidth=1.6)
        axes.plot(100 * row["accuracy"], place, "o", color=FIRST, markersize=6)
    axes.set(xlabel=f"accuracy, %, {against}", ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    _style(axes)
    return picture


def pace(names: Sequence[str], paces: Sequence[Mapping[str, float]]) -> Figure:
    """What a face costs each contender: the median, and the range of all rounds."""
    picture = Figure(figsize=(_WIDTH_IN, 0.9 + 0.42 * len(names)), layout="constrained")
    axes = picture.subplots()
    axes.set_xscale("log")
    for place, one in enumerate(paces):
        axes.plot((one["low_ms"], one["high_ms"]), (place, place), color=SECOND, linewidth=1.6)
        axes.plot(one["median_ms"], place, "s", color=SECOND, markersize=6)
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_major_formatter(plain)
    axes.xaxis.set_minor_formatter(plain if _decades(paces) < 1 else NullFormatter())
    axes.set(xlabel="milliseconds a face, one thread", ylim=(len(names) - 0.5, -0.5))
    axes.set_yticks(range(len(names)), [_plain(name) for name in names])
    _style(axes)
    axes.tick_params(which="minor", colors=MUTED, labelcolor=INK, labelsize=8)
    return picture


def _decades(paces: Sequence[Mapping[str, float]]) -> float:
    """How many powers of ten lie between the quickest and the slowest round."""
    return math.log10(max(one["high_ms"] for one in paces) / min(one["low_ms"] for one in paces))


def _plain(name: str) -> str:
    """A name that fits beside a chart, as it is: a dollar sign would begin a formula."""
    short = name if len(name) <= _NAME_LENGTH else f"…{name[1 - _NAME_LENGTH :]}"
    return short.replace("$", r"\$")


def _interval(found: Mapping[str, Any], name: str, figure: str) -> Sequence[float] | None:
    intervals = found.get("intervals")
    return intervals["per_class"][name][figure] if intervals else None


def _style(axes: Axes) -> None:
    axes.grid(color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=9)
    for side, line in axes.spines.items():
        line.set_visible(side in ("left", "bottom"))
        line.set_color(MUTED)
    for label in (axes.xaxis.label, axes.yaxis.label, axes.title):
        label.set(color=INK, fontsize=9)


def _legend(axes: Axes, **place: Any) -> None:
    axes.legend(frameon=False, fontsize=8.5, labelcolor=INK, **place)
