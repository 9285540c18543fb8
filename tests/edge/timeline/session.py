"""Recordings made for tests, of the messages that devices send."""

import json
from collections import Counter
from pathlib import Path

from edge.mqtt.payloads import LastMinute, make_face_event, make_state, timestamp
from edge.mqtt.transport import message_line
from edge.records import Box, Reading, Scene

#: 2026-11-20T12:00:00Z
NOON_S = 1795176000.0


def reading(track: int, emotion: str, confidence: float = 0.8) -> Reading:
    return Reading(track, Box(10, 10, 90, 90), emotion, confidence, {emotion: confidence}, 0.0, 0.0)


class Session:
    """Writes lines as one run of a device would; moments are seconds after noon.

    Args:
        has_ts: whether the lines tell their own time, as those of --record do.
    """

    def __init__(self, device: str = "hall", name: str = "s1", has_ts: bool = True) -> None:
        self._device, self._name, self._has_ts = device, name, has_ts
        self._sequence: Counter[str] = Counter()
        self.lines: list[str] = []

    def status(self, at_s: float, status: str) -> None:
        self._add("status", status, at_s)

    def privacy(self, at_s: float, payload: str) -> None:
        self._add("privacy/state", payload, at_s)

    def state(self, at_s: float, emotion: str = "no_face", faces: int = 0) -> None:
        scene = Scene(reading(1, emotion) if faces else None, faces)
        state = make_state(self._name, self._next("state"), NOON_S + at_s, 0.0, scene)
        self._add("state", state.model_dump_json(), at_s)

    def face(self, at_s: float, kind: str, track: int, emotion: str) -> None:
        event = make_face_event(
            self._name,
            self._next("faces"),
            NOON_S + at_s,
            at_s,
            kind,  # type: ignore[arg-type]
            reading(track, emotion),
        )
        self._add(f"faces/{track}", event.model_dump_json(), at_s)

    def minute(self, at_s: float, faces: float, **shares: float) -> None:
        ts, seq = timestamp(NOON_S + at_s), self._next("summary")
        told = LastMinute(session=self._name, seq=seq, ts=ts, watched_s=60, shares=shares, faces=faces)
        self._add("summary", told.model_dump_json(), at_s)

    def _next(self, kind: str) -> int:
        self._sequence[kind] += 1
        return self._sequence[kind] - 1

    def _add(self, kind: str, payload: str, at_s: float) -> None:
        ts = timestamp(NOON_S + at_s) if self._has_ts else None
        self.lines.append(message_line(f"mien/{self._device}/{kind}", payload, ts))


def write(path: Path, *sessions: Session) -> Path:
    path.write_text("".join(f"{line}\n" for session in sessions for line in session.lines))
    return path


def an_afternoon(device: str = "hall") -> Session:
    """Four faces, a dark camera, half an hour of privacy, and ten minutes of which nothing is known."""
    session = Session(device)
    session.status(0, "online")
    visits = (
        (60, 1, "neutral happy uncertain happy surprise neutral"),
        (420, 2, "happy neutral happy sad neutral"),
        (780, 3, "sad angry neutral disgust fear"),
        (4100, 4, "happy neutral happy"),
    )
    for begin_s, track, emotions in visits:
        _a_visit(session, begin_s, track, emotions.split())
    session.status(1300, "degraded")
    session.status(1500, "online")
    session.status(2000, "privacy")
    session.status(4000, "online")
    for at_s in (*range(0, 60, 30), *range(1230, 2000, 30), *range(4000, 4100, 30), *range(4370, 4800, 30)):
        session.state(at_s)
    session.state(5395)
    session.status(5400, "stopped")
    session.lines.sort(key=lambda line: str(json.loads(line)["ts"]))
    return session


def _a_visit(session: Session, begin_s: int, track: int, emotions: list[str]) -> None:
    for number, emotion in enumerate(emotions):
        at_s = begin_s + 90 * number
        session.face(at_s, "new" if not number else "update", track, emotion)
        for beat in range(3):
            session.state(at_s + 30 * beat, emotion, 1)
        shares = {"neutral": 1.0} if emotion == "neutral" else {emotion: 0.7, "neutral": 0.3}
        session.minute(at_s + 60, 1, **shares)
    session.face(begin_s + 90 * len(emotions), "end", track, emotions[-1])
