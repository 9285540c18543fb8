"""The page: a drawing and tables for each device, in one file that loads nothing."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

from edge.labels import EMOTIONS, NO_FACE, UNCERTAIN, name_for_people
from edge.mqtt.topics import ONLINE
from edge.timeline.drawing import Drawing
from edge.timeline.patterns import Fills
from edge.timeline.story import Story, Track, face_seconds, seconds_by_name
from edge.timeline.times import Clock, say_duration

_TEMPLATE = Path(__file__).with_name("page.html")

#: Longer tables are cut, and say so.
_MOST_ROWS = 200


def make_page(stories: Sequence[Story], source: str, lang: str) -> str:
    """The page of one device or several.

    Args:
        source: where it comes from, a line for people.
        lang: language of the emotions' names.
    """
    expressions = _expressions(stories)
    conditions = list(dict.fromkeys(span.name for story in stories for span in story.status))
    fills = Fills([*expressions, *conditions])
    devices = " and ".join(story.device for story in stories[:3]) + (" …" if len(stories) > 3 else "")
    return Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
        title=escape(f"mien: {devices}"),
        source=escape(source),
        patterns=fills.definitions(),
        expressions="".join(_legend(name, fills, lang) for name in expressions),
        conditions="".join(_legend(name, fills, lang) for name in conditions),
        devices="\n".join(_section(story, fills, lang, number) for number, story in enumerate(stories)),
    )


def _expressions(stories: Sequence[Story]) -> list[str]:
    """All that faces looked like, in an order that stays: the known ones, then others."""
    spans = [span for story in stories for span in story.room]
    spans += [span for story in stories for track in story.tracks for span in track.spans]
    told = {span.name for span in spans} - {NO_FACE}
    told |= {name for story in stories for minute in story.minutes for name in minute.shares}
    known = [name for name in (*EMOTIONS, UNCERTAIN) if name in told]
    return [*known, *sorted(told.difference(known))]


def _legend(name: str, fills: Fills, lang: str) -> str:
    sample = f'<svg aria-hidden="true"><rect width="34" height="18" fill="{fills[name].paint}"/></svg>'
    return f"<li>{sample}{_said(name, lang)}</li>"


def _section(story: Story, fills: Fills, lang: str, number: int) -> str:
    clock = Clock(story.begin_s)
    drawing = Drawing(story, fills, clock, lang, number).render()
    sessions = "one session" if story.sessions == 1 else f"{story.sessions} sessions"
    facts = (
        f"{clock.say(story.begin_s)} to {clock.say(story.end_s)}, {say_duration(story.end_s - story.begin_s)}, "
        f"{clock.zone}; {sessions}, {story.messages} messages, {len(story.tracks)} faces"
    )
    return (
        f'<section aria-labelledby="d{number}"><h2 id="d{number}">{escape(story.device)}</h2>'
        f'<p class="soft">{escape(facts)}</p>'
        f'<div class="wide" tabindex="0" role="region" aria-label="drawing of {escape(story.device)}">'
        f"{drawing}</div>"
        f"{_emotions(story, lang)}{_away(story, clock)}{_faces(story, clock, lang)}</section>"
    )


def _emotions(story: Story, lang: str) -> str:
    """How long each emotion led, and how long faces had it."""
    leading = {name: held_s for name, held_s in seconds_by_name(story.room).items() if name != NO_FACE}
    each = seconds_by_name(span for track in story.tracks for span in track.spans)
    each = each or face_seconds(story.minutes)
    rows = [
        (
            _said(name, lang),
            *(_with_share(part.get(name, 0.0), sum(part.values())) for part in (leading, each)),
        )
        for name in sorted({*leading, *each}, key=lambda name: -each.get(name, 0) - leading.get(name, 0))
    ]
    return _table(
        "Apparent expressions", ("expression", "leading face", "every face"), rows, "Nobody was there."
    )


def _away(story: Story, clock: Clock) -> str:
    """When the device was not online."""
    spans = [span for span in story.status if span.name != ONLINE]
    rows = [
        (
            escape(span.name),
            escape(clock.say(span.begin_s)),
            escape(clock.say(span.end_s)),
            say_duration(span.seconds),
        )
        for span in spans
    ]
    return _table("Not online", ("status", "from", "to", "for"), rows, "The device was online all the time.")


def _faces(story: Story, clock: Clock, lang: str) -> str:
    rows = [
        (
            f"face {track.number}",
            escape(clock.say(track.begin_s)),
            escape(clock.say(track.end_s)),
            say_duration(track.end_s - track.begin_s),
            ", ".join(_shares_of(track, lang)),
        )
        for track in story.tracks
    ]
    if story.has_summaries_alone:
        return "<p>Nothing was told of single faces, but the summary of each minute.</p>"
    return _table(
        "Faces", ("face", "came", "went", "for", "apparent expression"), rows, "No face came or went."
    )


def _shares_of(track: Track, lang: str) -> Iterable[str]:
    held_s = seconds_by_name(track.spans)
    for name, seconds in held_s.items():
        if (share := seconds / sum(held_s.values())) >= 0.01:
            yield f"{_said(name, lang)} {share:.0%}"


def _table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[str]], none: str) -> str:
    """A table of cells that are HTML already; where there is no row, a line that says so."""
    if not rows:
        return f"<p>{none}</p>"
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows[:_MOST_ROWS]
    )
    left_out = len(rows) - _MOST_ROWS
    more = f'<p class="soft">{left_out} more are not listed.</p>' if left_out > 0 else ""
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table>'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}"
    )


def _with_share(seconds: float, total_s: float) -> str:
    return f"{say_duration(seconds)} ({seconds / total_s:.0%})" if total_s else "–"


def _said(name: str, lang: str) -> str:
    """The name for people, marked with its language."""
    said = name_for_people(name, lang)
    return f'<span lang="{lang}">{escape(said)}</span>' if said != name else escape(said)
