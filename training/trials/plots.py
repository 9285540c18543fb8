"""Pictures of the trials."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from edge.files import replacing
from training.trials.moods import UNCERTAIN, Method
from training.trials.quality import Row
from training.trials.sequences import Recording

_COLOURS = ("#d1495b", "#6a994e", "#7b5ea7", "#f2b134", "#3d7ea6", "#ef8354", "#9aa5b1", "#2f4858")
_UNSURE = "#ffffff"


def draw_moods(
    path: Path,
    recordings: Sequence[Recording],
    classes: Sequence[str],
    ways: Mapping[str, Method],
    fps: int = 15,
) -> None:
    """What each method tells of one recording, as strips of colour under what is shown."""
    recording = max(recordings[:20], key=lambda one: len(set(one.truth.tolist()))).at(fps)
    strips = {"shown": recording.truth, **{name: method(recording) for name, method in ways.items()}}
    picture = Figure(figsize=(9, 0.55 * len(strips) + 1.3), layout="constrained")
    axes = picture.subplots()
    for row, told in enumerate(strips.values()):
        _draw_strip(axes, row, recording.time_s, told)
    axes.set(yticks=range(len(strips)), yticklabels=list(strips), ylim=(len(strips) - 0.5, -0.5))
    axes.set(xlabel="seconds", xlim=(0, recording.time_s[-1] + 1 / fps))
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    present = sorted({int(told) for strip in strips.values() for told in strip} - {UNCERTAIN})
    patches = [Patch(color=_COLOURS[index % len(_COLOURS)], label=classes[index]) for index in present]
    patches.append(Patch(facecolor=_UNSURE, edgecolor="#999999", label="uncertain"))
    picture.legend(handles=patches, loc="outside upper center", ncols=len(patches), frameon=False, fontsize=9)
    _save(picture, path)


def _draw_strip(axes: object, row: int, time_s: np.ndarray, told: np.ndarray) -> None:
    bounds = [0, *(np.flatnonzero(np.diff(told)) + 1), len(told)]
    frame_s = time_s[1] - time_s[0]
    for begin, end in zip(bounds, bounds[1:], strict=False):
        colour = _UNSURE if told[begin] == UNCERTAIN else _COLOURS[told[begin] % len(_COLOURS)]
        span = [(time_s[begin], (end - begin) * frame_s)]
        axes.broken_barh(span, (row - 0.36, 0.72), facecolors=colour)  # type: ignore[attr-defined]


def draw_quality(path: Path, rows: Sequence[Row]) -> None:
    """Accuracy and the share refused against the strength, one small chart for each disturbance."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.disturbance, []).append(row)
    untouched = groups.pop("none")[0]
    columns = 3
    picture = Figure(figsize=(10, 2.3 * -(-len(groups) // columns)), layout="constrained")
    charts = picture.subplots(-(-len(groups) // columns), columns, sharey=True, squeeze=False).ravel()
    for chart, (name, group) in zip(charts, groups.items(), strict=False):
        strengths = [row.strength for row in group]
        chart.axhline(100 * untouched.accuracy, color="#9aa5b1", linewidth=1, linestyle=":")
        chart.plot(strengths, [100 * row.accuracy for row in group], "o-", color="#3d7ea6", label="accuracy, %")
        chart.plot(strengths, [100 * row.refused for row in group], "s-", color="#d1495b", label="refused, %")
        chart.set(xlabel=name, ylim=(-4, 104))
        chart.grid(alpha=0.25)
        chart.spines[["top", "right"]].set_visible(False)
    for chart in charts[len(groups) :]:
        chart.set_visible(False)
    handles, labels = charts[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside upper center", ncols=2, frameon=False)
    _save(picture, path)


def draw_robustness(path: Path, document: Mapping[str, Any]) -> None:
    """Accuracy against the strength, one small chart for each disturbance, one line for each model."""
    models, strengths = document["models"], [0, *document["strengths"]]
    names = list(next(iter(models.values()))["by_strength"])
    columns = 4
    picture = Figure(figsize=(10, 2.2 * -(-len(names) // columns)), layout="constrained")
    charts = picture.subplots(-(-len(names) // columns), columns, sharex=True, sharey=True).ravel()
    for chart, name in zip(charts, names, strict=False):
        for (label, one), colour, mark in zip(models.items(), _COLOURS, "os^Dvx*P", strict=False):
            shares = [one["undisturbed"], *one["by_strength"][name]]
            chart.plot(
                strengths, [100 * share for share in shares], color=colour, marker=mark, ms=3, label=label
            )
        chart.set_title(name, fontsize=10)
        chart.spines[["top", "right"]].set_visible(False)
    for chart in charts[len(names) :]:
        chart.set_axis_off()
    picture.supxlabel("strength", fontsize=9)
    picture.supylabel("accuracy, %", fontsize=9)
    handles, labels = picture.axes[0].get_legend_handles_labels()
    picture.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False, fontsize=9)
    _save(picture, path)


def _save(picture: Figure, path: Path) -> None:
    kind = path.suffix.removeprefix(".")
    metadata = {"Date": None, "Creator": "mien-train"} if kind == "svg" else None  # the same at every drawing
    with replacing(path) as temporary:
        picture.savefig(temporary, dpi=110, format=kind, metadata=metadata)
