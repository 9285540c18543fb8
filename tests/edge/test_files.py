import os
from pathlib import Path

import pytest

from edge.files import replacing, write_text


def test_the_file_appears_whole_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "new" / "card.json"
    with replacing(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert os.listdir(path.parent) == ["card.json"]


def test_nothing_is_left_where_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert os.listdir(tmp_path) == []


def test_the_old_file_stays_where_the_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text("old")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("half of the new")
        raise KeyboardInterrupt
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["card.json"]


def test_the_temporary_name_keeps_the_suffix(tmp_path: Path) -> None:
    with replacing(tmp_path / "model.keras") as temporary:
        assert temporary.suffix == ".keras"
        assert temporary.parent == tmp_path
        temporary.touch()


def test_text_is_written_as_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "name.txt", "喜び\n")
    assert (tmp_path / "name.txt").read_bytes() == "喜び\n".encode()
