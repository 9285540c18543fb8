"""A made device: the daemon's own publisher on a made room."""

import importlib.metadata
import random
import time
from functools import cache
from typing import Any

import numpy as np

from edge.config import Config, PublishConfig, parse_config, public_config
from edge.mqtt.publisher import Publisher
from edge.mqtt.schemas import make_schemas
from edge.mqtt.topics import ONLINE, Topics
from edge.records import Frame
from edge.simulate.life import Life
from edge.simulate.link import Link
from edge.simulate.loop import Loop
from edge.simulate.tally import Tally

_HEALTH_S = 60.0

#: One that is further behind its time than this does not try to make up for it.
_HOPELESS_S = 2.0

_PICTURE = np.zeros((1, 1), np.uint8)  # nothing of a picture is told

#: Whatever happens is told; how often something happens is what `rate` says.
_PUBLISH = PublishConfig(interval_s=0.001, max_per_minute=100_000)


class Device:
    """Tells `rate` messages a second on average from the moment it is connected.

    Args:
        name: its id.
        seed: of what happens before its camera.
    """

    def __init__(self, name: str, seed: int, rate: float, link: Link, loop: Loop, tally: Tally) -> None:
        self._link, self._loop, self._tally, self._rate = link, loop, tally, rate
        self._life = Life(seed, time.monotonic())
        self._publisher = Publisher(link, Topics(name), _PUBLISH)
        self._publisher.set_status(ONLINE)
        self._publisher.set_info(**_info(name))
        self._begun_s, self._index = time.monotonic(), 0
        self._health_s = self._begun_s + random.Random(seed).uniform(0, _HEALTH_S)
        self._is_closed = False

    def start(self) -> None:
        self._publisher.start()
        first_s = time.monotonic() + random.uniform(0, 1 / self._rate)
        self._loop.call_at(first_s, lambda: self._tell(first_s))

    def close(self) -> None:
        self._is_closed = True
        self._publisher.close("stopped")

    def _tell(self, due_s: float) -> None:
        """Tell what is new; the next time comes when what was told now is used up."""
        if self._is_closed:
            return
        now_s = time.monotonic()
        self._tally.late_s = max(self._tally.late_s, now_s - due_s)
        before, self._index = self._link.sent, self._index + 1
        readings, scene = self._life.look(now_s)
        self._publisher.publish(Frame(_PICTURE, now_s, now_s, self._index), readings, scene)
        if now_s >= self._health_s:
            self._health_s = now_s + _HEALTH_S
            self._publisher.send_health(**self._health(now_s))
        told = max(1, self._link.sent - before)
        next_s = (due_s if now_s - due_s < _HOPELESS_S else now_s) + told / self._rate
        self._loop.call_at(next_s, lambda: self._tell(next_s))

    def _health(self, now_s: float) -> dict[str, Any]:
        milliseconds = random.uniform(0.5, 2)
        return {
            "status": ONLINE,
            "problems": {},
            "uptime_s": round(now_s - self._begun_s, 1),
            "interval_s": _HEALTH_S,
            "fps": round(random.uniform(14, 15), 2),
            "stages": {
                stage: {"median": round(milliseconds, 3), "p95": round(2 * milliseconds, 3)}
                for stage in ("search", "classify", "mood", "publish")
            },
            "dropped_frames": 0,
            "dropped_messages": sum(self._publisher.dropped.values()),
            "dropped_by_reason": dict(self._publisher.dropped),
            "waiting_messages": self._publisher.waiting,
            "camera_reopened": 0,
            "rejected": {"small": random.randint(0, 9)},
            "cpu_percent": round(random.uniform(3, 9), 1),
            "memory_mb": round(random.uniform(90, 120), 1),
            "memory_free_mb": round(random.uniform(200, 600), 1),
            "temperature_c": round(random.uniform(45, 65), 1),
            "throttling": {"now": [], "before": []},
            "clock_synchronized": True,
        }


def _info(name: str) -> dict[str, Any]:
    return _same_for_all() | {"config": public_config(parse_config({"device": {"id": name}}))}


@cache
def _same_for_all() -> dict[str, Any]:
    return {
        "version": importlib.metadata.version("mien"),
        "model": {"name": "simulated", "card_sha256": "0" * 64},
        "accelerator": {"asked": "cpu", "used": "cpu"},
        "camera": {"name": "simulated", "granted": None},
        "restarts": {"count": 0, "last_reason": None, "last_ts": None},
        "problems": {},
        "config_schema": Config.model_json_schema(),
        "schemas": make_schemas(),
    }
