"""Milliseconds of CPU and of wall time, by stage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from edge.stages import Stages


@dataclass(slots=True)
class Spent:
    """Milliseconds of one thing, once for each frame.

    CPU is that of the calling thread, which with one OpenCV and one LiteRT thread is all there is.
    """

    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)

    @contextmanager
    def clock(self) -> Iterator[None]:
        cpu_s, wall_s = time.thread_time(), time.perf_counter()
        yield
        self.wall_ms.append((time.perf_counter() - wall_s) * 1000)
        self.cpu_ms.append((time.thread_time() - cpu_s) * 1000)


class StageMeter(Stages):
    """Stands where the daemon's stages do, and takes their time."""

    def __init__(self) -> None:
        super().__init__()
        self.spent: dict[str, Spent] = {}

    @contextmanager
    def during(self, part: str, name: str) -> Iterator[None]:
        with super().during(part, name), self.spent.setdefault(name, Spent()).clock():
            yield
