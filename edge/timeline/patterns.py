"""A colour and a pattern for each name, so that a page can be read without colours."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from edge.labels import UNCERTAIN

#: Each fills a tile of 8x8; drawn over the colour.
_TILES = {
    "plain": "",
    "rising": '<path d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"/>',
    "dots": '<circle cx="2" cy="2" r="1"/><circle cx="6" cy="6" r="1"/>',
    "upright": '<path d="M2,0 v8 M6,0 v8"/>',
    "level": '<path d="M0,2 h8 M0,6 h8"/>',
    "crossed": '<path d="M0,0 l8,8 M8,0 l-8,8"/>',
    "falling": '<path d="M-2,6 l4,4 M0,0 l8,8 M6,-2 l4,4"/>',
    "grid": '<path d="M0,4 h8 M4,0 v8"/>',
    "waves": '<path d="M0,5 q2,-4 4,0 t4,0"/>',
    "rings": '<circle cx="4" cy="4" r="2.2" fill="none"/>',
    "dashes": '<path d="M1,4 h4"/>',
    "pluses": '<path d="M2,4 h4 M4,2 v4"/>',
}

#: Light ones with dark lines and letters, on any ground; told apart by most of those who see colours otherwise.
_KNOWN = {
    "angry": ("#f2897a", "rising"),
    "disgust": ("#b5cf6b", "dots"),
    "fear": ("#c5a8e6", "upright"),
    "happy": ("#ffd54f", "plain"),
    "sad": ("#82b4ee", "level"),
    "surprise": ("#ffae63", "crossed"),
    "neutral": ("#cdd3d8", "dashes"),
    UNCERTAIN: ("#eceff1", "falling"),
    "online": ("#8fd3a6", "plain"),
    "degraded": ("#f5c26b", "rising"),
    "privacy": ("#c5a8e6", "grid"),
    "stopped": ("#cdd3d8", "level"),
    "offline": ("#f2897a", "crossed"),
    "silent": ("#eceff1", "dots"),
}

_OTHERS = tuple(
    (colour, tile)
    for tile in ("waves", "rings", "pluses", "grid", "dashes", "falling")
    for colour in ("#7fd1c7", "#e7a6c8", "#d9c48f", "#a9b8f0")
)

_LINES = "#20262b"


@dataclass(frozen=True, slots=True)
class Fill:
    """How a name is drawn: the colour of its ground, and the pattern's id in the page."""

    colour: str
    pattern: str

    @property
    def paint(self) -> str:
        return f"url(#{self.pattern})"


class Fills:
    """Gives every name a fill; those that have none of their own take the others in turn."""

    def __init__(self, names: Iterable[str]) -> None:
        self._fills: dict[str, Fill] = {}
        self._tiles: dict[str, tuple[str, str]] = {}
        strange = 0
        for name in names:
            if name in self._fills:
                continue
            colour, tile = _KNOWN.get(name) or _OTHERS[strange % len(_OTHERS)]
            strange += name not in _KNOWN
            pattern = f"p{len(self._fills)}"
            self._fills[name] = Fill(colour, pattern)
            self._tiles[pattern] = colour, tile

    def __getitem__(self, name: str) -> Fill:
        return self._fills[name]

    def definitions(self) -> str:
        """The patterns, for the page to hold once."""
        return "".join(
            f'<pattern id="{escape(pattern)}" width="8" height="8" patternUnits="userSpaceOnUse">'
            f'<rect width="8" height="8" fill="{colour}"/>'
            f'<g stroke="{_LINES}" stroke-opacity=".5" fill="{_LINES}" fill-opacity=".5">{_TILES[tile]}</g>'
            "</pattern>"
            for pattern, (colour, tile) in self._tiles.items()
        )
