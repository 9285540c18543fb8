"""The picture of an explanation: the face with its active units, where the network looked, and both reasons."""

import io
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray

from edge.annotate import font_for
from edge.labels import name_for_people
from training.explain.face import ExplainedFace, Look
from training.explain.facs import NAMES
from training.explain.plain_words import TRACE
from training.explain.reasons import Part
from training.explain.saliency.maps import overlay
from training.report.charts import FIRST, GRID, INK, MUTED, SECOND

_DPI = 100
_BARS = 10
#: At most so many units are marked in the face; height of a tag's line, as a share of what is shown.
_MARKS, _TAG = 8, 0.085
#: Room around the box that is shown, as a share of it.
_ROOM = 0.12

_BROWS, _LIDS = tuple(range(17, 27)), (37, 38, 40, 41, 43, 44, 46, 47)
_CORNERS, _LIPS = (48, 54), tuple(range(48, 60))
#: Which of iBUG's 68 points a unit moves; the cheeks of AU6 have none, so the lower lids stand for them.
_POINTS: Mapping[str, tuple[int, ...]] = {
    "AU01": (20, 21, 22, 23), "AU02": (17, 18, 25, 26), "AU04": _BROWS, "AU05": (37, 38, 43, 44),
    "AU06": (40, 41, 46, 47), "AU07": _LIDS, "AU09": (29, 30, 31, 35), "AU10": (50, 51, 52),
    "AU11": (31, 35), "AU12": _CORNERS, "AU13": _CORNERS, "AU14": _CORNERS, "AU15": _CORNERS,
    "AU16": (56, 57, 58), "AU17": (7, 8, 9), "AU18": _LIPS, "AU20": _CORNERS, "AU22": _LIPS, "AU23": _LIPS,
    "AU24": _LIPS, "AU25": (61, 62, 63, 65, 66, 67), "AU26": (6, 7, 8, 9, 10), "AU27": (6, 7, 8, 9, 10),
    "AU28": _LIPS, "AU41": _LIDS, "AU43": _LIDS, "AU45": _LIDS,
}  # fmt: skip


def draw(explained: ExplainedFace, lang: str = "en") -> bytes:
    """The picture as PNG."""
    font, lang = _font(lang)
    maps = explained.looks
    widths = [1.0, *[1.0] * len(maps), 0.75, *([1.5] if explained.reasons else [])]
    figure = Figure(figsize=(2.75 * sum(widths), 4.0), layout="constrained")
    axes: Sequence[Axes] = figure.subplots(1, len(widths), width_ratios=widths)
    _face(axes[0], explained)
    for one, look in zip(axes[1:], maps, strict=False):
        _saliency(one, explained, look, lang, font)
    _scores(axes[1 + len(maps)], explained, lang, font)
    if explained.reasons:
        _contributions(axes[-1], explained, lang, font)
    words = textwrap.fill(_plain(explained.sentence(lang)), round(34 * sum(widths)))
    figure.suptitle(words, x=0.01, ha="left", fontsize=10, color=INK, fontproperties=font)
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=_DPI)
    return png.getvalue()


def _font(lang: str) -> tuple[FontProperties | None, str]:
    """A font that has the language's letters; English where there is none here."""
    if lang == "en":
        return None, "en"
    path = font_for(lang)
    return (FontProperties(fname=path), lang) if path else (None, "en")


def _face(axes: Axes, explained: ExplainedFace) -> None:
    box = explained.face.box.expand(1 + 2 * _ROOM).clip(*explained.gray.shape)
    part = explained.gray[box.y : box.y + box.height, box.x : box.x + box.width]
    # the corners of pixels, so that landmarks lie where they were measured
    extent = (box.x, box.x + box.width, box.y + box.height, box.y)
    axes.imshow(part, cmap="gray", vmin=0, vmax=255, extent=extent, interpolation="bicubic")
    _bare(axes, "the face, and its active units" if explained.reasons else "the face")
    if explained.landmarks is None or np.isnan(explained.landmarks).any():
        return
    points = explained.landmarks
    axes.scatter(*points.T, s=3, color="#ffffff", alpha=0.8, linewidths=0)
    axes.set(xlim=extent[:2], ylim=extent[2:])
    marks = sorted(_active(explained), key=lambda mark: points[list(mark.points), 1].mean())
    for side, turn in ((1, 0), (0, 1)):  # either side in turn, from the top down
        _tags(axes, points, marks[turn::2], side)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Active units that move the same points, and speak for the same."""

    units: tuple[str, ...]
    points: tuple[int, ...]
    color: str


def _active(explained: ExplainedFace) -> Iterator[_Mark]:
    """Those that do most, of the units that are there."""
    parts = explained.reasons.parts if explained.reasons else ()
    there = [part for part in parts if part.intensity >= TRACE and part.unit in _POINTS]
    groups: dict[tuple[tuple[int, ...], str], list[str]] = {}
    for part in sorted(there, key=lambda part: -abs(part.contribution))[:_MARKS]:
        color = FIRST if part.contribution > 0 else SECOND
        groups.setdefault((_POINTS[part.unit], color), []).append(part.unit)
    for (points, color), units in groups.items():
        yield _Mark(tuple(units), points, color)


def _tags(axes: Axes, points: NDArray[np.float32], marks: Sequence[_Mark], side: int) -> None:
    """Ring the points, and write the units' numbers beside the face, none over another; side 0 is the left."""
    edge, (bottom, top) = axes.get_xlim()[side], axes.get_ylim()
    line = (bottom - top) * _TAG
    free = top
    for mark in marks:
        moved = points[list(mark.points)]
        axes.scatter(*moved.T, s=22, facecolors="none", edgecolors=mark.color, linewidths=1.4)
        x, y = moved[moved[:, 0].argmax() if side else moved[:, 0].argmin()]
        half = line * len(mark.units) / 2
        middle = min(max(float(y), free + half), bottom - half)
        free = middle + half
        axes.annotate(
            "\n".join(mark.units), (x, y), (edge, middle), ha="right" if side else "left", va="center",
            bbox={"boxstyle": "round,pad=.2", "facecolor": mark.color, "edgecolor": "none"},
            fontsize=7.5, color="white",
            arrowprops={"arrowstyle": "-", "color": mark.color, "linewidth": 0.9},
        )  # fmt: skip


