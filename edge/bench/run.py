"""One run of `mien bench`: which clips, which loops, in which order."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2

from edge.bench.figures import describe_machine, make_figures
from edge.bench.living import Step, describe, latency_p95_ms, live, wake_s
from edge.bench.loops import Loops, Progress, run_loops
from edge.bench.plot import check_path, save_plot
from edge.clip import write_clip
from edge.config import Config, DetectConfig, parse_config
from edge.emotion.bundle import BEST_BUNDLE, SMALL_BUNDLE, load_bundle
from edge.emotion.choice import QUICK_ENOUGH_MS, choose_bundle, name_for, time_of_face_ms
from edge.emotion.classifier import Classifier
from edge.mqtt.publisher import Publisher
from edge.mqtt.topics import Topics
from edge.mqtt.transport import LogTransport
from edge.resources import resource_folder

_FPS = 30

#: A clip with a face, then an empty room, then the face again, seconds. It comes one frame after one that is
#: looked at while nobody is there: the worst moment.
_FACE_S, _EMPTY_S, _AGAIN_S = 12.0, 15 + 1 / _FPS, 3.0

#: An empty room is watched for a while before it is called so; this much does not count, seconds.
_SETTLES_S = 4.0

#: How long a source of the user's is looked at in real time, seconds.
_PACED_S = 30.0


def bench(
    source: str | None,
    bundle: str,
    frames: int,
    progress: Progress,
    *,
    faces: int = 1,
    paced: bool = False,
    plot: Path | None = None,
) -> dict[str, Any]:
    """Run both loops, in turn, over every frame of a source; give what `mien bench --json` prints.

    Args:
        source: as `camera.source`; None for a made clip of 640x480, 30 frames a second.
        frames: how many at most.
        progress: called with the count after each frame.
        faces: in the made clip.
        paced: measure CPU at the camera's rate by waiting for each frame, too.
        plot: where to draw an SVG picture of it.

    Raises:
        MienError: the source or the model cannot be used.
    """
    if plot:
        check_path(plot)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory(prefix="mien-bench-") as folder, _publisher() as publisher:
        if source is None:
            clip = Path(folder) / "faces.mp4"
            write_clip(clip, seconds=frames / _FPS, fps=_FPS, faces=faces)
        config = _config(source or f"file:{clip}", bundle, faces)
        chosen = choose_bundle(config.model.bundle).bundle
        classifier = Classifier.open(chosen, config.model.threads)
        before = describe_machine()
        loops = run_loops(config, classifier, publisher, frames, progress)
        figures = make_figures(loops) | {"model": chosen.card.name, **_networks()}
        if source is None:
            room = Path(folder) / "room.mp4"
            write_clip(room, seconds=_FACE_S, empty_s=_EMPTY_S, fps=_FPS, faces=faces, again_s=_AGAIN_S)
            steps = live(_config(f"file:{room}", bundle, faces, paced), classifier, publisher, 3600)
            figures |= _of_room(steps)
        elif paced:
            steps = live(_config(source, bundle, faces, paced), classifier, publisher, _PACED_S)
            figures |= _of_source(steps)
    figures |= _at_rate(figures, paced) | before | {"temperature_after_c": describe_machine()["temperature_c"]}
    if plot:
        save_plot(figures, _series(loops), plot)
    return figures


def _config(source: str, bundle: str, faces: int, paced: bool = False) -> Config:
    most = max(DetectConfig().max_faces, faces)
    return parse_config(
        {
            "camera": {"source": source, "realtime": paced},
            "model": {"bundle": bundle},
            "detect": {"max_faces": most},
        }
    )


def _networks() -> dict[str, Any]:
    """How long a face takes each shipped network, and which of them `auto` means here."""
    times_ms = {
        name: time_of_face_ms(Classifier.open(load_bundle(resource_folder("models") / name)))
        for name in (BEST_BUNDLE, SMALL_BUNDLE)
    }
    rounded = {name: round(time_ms, 3) for name, time_ms in times_ms.items()}
    return {"networks_ms": rounded, "quick_enough_ms": QUICK_ENOUGH_MS, "auto": name_for(times_ms[BEST_BUNDLE])}


@contextmanager
def _publisher() -> Iterator[Publisher]:
    with open(os.devnull, "w") as nowhere:
        publisher = Publisher(LogTransport(nowhere), Topics("bench"), Config().publish)
        publisher.start()
        yield publisher


def _of_room(steps: list[Step]) -> dict[str, Any]:
    """What a face costs, what an empty room costs, and how soon a face is told that comes into it."""
    comes_s = _FACE_S + _EMPTY_S
    shares = describe(
        steps, {"cpu_percent": (1.0, _FACE_S), "idle_cpu_percent": (_FACE_S + _SETTLES_S, comes_s)}
    )
    return {**shares, "wake_s": wake_s(steps, comes_s), "latency_p95_ms": latency_p95_ms(steps)}


def _of_source(steps: list[Step]) -> dict[str, Any]:
    lasts = describe(steps, {"cpu_percent": (steps[0].time_s, steps[-1].time_s)}) if len(steps) > 1 else {}
    return {**lasts, "latency_p95_ms": latency_p95_ms(steps)}


def _at_rate(figures: dict[str, Any], paced: bool) -> dict[str, Any]:
    """CPU at the camera's rate: as measured in real time, else by what a frame costs."""
    fps = figures["camera_fps"]
    reckoned = round(figures["cpu_ms_per_frame"] * fps / 10, 2) if fps else None
    return {
        "paced": paced,
        "cpu_percent": figures.get("cpu_percent", reckoned),
        "idle_cpu_percent": figures.get("idle_cpu_percent"),
        "wake_s": figures.get("wake_s"),
    }


def _series(loops: Loops) -> dict[str, list[float]]:
    return {"mien": loops.ours.spent.cpu_ms, "plain loop": loops.plain.spent.cpu_ms}
