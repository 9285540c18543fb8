"""A teacher on drawn faces, and its page on loopback."""

import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.explain.people import ANGER, SMILE, regression, table
from training.datasets import Split, load_splits
from training.explain.face import Measured
from training.explain.opinions import open_opinion
from training.explain.practice.lessons import make_lessons
from training.explain.practice.progress import Progress
from training.explain.practice.server import PracticeServer
from training.explain.practice.teacher import Teacher
from training.explain.split_rows import rows_of_split


@pytest.fixture
def teacher(small_fer: Path, tmp_path: Path) -> Teacher:
    """Of 28 pictures of seven expressions; the first 27 have action units."""
    faces = load_splits(small_fer, (Split.PUBLIC,))[Split.PUBLIC]
    rows = [(f"PublicTest/{row}", SMILE if row % 7 == 3 else ANGER) for row in range(27)]
    measured = Measured(table(rows), regression())
    return Teacher(
        faces, make_lessons(faces, 8), open_opinion("mini_xception"), Progress(tmp_path / "progress.json"),
        measured, rows_of_split(measured.table, Split.PUBLIC), "en", random.Random(0),
    )  # fmt: skip


@pytest.fixture
def served(teacher: Teacher) -> Iterator[PracticeServer]:
    with PracticeServer(teacher, 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