def _saliency(axes: Axes, explained: ExplainedFace, look: Look, lang: str, font: FontProperties | None) -> None:
    axes.imshow(overlay(_enlarged(explained.crop), look.saliency)[:, :, ::-1])
    words = f"what counts for {_called(look.emotion, lang)}:\n{look.saliency.method}, {look.kind} network"
    _bare(axes, words, font)


def _enlarged(crop: NDArray[np.uint8], side_px: int = 240) -> NDArray[np.uint8]:

    return np.asarray(cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_CUBIC), np.uint8)


def _scores(axes: Axes, explained: ExplainedFace, lang: str, font: FontProperties | None) -> None:
    network = explained.looks[0].scores
    regression = explained.reasons.scores if explained.reasons else {}
    names = list(dict.fromkeys((*network, *regression)))
    places = np.arange(len(names))
    axes.barh(places - 0.2, [100 * network.get(name, 0) for name in names], 0.36, color=INK, label="network")
    if regression:
        axes.barh(places + 0.2, [100 * regression.get(name, 0) for name in names], 0.36, color="#9aa5ae",
                  label="regression")  # fmt: skip
    axes.set(xlim=(0, 100), ylim=(len(names) - 0.5, -0.5), xlabel="%")
    axes.set_yticks(places, [_called(name, lang) for name in names], fontproperties=font)
    axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="upper center", bbox_to_anchor=(0.4, 1.13))
    _style(axes)


def _contributions(axes: Axes, explained: ExplainedFace, lang: str, font: FontProperties | None) -> None:
    reasons = explained.reasons
    assert reasons is not None
    strongest = sorted(reasons.parts, key=lambda part: -abs(part.contribution))[:_BARS]
    shown = sorted(strongest, key=lambda part: -part.contribution)
    colors = [FIRST if part.contribution > 0 else SECOND for part in shown]
    axes.barh(range(len(shown)), [part.contribution for part in shown], 0.7, color=colors)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    axes.set_yticks(range(len(shown)), [_bar_name(part) for part in shown])
    axes.set(ylim=(max(len(shown), 6) - 0.5, -0.5))
    chosen, other = (_called(name, lang) for name in (reasons.chosen, reasons.other))
    axes.set_xlabel(f"← {other}    {chosen} →", fontproperties=font)
    axes.set_title(_sum_of(explained), fontsize=8.5, color=MUTED)
    _style(axes)


def _sum_of(explained: ExplainedFace) -> str:
    """How the bars add up."""
    reasons = explained.reasons
    assert reasons is not None
    units = sum(part.contribution for part in reasons.parts)
    sum_of_parts = (
        f"units {units:+.2f}, an average face {reasons.base:+.2f}: together {reasons.difference:+.2f}"
    )
    return f"each unit, its intensity (0 to 5), and what it adds\n{sum_of_parts}"


def _bar_name(part: Part) -> str:
    return f"{NAMES.get(part.unit, '')} ({part.unit}), {part.intensity:.1f}"


def _called(name: str, lang: str) -> str:
    return _plain(name_for_people(name, lang))


def _plain(words: str) -> str:
    """As it is: a dollar sign would begin a formula."""
    return words.replace("$", r"\$")


def _bare(axes: Axes, title: str, font: FontProperties | None = None) -> None:
    axes.set_title(title, fontproperties=font, fontsize=8.5, color=MUTED)
    axes.set_xticks([])
    axes.set_yticks([])
    for line in axes.spines.values():
        line.set_visible(False)


def _style(axes: Axes) -> None:
    axes.grid(axis="x", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelcolor=INK, labelsize=8.5)
    for side, line in axes.spines.items():
        line.set_visible(side == "bottom")
        line.set_color(MUTED)
    axes.xaxis.label.set_color(INK)
