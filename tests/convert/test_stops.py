"""A conversion is killed (-9) before it changes the name of a file: a bundle is whole or not there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.emotion.bundle import load_bundle
from tests.killing import Killer, renamings
from tests.training.faces import write_csv
from tests.training.tiny import CLASSES, KNOWN, write_tiny

pytestmark = pytest.mark.tensorflow

_IMPORTS = ["tensorflow", "keras", "convert.bundling", "convert.compiler", "convert.parity_pages"]


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Killer]:
    killer = Killer.start("convert.cli", _IMPORTS, tmp_path_factory.mktemp("killer"))
    yield killer
    killer.stop()


def words(data: Path, *more: str) -> list[str]:
    options = ["--data", str(data), "--out", "models/tiny", "--max-loss", "100", "--calibration-faces", "2"]
    return [str(data / "tiny.keras"), *KNOWN, *CLASSES, *options, *more]


def test_whichever_change_a_kill_comes_before_a_bundle_is_whole_or_not_there(
    killer: Killer, tmp_path: Path
) -> None:
    data = write_csv(tmp_path / "data", {"Training": 2, "PublicTest": 1})
    write_tiny(data / "tiny.keras")
    first = tmp_path / "first"
    first.mkdir()
    killer.run(first, words(data))
    old = load_bundle(first / "models/tiny").card.command
    again = tmp_path / "again"
    shutil.copytree(first, again)
    changes = killer.run(again, words(data, "--force"))
    new = load_bundle(again / "models/tiny").card.command
    assert old != new
    named = renamings(changes)
    (moved_away,) = (moments[0] for name, moments in named.items() if name.endswith(".old"))
    moments = (named["card.json"][-1], moved_away, named["tiny"][0], named["tiny"][0] + 1)
    for moment in moments:
        place = tmp_path / f"place{moment}"
        shutil.copytree(first, place)
        killer.run(place, words(data, "--force"), moment)
        bundle = place / "models/tiny"
        assert not bundle.exists() or load_bundle(bundle).card.command in (old, new)
        killer.run(place, words(data, "--force"))
        assert load_bundle(bundle).card.command == new
        assert list((place / "models").iterdir()) == [bundle]


def test_what_was_moved_away_comes_back_even_where_the_next_run_must_not_replace_it(
    killer: Killer, tmp_path: Path
) -> None:
    from convert.bundling import check_out
    from edge.errors import UsageError

    (tmp_path / ".tiny.99999999.old").mkdir()
    (tmp_path / ".tiny.99999999.old/card.json").write_text("{}")
    (tmp_path / ".tiny.99999999.part").mkdir()
    with pytest.raises(UsageError, match="is there already"):
        check_out(tmp_path / "tiny", force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny"]
