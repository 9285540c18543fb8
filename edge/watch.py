"""A live table of what a broker carries."""

import io
import json
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich._export_format import CONSOLE_SVG_FORMAT  # public only as the default of export_svg
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from edge.files import write_text
from edge.labels import NO_FACE, name_for_people
from edge.mqtt.topics import ONLINE, split_topic

_BAR_CELLS = 20
_RENEW_S = 0.2


@dataclass(slots=True)
class Device:
    """The last that was heard of a device."""

    status: str = "?"
    state: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, Any] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    heard_s: float = 0.0
    messages: int = 0


class Board:
    """Collects messages and shows them as a table.

    Args:
        lang: language of the emotions' names.
        tail: how many of the last messages stand below the table as they came.
    """

    def __init__(self, lang: str, tail: int = 0) -> None:
        self._tail: deque[str] = deque(maxlen=tail)
        self.devices: dict[str, Device] = {}
        self.topics: Counter[str] = Counter()
        self.emotions: Counter[str] = Counter()
        self._lang = lang

    def add(self, topic: str, payload: str) -> None:
        """Take a message; what is not one of ours, or not as it should be, is passed over."""
        name, kind = split_topic(topic)
        if not name:
            return
        name = printable(name)
        self._tail.append(printable(f"{topic} {payload}"))
        device = self.devices.setdefault(name, Device())
        device.heard_s = time.monotonic()
        device.messages += 1
        self.topics[kind.partition("/")[0]] += 1
        if kind == "status":
            device.status = printable(payload[:20])
        elif kind == "state" and (state := _object(payload)):
            device.state = state
            self.emotions[printable(str(state.get("emotion")))] += 1
        elif kind == "health":
            device.health = _object(payload)
        elif kind == "info":
            problems = _object(payload).get("problems")
            device.problems = problems if isinstance(problems, dict) else {}

    def render(self) -> RenderableType:
        table = Table(title="mien: apparent expressions", title_justify="left", expand=False)
        for heading in ("device", "status", "faces", "leading face", "confidence", "heard"):
            table.add_column(heading, no_wrap=True)
        for name, device in sorted(self.devices.items()):
            table.add_row(Text(name), *self._cells(device))
        if not self.devices:
            return Group(table, Text("nothing heard yet", style="dim"))
        parts: list[RenderableType] = [table, *self._problems(), *self._health()]
        if len(self.devices) == 1:
            parts += [self._bars(device.state.get("scores")) for device in self.devices.values()]
        parts += [Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in self._tail]
        return Group(*parts)

    def summary(self) -> str:
        """What was heard, in two or three lines."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.topics.most_common())
        lines = [f"{self.topics.total()} messages: {kinds or 'none'}"]
        if self.emotions:
            named = [
                f"{name_for_people(emotion, self._lang)} {count}"
                for emotion, count in self.emotions.most_common()
            ]
            lines.append(f"states: {', '.join(named)}")
        lines += [f"{name} ended as {device.status}" for name, device in sorted(self.devices.items())]
        return "\n".join(lines)

    def _cells(self, device: Device) -> Iterable[RenderableType]:
        state = device.state
        emotion = printable(str(state.get("emotion", "")))
        confidence = state.get("confidence")
        quiet_s = time.monotonic() - device.heard_s
        yield Text(device.status, style="green" if device.status == ONLINE else "yellow")
        yield Text(printable(str(state.get("faces", ""))))
        yield Text(name_for_people(emotion, self._lang), style="dim" if emotion == NO_FACE else "bold")
        yield f"{confidence:.0%}" if isinstance(confidence, int | float) else ""
        yield f"{quiet_s:.0f} s ago"

    def _problems(self) -> Iterable[RenderableType]:
        """Why a device is not online, a line for each reason."""
        for name, device in sorted(self.devices.items()):
            for part, problem in device.problems.items():
                yield Text(printable(f"{name}: {part}: {problem}"), style="yellow")

    def _health(self) -> Iterable[RenderableType]:
        """How each device is, and which faces it could not read: why it says nothing."""
        for name, device in sorted(self.devices.items()):
            health, words = device.health, list[str]()
            for field_name, unit in (("fps", "frames/s"), ("cpu_percent", "% CPU"), ("temperature_c", "°C")):
                if isinstance(value := health.get(field_name), int | float):
                    words.append(f"{value:.0f} {unit}")
            rejected = health.get("rejected")
            for reason, count in rejected.items() if isinstance(rejected, dict) else ():
                words.append(f"{count} faces {reason}")
            if words:
                yield Text(printable(f"{name}: {', '.join(words)}"), style="dim")

    def _bars(self, scores: object) -> RenderableType:
        bars = Table.grid(padding=(0, 1))
        for name, score in scores.items() if isinstance(scores, dict) else ():
            if isinstance(score, int | float):
                cells = round(_BAR_CELLS * min(1, max(0, score)))
                bar = Text("█" * cells, style="cyan") + Text("░" * (_BAR_CELLS - cells), style="dim")
                bars.add_row(Text(f"  {name_for_people(printable(name), self._lang)}"), bar, f"{score:4.0%}")
        return bars


def show(
    messages: Iterable[tuple[str, str] | None],
    board: Board,
    console: Console,
    goes_on: Callable[[], bool],
) -> None:
    """Show messages in a table that renews itself until `goes_on` says no, and stays at its last."""
    with Live(console=console, auto_refresh=False, transient=True) as live:
        shown_s = 0.0
        for message in messages:
            if message:
                board.add(*message)
            if time.monotonic() - shown_s > _RENEW_S and console.is_terminal:
                live.update(board.render(), refresh=True)
                shown_s = time.monotonic()
            if not goes_on():
                break
    console.print(board.render())


def save_table(board: Board, path: Path) -> None:
    """Write the table as an SVG picture that loads nothing from anywhere."""
    console = Console(record=True, width=76, file=io.StringIO(), force_terminal=True)
    console.print(board.render())
    template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    write_text(path, console.export_svg(title="mien watch", code_format=template))


def printable(text: str) -> str:
    """The text without control characters: whoever may write to the broker must not steer a terminal."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _object(payload: str) -> dict[str, Any]:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
