"""What the JSON messages hold. Names, never indices; fields may be added, never renamed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from edge.labels import NO_FACE
from edge.records import Reading, Scene, Summary

Share = Annotated[float, Field(ge=0, le=1)]


class Message(BaseModel):
    """What every JSON message begins with.

    Attributes:
        v: version of the schema.
        session: random, made anew at every start of the daemon.
        seq: counts the messages of this kind in this session from 0; a gap is a loss.
        ts: RFC 3339, UTC, milliseconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)

    v: Literal[1] = 1
    session: str
    seq: Annotated[int, Field(ge=0)]
    ts: str


class State(Message):
    """The leading face: the largest, and of like ones the one that has been there longest.

    Attributes:
        age_ms: from the frame's arrival to the making of this message.
        faces: how many are in view.
        emotion: a class of the model, "uncertain" or "no_face".
        confidence: the smoothed score of the emotion; null without a face.
        scores: the smoothed score of each class; empty without a face.
        track: which face of this session it is, never who; null without a face.
    """

    age_ms: Annotated[float, Field(ge=0)]
    faces: Annotated[int, Field(ge=0)]
    emotion: str
    confidence: Share | None
    scores: dict[str, Share]
    track: int | None


class LastMinute(Message):
    """What the last minute was like; with `privacy.aggregate_only`, while `min_faces` were there.

    Attributes:
        watched_s: how much of it was watched, or with so many faces.
        shares: of the time that faces were there, how much each emotion had; "uncertain" is one of them.
        faces: how many were there on average.
    """

    watched_s: Annotated[float, Field(ge=0)]
    shares: dict[str, Share]
    faces: Annotated[float, Field(ge=0)]


class FaceEvent(Message):
    """One face: it came, it changed, it went.

    Attributes:
        type: it came, changed or went.
        track: which face of this session it is, never who.
        emotion: a class of the model, or "uncertain".
        confidence: the smoothed score of the emotion.
        scores: the smoothed score of each class.
        box: x, y, width, height in pixels of the frame; it may reach over the border.
        since: when the present emotion began.
        dwell_s: how long it has held.
    """

    type: Literal["new", "update", "end"]
    track: int
    emotion: str
    confidence: Share
    scores: dict[str, Share]
    box: tuple[int, int, int, int]
    since: str
    dwell_s: Annotated[float, Field(ge=0)]


class Info(Message):
    """What the device is and how it is set up. Retained; told again whenever it changes.

    Attributes:
        version: of mien.
        model: the bundle's name, and the sha256 of its card.
        accelerator: what was asked for, what is in use, the milliseconds of each, and what is wrong.
        camera: its name, and what it granted.
        restarts: how often the service came back by itself, and why the last process ended.
        problems: what keeps the status from `online`, a line for each part.
        site: where it stands, as its owner says.
        basis: the medical or safety reason for it, in its owner's words; null where none is given.
        config: every key of the configuration; without secrets.
        config_schema: JSON Schema of the configuration.
        schemas: JSON Schema of each kind of message, as this version sends it.
    """

    version: str
    model: Mapping[str, str]
    accelerator: Mapping[str, Any]
    camera: Mapping[str, str | None]
    restarts: Mapping[str, int | str | None]
    problems: Mapping[str, str]
    site: str = "home"
    basis: str | None = None
    config: Mapping[str, Any]
    config_schema: Mapping[str, Any]
    schemas: Mapping[str, Any]


class StageMs(BaseModel):
    """Wall time of one step of the loop, milliseconds a frame."""

    median: Annotated[float, Field(ge=0)]
    p95: Annotated[float, Field(ge=0)]


class Throttling(BaseModel):
    """What a Pi's firmware says of power and heat: now, and at some time since the machine started."""

    now: list[str]
    before: list[str]


