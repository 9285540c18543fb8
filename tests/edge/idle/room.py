"""An empty room as a camera sees it, and what a device may tell of one."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

FPS = 3

#: What a device tells again and again though nothing happens.
LASTING = frozenset({"state", "summary", "health"})


def write_empty_room(path: Path, seconds: float) -> None:
    """A wall with the noise of a sensor, in light that changes as clouds pass, and never anybody."""
    rng = np.random.default_rng(7)
    wall = cv2.GaussianBlur(rng.integers(60, 180, (240, 320, 3), np.uint8), (31, 31), 0).astype(np.float32)
    noise = rng.normal(0, 2, (8, 240, 320, 1)).astype(np.float32)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (320, 240))
    for index in range(round(seconds * FPS)):
        light = 12 * np.sin(2 * np.pi * index / FPS / 90)
        writer.write(np.clip(wall + light + noise[index % 8], 0, 255).astype(np.uint8))
    writer.release()


def count_kinds(messages: Iterable[tuple[str, object]]) -> Counter[str]:
    """How many of each kind came; the first part of what stands behind the device's name."""
    return Counter(topic.split("/")[2] for topic, _ in messages)


def find_faults(
    messages: list[tuple[str, object]], minutes: float, heartbeat_s: float, has_health: bool
) -> list[str]:
    """What an empty room does not explain.

    Args:
        messages: topics and payloads, JSON as objects, in order, from the start of a device to its end.
        has_health: whether it tells of its machine; in virtual time it does not.
    """
    beats = minutes * 60 / heartbeat_s
    wanted = {
        "state": (beats, beats + 2),  # one more at the connect, and at the end
        "summary": (minutes - 1, minutes),
        "health": (minutes - 1, minutes) if has_health else (0, 0),
        "faces": (0, 0),
    }
    counts = count_kinds(messages)
    faults = [
        f"{counts[kind]} of {kind}; expected {least:g} to {most:g}"
        for kind, (least, most) in wanted.items()
        if not least <= counts[kind] <= most
    ]
    kinds = [topic.split("/")[2] for topic, _ in messages]
    begun = kinds.index("summary") if "summary" in kinds else 0  # at the start all that is retained is told
    amid = Counter(kind for kind in kinds[begun:-1] if kind not in LASTING)
    faults += [f"{count} of {kind} in the midst of it" for kind, count in amid.items()]
    told = {_without_head(content) for topic, content in messages if topic.split("/")[2:] == ["state"]}
    if len(told) != 1:
        faults.append(f"states differ: {sorted(told)}")
    return faults


def _without_head(state: object) -> str:
    assert isinstance(state, dict)
    head = ("v", "session", "seq", "ts", "age_ms")
    return json.dumps({key: value for key, value in state.items() if key not in head}, sort_keys=True)
