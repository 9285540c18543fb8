"""What is told and when: on change, not too often, and often enough to show that we live."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from edge.clock import Clock, WallClock
from edge.config import PublishConfig
from edge.mqtt.allowance import Allowance
from edge.mqtt.commands import Reply
from edge.mqtt.news import is_other_reading, is_other_scene
from edge.mqtt.payloads import Health, Info, make_face_event, make_state, make_summary, timestamp
from edge.mqtt.topics import Topics
from edge.mqtt.transport import Transport
from edge.records import Frame, Reading, Scene

#: At a connect the last frame's state is told if it is younger than this, seconds; an old one would look live.
_FRESH_S = 5.0


@dataclass(frozen=True, slots=True)
class _Told:
    reading: Reading
    at_s: float


class Publisher:
    """Turns readings into messages. All its times are the frames' own but the time stamps.

    Args:
        clock: gives the time stamps; default: the machine's.
        session: names this run in every message; default: a random name.
        tells_faces: false: nothing of a single face, neither `state` nor `faces`.
    """

    def __init__(
        self,
        transport: Transport,
        topics: Topics,
        config: PublishConfig,
        clock: Clock | None = None,
        session: str | None = None,
        tells_faces: bool = True,
    ) -> None:
        self._transport, self._topics, self._config = transport, topics, config
        self._clock = clock or WallClock()
        self._session = session or secrets.token_hex(4)
        self._tells_faces = tells_faces
        self._sequence: Counter[str] = Counter()
        self._announced: dict[str, str] = {}  # what is retained, by topic
        self._told_scene: Scene | None = None
        self._state_told_s = float("-inf")
        self._must_repeat = False
        self._faces: dict[int, _Told] = {}
        self._latest: tuple[Frame, Scene] | None = None
        self._is_started = self._is_resting = False
        self._allowance = Allowance(config.max_per_minute)
        self._lock = threading.RLock()  # a connect comes from the transport's thread

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many messages did not get out since the start, by reason."""
        return self._allowance.dropped + Counter(self._transport.dropped)

    @property
    def waiting(self) -> int:
        """How many messages have yet to arrive."""
        return self._transport.waiting

    @property
    def problem(self) -> str | None:
        """What keeps messages from arriving though somebody is there to take them; None: nothing."""
        return self._transport.problem

    @property
    def is_up(self) -> bool:
        """Whether somebody is there to take messages."""
        return self._transport.is_up

    def start(self) -> None:
        self._is_started = True
        self._transport.start(self.repeat)

    def set_status(self, status: str) -> None:
        with self._lock:
            if self._announced.get(self._topics.status) != status:
                self.announce(self._topics.status, status)

    def set_info(self, **fields: Any) -> None:
        """Tell what the device is (see Info)."""
        with self._lock:
            self.announce(self._topics.info, Info(**self._head("info"), **fields).model_dump_json())

    def set_privacy(self, position: str) -> None:
        """Tell where the privacy switch stands: ON or OFF."""
        self.announce(self._topics.privacy_state, position)

    def announce(self, topic: str, payload: str) -> None:
        """Tell something that is retained; it is told again at every connect."""
        with self._lock:
            self._announced[topic] = payload
            if self._is_started:
                self._transport.send(topic, payload, qos=1, retain=True)

    def reply(self, verb: str, **fields: Any) -> None:
        """Answer a command (see Reply)."""
        with self._lock:
            self._send(self._topics.reply(verb), Reply(**self._head("rsp"), **fields), qos=1)

    def configure(self, config: PublishConfig) -> None:
        """Tell as often as another configuration says, from now on."""
        with self._lock:
            if config.max_per_minute != self._config.max_per_minute:
                self._allowance.set_most(config.max_per_minute)
            self._config = config

    def send_health(self, **fields: Any) -> None:
        """Tell how the device is (see Health)."""
        with self._lock:
            self._send(self._topics.health, Health(**self._head("health"), **fields))

    def publish(self, frame: Frame, readings: list[Reading], scene: Scene) -> None:
        """Tell what is new of each face, of the room, and of the last minute."""
        with self._lock:
            self._clock.see(frame)
            if self._tells_faces:
                self._publish_faces(frame, readings, scene)
            if scene.summary:
                message = make_summary(**self._head("summary"), summary=scene.summary)
                self._send(self._topics.summary, message, qos=1)

    def _publish_faces(self, frame: Frame, readings: list[Reading], scene: Scene) -> None:
        self._latest = frame, scene
        self._tell_faces(frame, readings)
        elapsed_s = frame.time_s - self._state_told_s
        is_due = self._has_state_changed(scene) and elapsed_s >= self._config.interval_s
        if self._must_repeat or is_due or elapsed_s >= self._config.heartbeat_s:
            self._tell_state(frame, scene)

    def flush(self) -> None:
        """Tell a change that was held back, where no frame came after it to carry it."""
        with self._lock:
            if not self._latest:
                return
            frame, scene = self._latest
            now_s = frame.time_s + time.monotonic() - frame.captured_s
            is_due = now_s - self._state_told_s >= self._config.interval_s
            if self._has_state_changed(scene) and is_due and self._tell_state(frame, scene):
                self._state_told_s = now_s

    def rest(self) -> None:
        """No frames come for a while: tell what is still untold and the end of every face, and forget them."""
        with self._lock:
            self._is_resting = True
            if self._latest:
                frame, scene = self._latest
                if self._has_state_changed(scene):
                    self._tell_state(frame, scene)
                self._tell_faces(frame, [])
            self._latest, self._is_resting = None, False

    def close(self, status: str) -> None:
        """Tell what is still untold, the end of every face and a last status, then let go."""
        if not self._is_started:
            return
        self.rest()
        self.set_status(status)
        self._transport.close()

    def repeat(self) -> None:
        """Tell what is retained, and the newest state, again: at a connect before all that has waited.

        May be called from any thread.
        """
        with self._lock:
            for topic, payload in self._announced.items():
                self._transport.send(topic, payload, qos=1, retain=True)
            self.repeat_state()

    def repeat_state(self) -> None:
        """Tell the newest state again: now where it is fresh, else with the next frame."""
        with self._lock:
            self._must_repeat = True
            if self._latest and self._clock.age_s(self._latest[0]) < _FRESH_S:
                self._tell_state(*self._latest)

    def _has_state_changed(self, scene: Scene) -> bool:
        return self._told_scene is None or is_other_scene(self._told_scene, scene)

    def _tell_state(self, frame: Frame, scene: Scene) -> bool:
        """Tell it now, or, where too much was told, with a later frame."""
        if not self._may_tell("state", self._topics.state, frame):
            return False
        age_s = self._clock.age_s(frame)
        self._send(
            self._topics.state,
            make_state(self._session, self._next("state"), self._clock.unix_s(), age_s, scene),
        )
        self._told_scene, self._state_told_s = scene, frame.time_s
        self._must_repeat = False
        return True

    def _tell_faces(self, frame: Frame, readings: list[Reading]) -> None:
        present = {reading.track: reading for reading in readings}
        for track in [track for track in self._faces if track not in present]:
            if self._tell_face(frame, "end", self._faces[track].reading):
                del self._faces[track]
        for track, reading in present.items():
            told = self._faces.get(track)
            kind: Literal["new", "update"] = "update" if told else "new"
            if told and not is_other_reading(told.reading, reading):
                continue
            if told and frame.time_s - told.at_s < self._config.interval_s:
                continue
            if self._tell_face(frame, kind, reading):
                self._faces[track] = _Told(reading, frame.time_s)

    def _tell_face(self, frame: Frame, kind: Literal["new", "update", "end"], reading: Reading) -> bool:
        """Tell it now, or, where too much was told, with a later frame."""
        topic = self._topics.face(reading.track)
        if not self._may_tell("update" if kind == "update" else "event", topic, frame):
            return False
        event = make_face_event(
            self._session, self._next("faces"), self._clock.unix_s(), frame.time_s, kind, reading
        )
        self._send(topic, event, qos=0 if kind == "update" else 1)
        return True

    def _may_tell(self, kind: str, topic: str, frame: Frame) -> bool:
        """Whether the cap on messages a minute has room; the last ones always go."""
        now_s = frame.time_s + self._clock.age_s(frame)
        return self._is_resting or self._allowance.take(kind, topic, now_s)

    def _send(self, topic: str, message: BaseModel, qos: int = 0) -> None:
        self._transport.send(topic, message.model_dump_json(), qos)

    def _head(self, kind: str) -> dict[str, Any]:
        """What every message of a kind begins with."""
        return {"session": self._session, "seq": self._next(kind), "ts": timestamp(self._clock.unix_s())}

    def _next(self, kind: str) -> int:
        self._sequence[kind] += 1
        return self._sequence[kind] - 1
