"""A fit is killed (-9) before it changes the name of a file: it goes on, and no file is half of one."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from tests.killing import Killer, renamings
from tests.training.faces import write_csv
from tests.training.test_fit import history
from tests.training.tiny import KNOWN, write_tiny
from training import runs

pytestmark = pytest.mark.tensorflow

_IMPORTS = ["tensorflow", "keras", "training.fit", "training.finetune", "matplotlib.pyplot", "training.seeds"]


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    killer = Killer.start("training.cli", _IMPORTS, tmp_path_factory.mktemp("killer"))
    yield killer
    killer.stop()


def words(data: Path, *more: str) -> list[str]:
    options = [
        "--data",
        str(data),
        "--out",
        "run",
        "--epochs",
        "2",
        "--batch-size",
        "14",
        "--labels",
        "fer2013",
    ]
    return ["finetune", str(data / "tiny.keras"), *KNOWN, *options, "--learning-rate", "0.01", *more]


def assert_whole(run: Path) -> None:
    """Every file that has its name is one that can be read."""
    from training.checkpoints import read_state

    for name in (runs.CONFIG_FILE, runs.VERSIONS_FILE, runs.DATA_FILE):
        if (run / name).exists():
            json.loads((run / name).read_text())
    for name in (runs.START_FILE, runs.BEST_FILE):
        if (run / name).exists():
            assert zipfile.ZipFile(run / name).testzip() is None
    if (run / runs.STATE_FILE).exists():
        assert read_state(run / runs.STATE_FILE) is not None
        assert (run / runs.BEST_FILE).exists() and (run / runs.CONFIG_FILE).exists()
    if (run / runs.HISTORY_FILE).exists():
        assert history(run)
    if (run / runs.CURVES_FILE).exists():
        assert cv2.imread(str(run / runs.CURVES_FILE)) is not None


def test_whichever_change_a_kill_comes_before_the_next_run_goes_on_to_the_same_end(
    killer: Killer, tmp_path: Path
) -> None:
    data = write_csv(tmp_path / "data", {"Training": 4, "PublicTest": 2})
    write_tiny(data / "tiny.keras")
    place = tmp_path / "straight"
    place.mkdir()
    changes = killer.run(place, words(data))
    straight = history(place / "run")
    names = sorted(path.name for path in (place / "run").iterdir())
    named = renamings(changes)
    first_epoch = [named[name][0] for name in (runs.BEST_FILE, runs.STATE_FILE, runs.HISTORY_FILE)]
    second_epoch = [named[name][1] for name in (runs.STATE_FILE, runs.HISTORY_FILE)]
    for moment in (named[runs.CONFIG_FILE][0], *first_epoch, *second_epoch):
        place = tmp_path / f"place{moment}"
        place.mkdir()
        killer.run(place, words(data), moment)
        if (place / "run").exists():
            assert_whole(place / "run")
        killer.run(place, words(data, "--resume"))
        assert sorted(path.name for path in (place / "run").iterdir()) == names
        assert [path.name for path in place.iterdir()] == ["run"]
        for one, other in zip(straight, history(place / "run"), strict=True):
            for name in ("loss", "public_loss", "public_figure"):
                assert other[name] == pytest.approx(one[name], rel=1e-4)


def test_a_replacement_that_is_killed_can_be_begun_again(killer: Killer, tmp_path: Path) -> None:
    data = write_csv(tmp_path / "data", {"Training": 4, "PublicTest": 2})
    write_tiny(data / "tiny.keras")
    old = tmp_path / "old"
    old.mkdir()
    killer.run(old, words(data))
    again = tmp_path / "again"
    shutil.copytree(old, again)
    changes = killer.run(again, words(data, "--force", "--seed", "5"))
    config_gone = (
        next(index for index, change in enumerate(changes) if change[1].endswith(runs.CONFIG_FILE)) + 1
    )
    place = tmp_path / "place"
    shutil.copytree(old, place)
    killer.run(place, words(data, "--force", "--seed", "5"), config_gone)
    assert not (place / "run" / runs.CONFIG_FILE).exists()  # so nobody takes what is left for a run
    killer.run(place, words(data, "--resume", "--seed", "5"))
    for one, other in zip(history(again / "run"), history(place / "run"), strict=True):
        assert {**one, "seconds": 0} == pytest.approx({**other, "seconds": 0}, rel=1e-4)
