"""Reading a recording: what `mien run --record`, `publish.to = "log"` and `mien watch --json` write.

A line that cannot be used is named, counted and left out; fields and kinds that are not known are passed over.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from edge.errors import DataError
from edge.mqtt.payloads import Share
from edge.mqtt.topics import split_topic

#: A longer line is none of ours, bytes.
_LONGEST_LINE = 4_000_000

#: So many bad lines are named; the others are counted.
_NAMED = 5

_LONGEST_NAME = 60

_MOST_CLASSES = 100

#: Of 1970 are recordings in virtual time; what is later than 2199 is no time of a device, seconds since 1970.
_LATEST_S = 7258118400.0

Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]


class _Told(BaseModel):
    """What of a message is drawn. Other than payloads.Message it passes over what it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    v: Literal[1]
    session: Name
    seq: Annotated[int, Field(ge=0)]
    ts: AwareDatetime


class StateTold(_Told):
    faces: Annotated[int, Field(ge=0, le=1000)]
    emotion: Name
    confidence: Share | None


class FaceTold(_Told):
    type: Literal["new", "update", "end"]
    track: int
    emotion: Name
    confidence: Share


class MinuteTold(_Told):
    watched_s: Annotated[float, Field(ge=0, le=3600)]
    faces: Annotated[float, Field(ge=0, le=1000)]
    shares: Annotated[dict[Name, Share], Field(max_length=_MOST_CLASSES)]


class _Publish(BaseModel):
    heartbeat_s: Annotated[float, Field(gt=0)]


class _Settings(BaseModel):
    publish: _Publish


class InfoTold(_Told):
    config: _Settings


class HealthTold(_Told):
    """Shows that the device lived."""


_KINDS: dict[str, type[_Told]] = {
    "state": StateTold,
    "faces": FaceTold,
    "summary": MinuteTold,
    "info": InfoTold,
    "health": HealthTold,
}

Content = _Told | str


@dataclass(frozen=True, slots=True)
class Event:
    """A message at its time; `content` of `status` and `privacy` is their text."""

    time_s: float
    kind: str
    content: Content


@dataclass(slots=True)
class Recording:
    """The messages of each device in the order of time, and how many lines there were and could not be used."""

    devices: dict[str, list[Event]] = field(default_factory=dict)
    lines: int = 0
    bad: int = 0


class _Bad(ValueError):
    """Why a line cannot be used."""


def read_recording(path: Path, complain: Callable[[str], None]) -> Recording:
    """Read a file.

    Args:
        complain: is given a line on each of the first bad lines.

    Raises:
        DataError: it holds no message of a device.
    """
    recording, reader = Recording(), _Reader()
    with path.open("rb") as file:
        for number, line in enumerate(_lines(file), 1):
            recording.lines += 1
            try:
                reader.take(line)
            except _Bad as reason:
                recording.bad += 1
                if recording.bad <= _NAMED:
                    complain(f"{path}, line {number}: {reason}; left out")
    recording.devices = reader.devices()
    if not recording.devices:
        raise DataError(
            f"{path} holds no message of a device with its time; expected lines of mien run --record, "
            'mien watch --json or publish.to = "log"'
        )
    return recording


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines; of one that is too long its beginning, which is no JSON."""
    while line := file.readline(_LONGEST_LINE):
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(_LONGEST_LINE)):
            pass
        if line.strip():
            yield line


class _Reader:
    """Gives every message its time; a text without one has that of the newest message before it."""

    def __init__(self) -> None:
        self._events: defaultdict[str, list[Event]] = defaultdict(list)
        self._untimed: list[tuple[str, str, str]] = []
        self._seen: defaultdict[tuple[str, str, str], set[int]] = defaultdict(set)
        self._now_s: float | None = None

    def take(self, line: bytes) -> None:
        topic, payload, line_s = _parse(line)
        device, kind = split_topic(topic)
        kind = kind.partition("/")[0]
        if device and (kind == "status" or topic.endswith("/privacy/state")):
            self._take_text(device[:_LONGEST_NAME], kind, payload, line_s)
        elif device and kind in _KINDS:
            self._take_message(device[:_LONGEST_NAME], kind, payload)

    def devices(self) -> dict[str, list[Event]]:
        """The events of each device, in the order of time: what waited for a broker came late."""
        return {
            device: sorted(events, key=lambda event: event.time_s) for device, events in self._events.items()
        }

    def _take_text(self, device: str, kind: str, payload: object, line_s: float | None) -> None:
        if not isinstance(payload, str):
            raise _Bad(f"{kind} is {_short(payload)}; expected a text")
        if line_s is not None:
            self._see(line_s)
            self._events[device].append(Event(line_s, kind, payload[:_LONGEST_NAME]))
        elif self._now_s is None:
            self._untimed.append((device, kind, payload[:_LONGEST_NAME]))
        else:
            self._events[device].append(Event(self._now_s, kind, payload[:_LONGEST_NAME]))

    def _take_message(self, device: str, kind: str, payload: object) -> None:
        try:
            content = _KINDS[kind].model_validate(payload)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in (kind, *first["loc"]))
            raise _Bad(f"{where} is {_short(first['input'])}: {first['msg'].lower()}") from None
        seen = self._seen[device, content.session, kind]
        if content.seq in seen:
            return
        seen.add(content.seq)
        time_s = _checked(content.ts.timestamp(), payload)
        self._see(time_s)
        self._events[device].append(Event(time_s, kind, content))

    def _see(self, time_s: float) -> None:
        self._now_s = time_s if self._now_s is None else max(self._now_s, time_s)
        for device, kind, payload in self._untimed:
            self._events[device].append(Event(time_s, kind, payload))
        self._untimed.clear()


def _parse(line: bytes) -> tuple[str, object, float | None]:
    """Topic, payload, and the time that stands in the line itself, where one does."""
    if len(line) >= _LONGEST_LINE:
        raise _Bad(f"it is longer than {_LONGEST_LINE} bytes")
    try:
        content: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise _Bad("it is not JSON") from None
    if not isinstance(content, dict) or not isinstance(content.get("topic"), str) or "payload" not in content:
        raise _Bad('expected {"topic": …, "payload": …}')
    line_s = None
    if "ts" in content:
        try:
            line_s = _checked(datetime.fromisoformat(content["ts"]).timestamp(), content)
        except _Bad:
            raise
        except (TypeError, ValueError, OverflowError):
            raise _Bad(
                f"ts is {_short(content['ts'])}; expected a time as in 2026-11-20T12:00:00.000Z"
            ) from None
    return content["topic"], content["payload"], line_s


def _checked(time_s: float, content: object) -> float:
    if not 0 <= time_s < _LATEST_S:
        raise _Bad(
            f"ts is {_short(content['ts'] if isinstance(content, dict) else None)}; expected 1970 to 2199"
        )
    return time_s


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
