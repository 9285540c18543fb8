"""What a recording says of one device: spans of time in the room, of each face, and of the device itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edge.mqtt.topics import OFFLINE, ONLINE, STOPPED
from edge.timeline.lines import Event, FaceTold, InfoTold, MinuteTold, StateTold

PRIVACY = "privacy"

#: Nothing was recorded though the device was not said to have gone.
SILENT = "silent"

_HEARTBEAT_S = 30.0

_MINUTE_S = 60.0

#: What was told holds for so many heartbeats.
_MISSED = 3

#: In these nobody is looked at.
_BLIND = frozenset({STOPPED, OFFLINE, PRIVACY, SILENT})


@dataclass(frozen=True, slots=True)
class Span:
    """Something that held for a time.

    Attributes:
        begin_s: seconds since 1970.
        confidence: the smoothed score when it began; None where there is none.
    """

    begin_s: float
    end_s: float
    name: str
    confidence: float | None = None

    @property
    def seconds(self) -> float:
        return self.end_s - self.begin_s


@dataclass(frozen=True, slots=True)
class Track:
    """A face of one session, from its coming to its going."""

    session: str
    number: int
    spans: tuple[Span, ...]

    @property
    def begin_s(self) -> float:
        return self.spans[0].begin_s

    @property
    def end_s(self) -> float:
        return self.spans[-1].end_s


@dataclass(frozen=True, slots=True)
class Minute:
    """What `summary` told of a minute, or of several."""

    begin_s: float
    end_s: float
    watched_s: float
    faces: float
    shares: dict[str, float]


@dataclass(frozen=True, slots=True)
class Story:
    """All that is drawn of a device.

    Attributes:
        status: all of the time, span by span.
        room: the emotion of the leading face.
        faces: how many were in view; the name of a span is the number.
    """

    device: str
    begin_s: float
    end_s: float
    sessions: int
    messages: int
    status: list[Span]
    room: list[Span]
    faces: list[Span]
    tracks: list[Track]
    minutes: list[Minute]

    @property
    def has_summaries_alone(self) -> bool:
        """Whether nothing was told of a single face, as with `privacy.aggregate_only`."""
        return bool(self.minutes) and not self.room and not self.tracks


def tell_story(device: str, events: Sequence[Event]) -> Story:
    """Put events, which are in the order of time, together."""
    begin_s, end_s = events[0].time_s, events[-1].time_s
    heartbeat_s = _find_heartbeat_s(events)
    holds_s = _MISSED * heartbeat_s
    status = _find_status(events, end_s, heartbeat_s)
    blind = [span for span in status if span.name in _BLIND]
    states = [event for event in events if isinstance(event.content, StateTold)]
    room = _spans_of_states(states, end_s, holds_s, blind)
    return Story(
        device=device,
        begin_s=begin_s,
        end_s=end_s,
        sessions=len({event.content.session for event in events if not isinstance(event.content, str)}),
        messages=len(events),
        status=status,
        room=_join(replace(span, name=name) for span, name, _ in room),
        faces=_join(replace(span, name=str(faces), confidence=None) for span, _, faces in room),
        tracks=_find_tracks(events, blind),
        minutes=[
            _minute(event.time_s, event.content) for event in events if isinstance(event.content, MinuteTold)
        ],
    )


def seconds_by_name(spans: Iterable[Span]) -> dict[str, float]:
    """How long each name held in all, seconds; the longest first."""
    total: dict[str, float] = {}
    for span in spans:
        total[span.name] = total.get(span.name, 0.0) + span.seconds
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def face_seconds(minutes: Iterable[Minute]) -> dict[str, float]:
    """How long faces had each emotion by what was summed up, seconds; the longest first."""
    total: dict[str, float] = {}
    for minute in minutes:
        for name, share in minute.shares.items():
            total[name] = total.get(name, 0.0) + share * minute.faces * minute.watched_s
    return dict(sorted(total.items(), key=lambda item: -item[1]))


def _find_heartbeat_s(events: Sequence[Event]) -> float:
    told = [e.content.config.publish.heartbeat_s for e in events if isinstance(e.content, InfoTold)]
    return max(told, default=_HEARTBEAT_S)


def _find_status(events: Sequence[Event], end_s: float, heartbeat_s: float) -> list[Span]:
    """Span by span, what the device was; where it was quiet for too long, that."""
    spans: list[Span] = []
    status, is_private = ONLINE, False
    if first := next((event.content for event in events if event.kind == "status"), None):
        status = str(first)
    for event, following in zip(events, [*events[1:], None], strict=True):
        if event.kind == "status":
            status = str(event.content)
        elif event.kind == PRIVACY:
            is_private = event.content == "ON"
        name = PRIVACY if is_private else status
        until_s = following.time_s if following else end_s
        known_until_s = until_s
        if until_s - event.time_s > _MISSED * heartbeat_s and name not in _BLIND:
            known_until_s = event.time_s + heartbeat_s
        spans += [Span(event.time_s, known_until_s, name), Span(known_until_s, until_s, SILENT)]
    return _join(spans)


def _spans_of_states(
    states: Sequence[Event], end_s: float, holds_s: float, blind: Sequence[Span]
) -> list[tuple[Span, str, int]]:
    """Each state until the next one, until it is too old, or until nobody looked any more."""
    spans = []
    for event, following in zip(states, [*states[1:], None], strict=False):
        state = event.content
        assert isinstance(state, StateTold)
        until_s = min(following.time_s if following else end_s, event.time_s + holds_s)
        until_s = _until_blind(event.time_s, until_s, blind)
        spans.append((Span(event.time_s, until_s, "", state.confidence), state.emotion, state.faces))
    return [part for part in spans if part[0].seconds > 0]


def _find_tracks(events: Sequence[Event], blind: Sequence[Span]) -> list[Track]:
    """Every face, in the order of their coming; one that is not said to have gone went with its session."""
    session_ends_s = {e.content.session: e.time_s for e in events if not isinstance(e.content, str)}
    told: dict[tuple[str, int], list[tuple[float, FaceTold]]] = {}
    for event in events:
        if isinstance(face := event.content, FaceTold):
            told.setdefault((face.session, face.track), []).append((event.time_s, face))
    tracks = []
    for (session, number), moments in told.items():
        last_s, last = moments[-1]
        ends_s = last_s if last.type == "end" else _until_blind(last_s, session_ends_s[session], blind)
        borders_s = [time_s for time_s, _ in moments[1:]] + [ends_s]
        spans = _join(
            Span(time_s, until_s, face.emotion, face.confidence)
            for (time_s, face), until_s in zip(moments, borders_s, strict=True)
        )
        if spans:
            tracks.append(Track(session, number, tuple(spans)))
    return sorted(tracks, key=lambda track: track.begin_s)


def _minute(end_s: float, told: MinuteTold) -> Minute:
    return Minute(end_s - max(_MINUTE_S, told.watched_s), end_s, told.watched_s, told.faces, dict(told.shares))


def _until_blind(begin_s: float, end_s: float, blind: Sequence[Span]) -> float:
    """The end, or the first moment before it in which nobody was looked at."""
    moments = (max(span.begin_s, begin_s) for span in blind if span.end_s > begin_s and span.begin_s < end_s)
    return min(moments, default=end_s)


def _join(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those of one name that follow each other as one; without those of no length."""
    joined: list[Span] = []
    for span in spans:
        if span.seconds <= 0:
            continue
        if joined and joined[-1].name == span.name and joined[-1].end_s == span.begin_s:
            joined[-1] = replace(joined[-1], end_s=span.end_s)
        else:
            joined.append(span)
    return joined


def say_count(stories: Sequence[Story]) -> str:
    """2 devices, 1 face"""
    faces = sum(len(story.tracks) for story in stories)
    return ", ".join(
        f"{count} {noun}{'' if count == 1 else 's'}"
        for count, noun in ((len(stories), "device"), (faces, "face"))
    )