class Health(Message):
    """How the device is, every minute, and soon after its problems change. Counts are of `interval_s`.

    Attributes:
        status: as its own topic has it.
        problems: what keeps the status from `online`, a line for each part.
        uptime_s: since the daemon started.
        interval_s: since the last of these messages.
        fps: frames worked on a second.
        stages: the steps of the loop by name; empty where no frame came.
        dropped_frames: passed over, since a newer one was there.
        dropped_messages: all that did not get out.
        dropped_by_reason: "no_broker" (live ones that nobody was there to take), "max_per_minute" (held back by
            the cap), "outbox_full" and "outbox_old" (they had to arrive, and no broker came in time), "refused"
            and "too_large" (for the broker).
        waiting_messages: what has yet to reach the broker, and will.
        camera_reopened: how often the camera was opened again.
        rejected: faces that could not be read, by reason: "small", "blurred", "dark", "bright", "cut"; none
            with `privacy.aggregate_only`.
        cpu_percent: of one core, of the whole process with the camera's own thread.
        memory_mb: resident memory of the process.
        memory_free_mb: what the machine still has; null where it does not say.
        temperature_c: of the processor; null where the machine does not say.
        throttling: null on what is no Raspberry Pi.
        clock_synchronized: whether a time service set the clock; null where nobody can say.
    """

    status: str
    problems: Mapping[str, str]
    uptime_s: Annotated[float, Field(ge=0)]
    interval_s: Annotated[float, Field(ge=0)]
    fps: Annotated[float, Field(ge=0)]
    stages: Mapping[str, StageMs]
    dropped_frames: Annotated[int, Field(ge=0)]
    dropped_messages: Annotated[int, Field(ge=0)]
    dropped_by_reason: Mapping[str, int]
    waiting_messages: Annotated[int, Field(ge=0)]
    camera_reopened: Annotated[int, Field(ge=0)]
    rejected: Mapping[str, int]
    cpu_percent: Annotated[float, Field(ge=0)]
    memory_mb: Annotated[float, Field(ge=0)]
    memory_free_mb: float | None
    temperature_c: float | None
    throttling: Throttling | None
    clock_synchronized: bool | None


def timestamp(unix_s: float) -> str:
    """RFC 3339 in UTC with milliseconds: 2026-11-20T12:00:00.000Z"""
    moment = datetime.fromtimestamp(unix_s, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def make_summary(session: str, seq: int, ts: str, summary: Summary) -> LastMinute:
    return LastMinute(
        session=session,
        seq=seq,
        ts=ts,
        watched_s=round(summary.watched_s, 1),
        shares={name: _rounded(share) for name, share in summary.shares.items()},
        faces=round(summary.faces, 2),
    )


def make_state(session: str, seq: int, unix_s: float, age_s: float, scene: Scene) -> State:
    """The state message of a frame."""
    lead = scene.lead
    return State(
        session=session,
        seq=seq,
        ts=timestamp(unix_s),
        age_ms=round(max(age_s, 0) * 1000, 1),
        faces=scene.faces,
        emotion=lead.emotion if lead else NO_FACE,
        confidence=_rounded(lead.confidence) if lead else None,
        scores=_rounded_scores(lead) if lead else {},
        track=lead.track if lead else None,
    )


def make_face_event(
    session: str,
    seq: int,
    unix_s: float,
    frame_s: float,
    kind: Literal["new", "update", "end"],
    reading: Reading,
) -> FaceEvent:
    """The message of one face at the frame's time `frame_s`, which is `unix_s` on the wall."""
    dwell_s = max(0.0, frame_s - reading.since_s)
    box = reading.box
    return FaceEvent(
        session=session,
        seq=seq,
        ts=timestamp(unix_s),
        type=kind,
        track=reading.track,
        emotion=reading.emotion,
        confidence=_rounded(reading.confidence),
        scores=_rounded_scores(reading),
        box=(box.x, box.y, box.width, box.height),
        since=timestamp(unix_s - dwell_s),
        dwell_s=round(dwell_s, 3),
    )


def _rounded(share: float) -> float:
    return min(1.0, max(0.0, round(share, 3)))


def _rounded_scores(reading: Reading) -> dict[str, float]:
    return {name: _rounded(score) for name, score in reading.scores.items()}
