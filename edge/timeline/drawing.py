"""The drawing of a story, as SVG: lanes over one axis of time. What came from outside is escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from edge.labels import NO_FACE, name_for_people
from edge.timeline.lanes import coarsen, gather, share_lanes
from edge.timeline.patterns import Fills
from edge.timeline.story import Minute, Span, Story
from edge.timeline.times import Clock, say_duration

_LEFT, _WIDTH, _RIGHT = 96, 900, 28
_LANE, _ROOM, _SHARES, _FACES, _GAP, _AXIS = 22, 34, 90, 36, 8, 22

#: More lanes of faces than a device follows at a time are not drawn.
_MOST_LANES = 50

#: Where more faces share a lane, the marks of their coming would hide them.
_MOST_MARKS = 100

#: How wide a letter is at most, pixels; those of East Asia take two.
_LETTER = 7.2


class Drawing:
    """Draws one story.

    Args:
        lang: language of the emotions' names.
        number: of the drawing in its page.
    """

    def __init__(self, story: Story, fills: Fills, clock: Clock, lang: str, number: int) -> None:
        self._story, self._fills, self._clock, self._lang, self._number = story, fills, clock, lang, number
        self._seconds = max(story.end_s - story.begin_s, 1e-3)
        self._parts: list[str] = []
        self._y = 4.0

    def render(self) -> str:
        story = self._story
        self._lane("device", story.status, _LANE)
        if not story.has_summaries_alone:
            self._frame(_ROOM)
            self._lane("leading face", [span for span in story.room if span.name != NO_FACE], _ROOM)
        if story.minutes:
            self._shares(story.minutes)
        if not story.has_summaries_alone:
            self._counts(story.faces)
        lanes = share_lanes(story.tracks)
        for number, lane in enumerate(lanes[:_MOST_LANES]):
            spans = [span for track in lane for span in track.spans]
            self._lane("" if number else "each face", spans, _LANE)
            for track in lane if len(lane) <= _MOST_MARKS else ():
                self._track_begin(track.begin_s, track.number)
        self._axis()
        height = self._y
        width = _LEFT + _WIDTH + _RIGHT
        title = f"t{self._number}"
        return (
            f'<svg viewBox="0 0 {width} {height:g}" role="img" aria-labelledby="{title}">'
            f'<title id="{title}">{escape(self._say())}</title>{"".join(self._parts)}</svg>'
        )

    def _say(self) -> str:
        return (
            f"Timeline of {self._story.device}: the device, the leading face and every face over "
            f"{say_duration(self._seconds)}; the tables below say the same"
        )

    def _x(self, time_s: float) -> float:
        share = (time_s - self._story.begin_s) / self._seconds
        return _LEFT + _WIDTH * min(1.0, max(0.0, share))

    def _lane(self, heading: str, spans: Sequence[Span], height: float) -> None:
        self._heading(heading, height)
        for span in coarsen(spans, self._story.begin_s, self._story.end_s):
            self._block(span, height)
        self._y += height + _GAP / 2

    def _heading(self, heading: str, height: float) -> None:
        if heading:
            y = self._y + height / 2 + 4
            self._parts.append(f'<text class="head" x="{_LEFT - 8}" y="{y:g}">{escape(heading)}</text>')

    def _block(self, span: Span, height: float) -> None:
        x, end = self._x(span.begin_s), self._x(span.end_s)
        width, name, fill = max(end - x, 0.6), self._name(span.name), self._fills[span.name]
        told = f"{name}, {self._clock.say_time(span.begin_s)}, for {say_duration(span.seconds)}"
        if span.confidence is not None:
            told += f", confidence {span.confidence:.0%} at first"
        self._parts.append(
            f'<rect x="{x:.1f}" y="{self._y:g}" width="{width:.1f}" height="{height:g}" fill="{fill.paint}">'
            f"<title>{escape(told)}</title></rect>"
        )
        if _text_px(name) + 8 < width:
            self._parts.append(
                f'<text class="name" x="{x + width / 2:.1f}" y="{self._y + height / 2 + 4:g}" '
                f'stroke="{fill.colour}">{escape(name)}</text>'
            )

    def _track_begin(self, time_s: float, number: int) -> None:
        x, top = self._x(time_s), self._y - _GAP / 2 - _LANE
        self._parts.append(
            f'<path class="begin" d="M{x:.1f},{top:g} v{_LANE}"><title>face {number} came</title></path>'
        )

    def _shares(self, minutes: Sequence[Minute]) -> None:
        self._heading("shares", _SHARES)
        for minute in gather(minutes):
            x, end, y = self._x(minute.begin_s), self._x(minute.end_s), self._y + _SHARES
            for name, share in minute.shares.items():
                height = share * _SHARES
                y -= height
                told = f"{self._name(name)} {share:.0%}, {self._clock.say_time(minute.end_s)}"
                width = max(end - x - 0.5, 0.6)
                self._parts.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
                    f'fill="{self._fills[name].paint}"><title>{escape(told)}</title></rect>'
                )
        self._frame(_SHARES)
        self._y += _SHARES + _GAP

    def _counts(self, spans: Sequence[Span]) -> None:
        """How many faces there were, as steps."""
        most = max((int(span.name) for span in spans), default=0)
        self._heading(f"faces (0–{most})", _FACES)
        for span in _tallest(spans, self._story):
            x, height = self._x(span.begin_s), _FACES * int(span.name) / max(most, 1)
            self._parts.append(
                f'<rect class="count" x="{x:.1f}" y="{self._y + _FACES - height:.1f}" '
                f'width="{max(self._x(span.end_s) - x, 0.6):.1f}" height="{height:.1f}">'
                f"<title>{span.name} faces, {escape(self._clock.say_time(span.begin_s))}</title></rect>"
            )
        self._frame(_FACES)
        self._y += _FACES + _GAP

    def _frame(self, height: float) -> None:
        self._parts.append(
            f'<rect class="frame" x="{_LEFT}" y="{self._y:g}" width="{_WIDTH}" height="{height:g}"/>'
        )

    def _axis(self) -> None:
        self._parts.append(f'<path class="axis" d="M{_LEFT},{self._y:g} h{_WIDTH}"/>')
        for time_s, said in self._clock.ticks(self._story.begin_s, self._story.end_s):
            x = self._x(time_s)
            self._parts.append(
                f'<path class="axis" d="M{x:.1f},{self._y:g} v5"/>'
                f'<text class="tick" x="{x:.1f}" y="{self._y + 18:g}">{said}</text>'
            )
        self._y += _AXIS

    def _name(self, name: str) -> str:
        return name_for_people(name, self._lang)


def _tallest(spans: Sequence[Span], story: Story) -> Iterable[Span]:
    return (span for span in coarsen(spans, story.begin_s, story.end_s) if span.name != "0")


def _text_px(text: str) -> float:
    return sum(_LETTER * (2 if ord(letter) > 0x2E80 else 1) for letter in text)
