import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.emotion.bundle import find_bundle, load_bundle
from tests.conftest import require

require("training")

from training.cli import main  # noqa: E402  # only where the extra is there
from training.disturbances import DISTURBANCES  # noqa: E402


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped one as devices have it: without its float source."""
    folder = tmp_path_factory.mktemp("bundles") / "own"
    shutil.copytree(find_bundle("mini_xception"), folder)
    (folder / "source.keras").unlink()
    return folder


@pytest.fixture(scope="module")
def document(small_fer: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    picture = tmp_path_factory.mktemp("pictures") / "robustness.svg"
    words = ["robustness", str(bundle), "--data", str(small_fer), "--faces", "20", "--plot", str(picture)]
    assert main([*words, "--into-card"]) == 0
    assert picture.stat().st_size > 1000
    return load_bundle(bundle).card.metrics["robustness"]


def test_every_disturbance_has_its_five_strengths(document: Mapping[str, Any]) -> None:
    (found,) = document["models"].values()
    assert list(found["by_strength"]) == list(DISTURBANCES)
    assert all(len(row) == len(document["strengths"]) == 5 for row in found["by_strength"].values())
    assert document["faces"] == 20


def test_the_mean_is_that_of_all_rows(document: Mapping[str, Any]) -> None:
    (found,) = document["models"].values()
    rows = [share for row in found["by_strength"].values() for share in row]
    assert found["mean"] == pytest.approx(sum(rows) / len(rows), abs=1e-4)


def test_the_card_keeps_its_other_figures(document: Mapping[str, Any], bundle: Path) -> None:
    assert document and "PublicTest" in load_bundle(bundle).card.metrics


def test_a_model_without_a_card_gets_no_table(
    small_fer: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "plain.keras"
    shutil.copy(find_bundle("mini_xception") / "source.keras", source)
    given = ["--value-range", "-1", "1", "--classes", "angry,disgust,fear,happy,sad,surprise,neutral"]
    status = main(["robustness", str(source), "--data", str(small_fer), *given, "--into-card"])
    assert status == 2
    assert "has no card" in capsys.readouterr().err


def test_the_same_pictures_twice_give_the_same_table(
    small_fer: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["robustness", str(bundle), "--data", str(small_fer), "--faces", "3", "--json"]
    found = []
    for _ in range(2):
        assert main(words) == 0
        found.append(json.loads(capsys.readouterr().out)["models"])
    assert found[0] == found[1]
