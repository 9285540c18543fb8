import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import DataError
from tests.conftest import wait_until
from tests.training.faces import write_csv
from tests.training.test_picture_folders import write
from training.cache import Row, cached_splits
from training.datasets import Faces, Split, load_splits

BOTH = (Split.TRAINING, Split.PUBLIC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for part in ("train", "valid"):
        for label in ("happy", "sad"):
            write(tmp_path / f"pictures/{part}/{label}/1.png", 3)
    return tmp_path / "pictures"


def folders(home: Path) -> list[str]:
    return sorted(path.name for path in home.glob("*/*"))


def test_what_was_read_once_is_mapped_and_not_opened_again(data: Path, home: Path) -> None:
    first = load_splits(data, BOTH)[Split.TRAINING]
    made = folders(home)
    assert len(made) == 2
    for path in data.rglob("*.png"):  # nothing of it could be decoded any more
        state = path.stat()
        path.write_bytes(bytes(state.st_size))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    again = load_splits(data, BOTH)[Split.TRAINING]
    assert isinstance(again.pixels, np.memmap)
    assert all((a == b).all() for a, b in zip(first.pixels, again.pixels, strict=True))
    assert again.labels.tolist() == [0, 1]
    assert folders(home) == made


def test_a_cache_of_data_that_changed_is_made_again_and_the_old_one_goes(data: Path, home: Path) -> None:
    load_splits(data, BOTH)
    before = folders(home)
    cv2.imwrite(str(data / "train/happy/1.png"), np.full((48, 48), 7, np.uint8))
    write(data / "train/happy/2.png", 1)
    training = load_splits(data, BOTH)[Split.TRAINING]
    assert training.labels.tolist() == [0, 0, 1]
    assert (training.pixels[0] == 7).all()
    after = folders(home)
    assert len(after) == 2
    assert [name for name in before if name in after] == [name for name in before if "Public" in name]


def test_each_side_has_a_cache_of_its_own(data: Path, home: Path) -> None:
    for side_px in (32, 100):
        assert load_splits(data, BOTH, side_px=side_px)[Split.PUBLIC].pixels[0].shape == (side_px, side_px)
    assert len(folders(home)) == 4


def test_votes_and_labels_of_a_csv_come_out_as_they_went_in(tmp_path: Path, home: Path) -> None:
    csv = write_csv(tmp_path / "fer", {"Training": 2, "PublicTest": 1})
    first, again = (load_splits(csv, BOTH)[Split.TRAINING] for _ in range(2))
    assert first.votes is not None and again.votes is not None
    assert (first.votes == again.votes).all()
    assert again.labels.tolist() == [0, 1, 2, 3, 4, 5, 6] * 2
    assert len(folders(home)) == 2


def test_data_that_breaks_half_way_leaves_nothing(tmp_path: Path, home: Path) -> None:
    csv = write_csv(tmp_path / "fer", {"Training": 2, "PublicTest": 1}) / "fer2013.csv"
    csv.write_text(csv.read_text() + "0,1 2 3,Training\n")
    with pytest.raises(DataError, match="3 pixels; expected"):
        load_splits(csv, BOTH)
    assert folders(home) == []


def test_a_process_that_was_killed_leaves_no_cache_that_counts(data: Path, home: Path) -> None:
    pipe = data / "train/happy/0.png"
    os.mkfifo(pipe)  # a picture that never ends
    program = "import sys; from pathlib import Path; from training.datasets import Split, load_splits; "
    program += "load_splits(Path(sys.argv[1]), [Split.TRAINING])"
    process = subprocess.Popen([sys.executable, "-c", program, str(data)])
    assert wait_until(lambda: bool(folders(home)), timeout_s=60)
    process.kill()
    process.wait()
    pipe.unlink()
    assert all(name.startswith(".") for name in folders(home))
    assert len(load_splits(data, BOTH)[Split.TRAINING]) == 2
    assert not any(name.startswith(".") for name in folders(home))


class Large:
    """A reader of many large pictures, which are made when they are asked for."""

    names = ("a", "b")
    truth = "labels"

    def __init__(self, path: Path, count: int) -> None:
        self.path, self.count, self.skipped = path, count, {}

    def fingerprint(self, split: Split) -> str:
        return "same"

    def side_px(self, wanted_px: int) -> int:
        return wanted_px

    def rows(self, wanted: frozenset[Split], side_px: int) -> Iterator[Row]:
        for index in range(self.count):
            yield Row(Split.TRAINING, index % 2, np.full((side_px, side_px), index % 256, np.uint8))


def test_large_pictures_need_no_memory_of_their_size(tmp_path: Path) -> None:
    reader = Large(tmp_path, 1000)
    tracemalloc.start()
    faces: Faces = cached_splits(reader, frozenset([Split.TRAINING]), 250)[Split.TRAINING]  # type: ignore[arg-type]
    chosen = faces.take(np.arange(1, 1000, 2))
    assert (chosen.pixels[3] == 7).all()
    assert sum(1 for _ in chosen.pixels) == 500
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000  # of 62,500,000
