"""One device in full: its row, what is wrong, how it is, and the score of every emotion."""

from collections.abc import Iterable, Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from edge.labels import name_for_people
from edge.watch.cells import confidence_of, emotion_of, faces_of, status_of
from edge.watch.devices import Device, printable

TITLE = "mien: apparent expressions"

_BAR_CELLS = 20


def detail(devices: Mapping[str, Device], lang: str, now_s: float) -> RenderableType:
    """The table and what stands below it; of no device: that nothing was heard yet."""
    table = Table(title=TITLE, title_justify="left", expand=False)
    for heading in ("device", "status", "faces", "leading face", "confidence", "heard"):
        table.add_column(heading, no_wrap=True)
    parts: list[RenderableType] = [table]
    for name, device in devices.items():
        table.add_row(
            Text(name),
            status_of(device),
            faces_of(device),
            emotion_of(device, lang),
            confidence_of(device),
            f"{now_s - device.heard_s:.0f} s ago",
        )
        parts += [*_problems(name, device), *_health(name, device), _bars(device, lang)]
    if not devices:
        parts.append(Text("nothing heard yet", style="dim"))
    return Group(*parts)


def _problems(name: str, device: Device) -> Iterable[RenderableType]:
    """Why it is not online, a line for each reason."""
    for part, problem in device.problems.items():
        yield Text(printable(f"{name}: {part}: {problem}"), style="yellow")
    if device.lost:
        yield Text(f"{name}: {device.lost} messages lost on the way", style="yellow")


def _health(name: str, device: Device) -> Iterable[RenderableType]:
    """How it is, and which faces it could not read: why it says nothing."""
    health, words = device.health, list[str]()
    for field_name, unit in (("fps", "frames/s"), ("cpu_percent", "% CPU"), ("temperature_c", "°C")):
        if isinstance(value := health.get(field_name), int | float):
            words.append(f"{value:.0f} {unit}")
    rejected = health.get("rejected")
    for reason, count in rejected.items() if isinstance(rejected, dict) else ():
        words.append(f"{count} faces {reason}")
    if words:
        yield Text(printable(f"{name}: {', '.join(words)}"), style="dim")


def _bars(device: Device, lang: str) -> RenderableType:
    bars, scores = Table.grid(padding=(0, 1)), device.state.get("scores")
    for name, score in scores.items() if isinstance(scores, dict) else ():
        if isinstance(score, int | float):
            cells = round(_BAR_CELLS * min(1, max(0, score)))
            bar = Text("█" * cells, style="cyan") + Text("░" * (_BAR_CELLS - cells), style="dim")
            bars.add_row(Text(f"  {name_for_people(printable(name), lang)}"), bar, f"{score:4.0%}")
    return bars
