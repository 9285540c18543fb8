"""The same without a browser: drawn in a terminal, also over ssh.

Every character shows two pixels, one above the other.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import cv2
import numpy as np
from rich.color import Color
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.segment import Segment, Segments
from rich.style import Style
from rich.table import Table
from rich.text import Text

from edge.config import ViewConfig
from edge.records import Gray
from edge.view.observer import Observer, Seen
from edge.view.snapshot import Facts, Subject, take_snapshot

#: What is below the picture: faces, device, speed.
_LINES_BELOW = 12

#: Greys are told apart in so many steps: over ssh every change of colour is sent.
_STEP = 12

_WHITE, _BLACK, _GREY = 255, 0, 128

_HEADINGS = ("track", "looks", "sure", "size", "can it be read?")


@contextmanager
def drawing(
    config: ViewConfig,
    observer: Observer,
    subject: Subject,
    *,
    console: Console,
    on_close: Callable[[], None],
) -> Iterator[None]:
    """Draw what an observer sees, for the time of a block or until `view.minutes` are over.

    Args:
        on_close: called when they are.
    """
    is_over = threading.Event()
    thread = threading.Thread(
        target=_draw, args=(config, observer, subject, console, is_over, on_close), name="view", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _draw(
    config: ViewConfig,
    observer: Observer,
    subject: Subject,
    console: Console,
    is_over: threading.Event,
    on_close: Callable[[], None],
) -> None:
    closing = threading.Timer(60 * config.minutes, is_over.set)
    closing.daemon = True
    closing.start()
    try:
        with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
            while not is_over.wait(1 / config.pictures_per_s):
                live.update(render(observer, subject.facts(), config, console), refresh=True)
    finally:
        closing.cancel()
        on_close()


def render(observer: Observer, facts: Facts, config: ViewConfig, console: Console) -> RenderableType:
    """What is seen now, as large as the terminal is."""
    seen = observer.look()
    without = config.model_copy(update={"pictures": False})  # a picture is not drawn as JPEG here
    scene = take_snapshot(seen, observer, facts, without)
    parts: list[RenderableType] = [Text(f"mien {facts.device}: {facts.status}", style="bold")]
    if facts.is_private:
        parts.append(Text("privacy is on: the camera is closed", style="bold"))
    elif seen:
        parts.append(_picture(seen, config.pictures, console.width, console.height - _LINES_BELOW))
    else:
        parts.append(Text("no picture yet", style="dim"))
    return Group(*parts, _faces(scene), *_device(facts), _speed(scene))


def _picture(seen: Seen, has_picture: bool, columns: int, lines: int) -> Segments:
    """The frame with its boxes, or the boxes on grey."""
    gray = seen.frame.gray
    height_px, width_px = gray.shape
    shrink = min(columns / width_px, 2 * max(4, lines) / height_px)
    size = max(1, int(width_px * shrink)), max(2, int(height_px * shrink) // 2 * 2)
    if has_picture:
        small: Gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    else:
        small = np.full((size[1], size[0]), _GREY, np.uint8)
    letters = dict[tuple[int, int], str]()
    for face in seen.processed.faces:
        x, y, width, height = (round(side * shrink) for side in face.box.as_list())
        for grow, level in ((1, _BLACK), (0, _WHITE)):
            corners = (x - grow, y - grow), (x + width + grow, y + height + grow)
            cv2.rectangle(small, *corners, level)
        letters |= {(y // 2, x + at): letter for at, letter in enumerate(str(face.track))}
    return Segments(_cells(small, letters))


def _cells(small: Gray, letters: dict[tuple[int, int], str]) -> Iterator[Segment]:
    levels = (small // _STEP * _STEP).tolist()
    for line in range(0, len(levels), 2):
        for column, (above, below) in enumerate(zip(levels[line], levels[line + 1], strict=True)):
            letter = letters.get((line // 2, column))
            yield Segment(letter or "▀", _reverse() if letter else _style(above, below))
        yield Segment.line()


@functools.cache
def _style(above: int, below: int) -> Style:
    return Style(color=Color.from_rgb(above, above, above), bgcolor=Color.from_rgb(below, below, below))


@functools.cache
def _reverse() -> Style:
    return Style(reverse=True, bold=True)


def _faces(scene: dict[str, Any]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_row(*(Text(heading, style="dim") for heading in _HEADINGS))
    for face in scene["frame"]["faces"][:4] if scene["frame"] else ():
        sure = "" if face["confidence"] is None else f"{face['confidence']:.0%}"
        if face["reason"]:
            reads = f"no: {face['reason']}"
        else:
            reads = "yes" if face["is_seen"] else "not found just now"
        looks, size = face["emotion"] or "not known yet", f"{face['box'][2]} px"
        table.add_row(str(face["track"]), looks, sure, size, reads)
    return table


def _device(facts: Facts) -> Iterator[RenderableType]:
    yield from (Text(f"! {part}: {problem}", style="yellow") for part, problem in facts.problems.items())
    connected = "connected" if facts.is_connected else "not connected"
    yield Text(f"camera {facts.camera or 'not open'}; read on {facts.accelerator}; {facts.broker} {connected}")


def _speed(scene: dict[str, Any]) -> RenderableType:
    stages = ", ".join(f"{stage} {ms['median']:.1f}" for stage, ms in scene["stages"].items())
    return Text(f"{scene['fps']:.1f} frames a second; milliseconds: {stages or 'none'}", style="dim")
