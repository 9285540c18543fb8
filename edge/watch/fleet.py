"""Many devices, a row each: those with trouble first, and no more than the screen holds."""

from collections import Counter
from collections.abc import Mapping

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from edge.mqtt.topics import ONLINE
from edge.watch.cells import confidence_of, emotion_of, faces_of, status_of
from edge.watch.detail import TITLE
from edge.watch.devices import Device

#: Title, borders, headings, and the two lines below.
_FRAME_ROWS = 8

#: However narrow the screen is, so much is seen of what is wrong.
_LEAST_CELLS = 16


def fleet(devices: Mapping[str, Device], lang: str, now_s: float, rows: int | None = None) -> RenderableType:
    """The table of as many devices as `rows` of a screen hold, None: of all; and a line that counts all."""
    trouble = {name: device.trouble(now_s) for name, device in devices.items()}
    order = sorted(devices, key=lambda name: (not trouble[name], devices[name].status == ONLINE, name))
    shown = order if rows is None else order[: max(1, rows - _FRAME_ROWS)]
    if len(shown) == len(order):
        shown = sorted(order)  # a row stays where it is, where all have room
    table = Table(title=TITLE, title_justify="left", expand=False, box=box.SIMPLE_HEAD)
    for heading in ("device", "status", "faces", "leading face"):
        table.add_column(heading, no_wrap=True)
    table.add_column("msg/s", justify="right", no_wrap=True)
    table.add_column("heard", justify="right", no_wrap=True)
    table.add_column("what is wrong", min_width=_LEAST_CELLS)
    for name in shown:
        device = devices[name]
        table.add_row(
            Text(name, overflow="ellipsis"),
            status_of(device),
            faces_of(device),
            Text.assemble(emotion_of(device, lang), " ", confidence_of(device)),
            f"{device.rate(now_s):.1f}",
            f"{now_s - device.heard_s:.0f} s",
            Text(trouble[name], style="yellow", no_wrap=True, overflow="ellipsis"),
        )
    return Group(table, Text(_count(devices, len(trouble) - len(shown), now_s), style="dim"))


def _count(devices: Mapping[str, Device], hidden: int, now_s: float) -> str:
    statuses = Counter(device.status for device in devices.values())
    named = ", ".join(f"{count} {status}" for status, count in statuses.most_common(6))
    rate = sum(device.rate(now_s) for device in devices.values())
    lost = sum(device.lost for device in devices.values())
    parts = [f"{len(devices)} devices: {named}", f"{rate:.0f} messages a second"]
    if lost:
        parts.append(f"{lost} lost")
    if hidden > 0:
        parts.append(f"{hidden} rows have no room here; --device D shows one")
    return "; ".join(parts)
