"""A picture of the figures, as SVG: no library for drawing is needed on a device."""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import MienError
from edge.files import write_text

_WIDTH, _HEIGHT, _LEFT, _RIGHT = 840, 650, 130, 800
_OURS, _PLAIN, _UP_TO = "#0b7285", "#e8590c", "#99c9d2"
_INK, _FAINT = "#212529", "#868e96"

#: Points of a line; more than these are drawn as their means.
_MOST_POINTS = 300


def save_plot(figures: Mapping[str, Any], series: Mapping[str, Sequence[float]], path: Path) -> None:
    """Write the picture.

    Args:
        series: milliseconds of CPU of each frame, of each loop by name.

    Raises:
        MienError: the path does not end in .svg.
    """
    check_path(path)
    parts = [*_title(figures), *_loops(figures, 118), *_stages(figures, 222), *_lines(series, 430)]
    style = f'font-family="system-ui, sans-serif" font-size="14" fill="{_INK}"'
    box = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    background = f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>'
    write_text(
        path,
        "\n".join(
            [f'<svg xmlns="http://www.w3.org/2000/svg" {box} {style}>', background, *parts, "</svg>", ""]
        ),
    )


def check_path(path: Path) -> None:
    """Refuse what is no SVG, before half a minute was spent on it."""
    if path.suffix.lower() != ".svg":
        raise MienError(f"--plot is {path}; expected a name that ends in .svg, which browsers and forums show")


def _title(figures: Mapping[str, Any]) -> Iterator[str]:
    ratio = figures["plain_cpu_ms_per_frame"] / figures["cpu_ms_per_frame"]
    yield _text(30, 36, f"mien: {ratio:.1f} times less CPU than the plain loop", size=20, weight=600)
    agree = figures["faces_agree"]
    found = "" if agree is None else f", faces agree in {agree:.1%}"
    size = f"{figures['frames']} frames of {figures['frame_size']}"
    yield _text(30, 60, f"{size}{found} · {figures['machine']}", colour=_FAINT)
    yield _text(30, 80, " · ".join(_at_rate(figures)), colour=_FAINT)


def _at_rate(figures: Mapping[str, Any]) -> Iterator[str]:
    if figures["cpu_percent"] is not None:
        yield f"{figures['cpu_percent']:.1f}% of one core at {figures['camera_fps']:g} frames a second"
    if figures["idle_cpu_percent"] is not None:
        yield f"empty room {figures['idle_cpu_percent']:.1f}%"
    if figures["wake_s"] is not None:
        yield f"wakes in {figures['wake_s']:.2f} s"
    yield f"{figures['rss_mb']:.0f} MB"


def _loops(figures: Mapping[str, Any], top: int) -> Iterator[str]:
    yield _text(30, top, "CPU, milliseconds a frame", weight=600)
    costs = {"mien": figures["cpu_ms_per_frame"], "plain loop": figures["plain_cpu_ms_per_frame"]}
    most = max(costs.values())
    for row, (name, cost) in enumerate(costs.items()):
        y = top + 14 + 32 * row
        yield from _bar(name, cost, cost / most, y, _OURS if name == "mien" else _PLAIN)


def _stages(figures: Mapping[str, Any], top: int) -> Iterator[str]:
    yield _text(
        30,
        top,
        "CPU of each stage of mien: median, and lighter up to the 95th percentile",
        weight=600,
    )
    stages = figures["stages"]
    most = max(times["cpu_p95"] for times in stages.values())
    for row, (name, times) in enumerate(stages.items()):
        y, median, p95 = top + 14 + 32 * row, times["cpu_median"], times["cpu_p95"]
        yield from _bar(name, p95, p95 / most, y, _UP_TO, f"{median:.2f} to ")
        yield _rect(_LEFT, y, (_RIGHT - _LEFT - 130) * median / most, 22, _OURS)


def _lines(series: Mapping[str, Sequence[float]], top: int) -> Iterator[str]:
    """Each frame's cost on a logarithmic scale: the whole search of now and then shows as a peak."""
    yield _text(30, top, "CPU of each frame, milliseconds (logarithmic)", weight=600)
    bottom, values = top + 170, [max(value, 0.01) for line in series.values() for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)

    def y_of(value: float) -> float:
        return bottom - (math.log10(max(value, 0.01)) - low) / (high - low) * (bottom - top - 20)

    for power in range(low, high + 1):
        y = y_of(10.0**power)
        yield f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dee2e6"/>'
        yield _text(_LEFT - 10, y + 5, f"{10.0**power:g}", anchor="end", colour=_FAINT)
    for name, line in series.items():
        means = [float(np.mean(part)) for part in np.array_split(line, min(len(line), _MOST_POINTS))]
        step = (_RIGHT - _LEFT) / max(1, len(means) - 1)
        points = " ".join(f"{_LEFT + step * i:.1f},{y_of(value):.1f}" for i, value in enumerate(means))
        colour = _OURS if name == "mien" else _PLAIN
        yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        yield _text(_RIGHT, y_of(float(np.median(means))) - 10, name, anchor="end", colour=colour, weight=600)
    yield _text(_LEFT, bottom + 24, "first frame", colour=_FAINT)
    yield _text(_RIGHT, bottom + 24, "last", anchor="end", colour=_FAINT)


def _bar(name: str, value: float, share: float, y: float, colour: str, before: str = "") -> Iterator[str]:
    width = max(1.0, (_RIGHT - _LEFT - 130) * share)
    yield _text(_LEFT - 10, y + 16, name, anchor="end")
    yield _rect(_LEFT, y, width, 22, colour)
    yield _text(_LEFT + width + 8, y + 16, f"{before}{value:.2f}")


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height}" rx="2" fill="{colour}"/>'


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 14,
    weight: int = 400,
    anchor: str = "start",
    colour: str = _INK,
) -> str:
    look = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" fill="{colour}"'
    look += ' paint-order="stroke" stroke="white" stroke-width="4"'  # readable on top of a line
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'
