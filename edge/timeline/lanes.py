"""Which spans stand beside each other, and which would be too narrow to be seen."""

from collections.abc import Sequence
from dataclasses import replace

from edge.timeline.story import Minute, Span, Track

#: Lanes with more spans are drawn in columns.
_MOST_SPANS = 300
_COLUMNS = 600

#: The shares of more minutes are put together.
_MOST_BARS = 120


def share_lanes(tracks: Sequence[Track]) -> list[list[Track]]:
    """As few lanes as hold all tracks, in the order of time, with none over another."""
    lanes: list[list[Track]] = []
    for track in tracks:
        free = next((lane for lane in lanes if lane[-1].end_s <= track.begin_s), None)
        if free is None:
            lanes.append([track])
        else:
            free.append(track)
    return lanes


def coarsen(spans: Sequence[Span], begin_s: float, end_s: float) -> list[Span]:
    """The spans, or, where they are too many, for each column of the drawing the one that had most of it."""
    if len(spans) <= _MOST_SPANS:
        return list(spans)
    width_s = (end_s - begin_s) / _COLUMNS
    held: list[dict[str, float]] = [{} for _ in range(_COLUMNS)]
    for span in spans:
        first = min(int((span.begin_s - begin_s) / width_s), _COLUMNS - 1)
        last = min(int((span.end_s - begin_s) / width_s), _COLUMNS - 1)
        for column in range(first, last + 1):
            left_s = begin_s + column * width_s
            part_s = min(span.end_s, left_s + width_s) - max(span.begin_s, left_s)
            held[column][span.name] = held[column].get(span.name, 0.0) + part_s
    coarse: list[Span] = []
    for column, names in enumerate(held):
        if not names:
            continue
        left_s, name = begin_s + column * width_s, max(names, key=names.__getitem__)
        if coarse and coarse[-1].name == name and abs(coarse[-1].end_s - left_s) < width_s / 2:
            coarse[-1] = replace(coarse[-1], end_s=left_s + width_s)
        else:
            coarse.append(Span(left_s, left_s + width_s, name))
    return coarse


def gather(minutes: Sequence[Minute]) -> list[Minute]:
    """The minutes, or, where they are too many, several as one: their faces and shares weighted by time."""
    size = -(-len(minutes) // _MOST_BARS)
    if size <= 1:
        return list(minutes)
    return [_average(minutes[first : first + size]) for first in range(0, len(minutes), size)]


def _average(minutes: Sequence[Minute]) -> Minute:
    watched_s = sum(minute.watched_s for minute in minutes)
    face_seconds = [minute.watched_s * minute.faces for minute in minutes]
    total = sum(face_seconds)
    shares: dict[str, float] = {}
    for minute, weight in zip(minutes, face_seconds, strict=True):
        for name, share in minute.shares.items():
            shares[name] = shares.get(name, 0.0) + share * weight / total if total else 0.0
    return Minute(
        minutes[0].begin_s, minutes[-1].end_s, watched_s, total / watched_s if watched_s else 0.0, shares
    )
