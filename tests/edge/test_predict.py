"""`mien predict`: its output is a contract, and thousands of pictures are somebody's evening."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.cli import main
from edge.errors import PictureError, UsageError
from edge.labels import EMOTIONS
from edge.predict import annotated_path, expand
from edge.records import Box, Gray

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def three(astronaut: Gray, tmp_path: Path) -> Path:
    """A folder with a face, no face and no picture."""
    folder = tmp_path / "three"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), astronaut)
    (folder / "b.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(folder / "c.png"), np.full((300, 300), 90, np.uint8))
    return folder


def test_the_astronaut_is_one_happy_face(astronaut_picture: Path, capsys: Captured) -> None:
    assert main(["predict", str(astronaut_picture), "--json"]) == 0
    ((face,),) = [entry["faces"] for entry in json.loads(capsys.readouterr().out)]
    assert face["emotion"] == "happy"
    assert Box(*face["box"]).overlap(Box(177, 66, 96, 96)) > 0.8


def test_json_has_the_shape_of_the_contract(astronaut_picture: Path, capsys: Captured) -> None:
    main(["predict", str(astronaut_picture), "--json"])
    (entry,) = json.loads(capsys.readouterr().out)
    assert list(entry) == ["file", "faces"]
    assert entry["file"] == str(astronaut_picture)
    (face,) = entry["faces"]
    assert list(face) == ["box", "emotion", "confidence", "scores"]
    assert len(face["box"]) == 4 and all(isinstance(side, int) for side in face["box"])
    assert tuple(face["scores"]) == EMOTIONS
    assert sum(face["scores"].values()) == pytest.approx(1, abs=0.001)
    assert face["confidence"] == face["scores"][face["emotion"]] == max(face["scores"].values())


def test_without_detection_each_picture_is_a_face(astronaut: Gray, tmp_path: Path, capsys: Captured) -> None:
    for name, picture in (("face.png", astronaut[66:162, 177:273]), ("wall.png", astronaut[:9, :20])):
        cv2.imwrite(str(tmp_path / name), picture)
    assert main(["predict", "--no-detect", "--json", str(tmp_path)]) == 0
    face, wall = json.loads(capsys.readouterr().out)
    assert [face["box"] for face in (*face["faces"], *wall["faces"])] == [[0, 0, 96, 96], [0, 0, 20, 9]]
    assert face["faces"][0]["emotion"] == "happy"


def test_a_picture_without_a_face_is_listed_with_none(three: Path, capsys: Captured) -> None:
    assert main(["predict", "--json", str(three / "c.png")]) == 0
    assert json.loads(capsys.readouterr().out) == [{"file": str(three / "c.png"), "faces": []}]
    assert main(["predict", str(three / "c.png")]) == 0
    assert capsys.readouterr().out == f"{three / 'c.png'}: no face found\n"


def test_a_corrupt_picture_among_three_is_named_counted_and_left_out(
    three: Path, capsys: Captured, caplog: pytest.LogCaptureFixture
) -> None:
    assert main(["predict", "--json", str(three)]) == 0
    captured = capsys.readouterr()
    files = [Path(entry["file"]).name for entry in json.loads(captured.out)]
    assert files == ["a.png", "c.png"]
    assert [f"{three / 'b.jpg'}: not a picture" in message for message in caplog.messages] == [True]
    assert captured.err.splitlines()[-1] == "mien: 1 of 3 pictures could not be read, see above"


def test_pictures_of_which_none_can_be_read_fail(three: Path, capsys: Captured) -> None:
    bad = [str(three / "b.jpg"), str(three / "none.png")]
    assert main(["predict", "--json", *bad]) == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out) == []
    assert captured.err.splitlines()[-1] == "mien: none of 2 pictures could be read, see above"


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "happy"), ("ja", "喜び"), ("ko", "행복"), ("ru", "радость"), ("zh-TW", "開心")]
)
def test_emotions_are_named_in_the_language_asked_for(
    lang: str, word: str, astronaut_picture: Path, capsys: Captured
) -> None:
    assert main(["predict", "--lang", lang, str(astronaut_picture)]) == 0
    assert f"{astronaut_picture}: {word} " in capsys.readouterr().out


def test_json_keeps_the_classes_own_names_in_every_language(astronaut_picture: Path, capsys: Captured) -> None:
    main(["predict", "--lang", "ja", "--json", str(astronaut_picture)])
    assert json.loads(capsys.readouterr().out)[0]["faces"][0]["emotion"] == "happy"


def test_one_picture_is_annotated_to_the_file_asked_for(astronaut_picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.jpg"
    assert main(["predict", str(astronaut_picture), "--annotate", str(out)]) == 0
    written = cv2.imread(str(out))
    assert written is not None and written.shape == (512, 512, 3)
    assert np.abs(written.astype(int) - cv2.imread(str(astronaut_picture))).max() > 100


def test_several_pictures_are_annotated_to_a_folder_and_none_is_lost(
    three: Path, astronaut: Gray, tmp_path: Path
) -> None:
    (three / "sub").mkdir()
    cv2.imwrite(str(three / "sub" / "a.jpg"), astronaut)
    assert main(["predict", str(three), "--annotate", str(tmp_path / "out")]) == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["a_mien.png", "a_mien_2.png", "c_mien.png"]


@pytest.mark.parametrize("name", ["out.xyz", "out.txt"])
def test_a_suffix_of_no_picture_is_refused_and_nothing_is_written(
    name: str, astronaut_picture: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["predict", str(astronaut_picture), "--annotate", str(tmp_path / name)]) == 2
    assert f"--annotate {tmp_path / name}: no picture format by that suffix" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [astronaut_picture.name]


def test_where_an_annotated_picture_goes(tmp_path: Path) -> None:
    picture = Path("in/face.jpg")
    assert annotated_path(tmp_path / "o.png", picture, is_only_one=True) == tmp_path / "o.png"
    assert annotated_path(tmp_path / "o", picture, is_only_one=True) == tmp_path / "o/face_mien.png"
    assert annotated_path(tmp_path, picture, is_only_one=False) == tmp_path / "face_mien.png"
    (tmp_path / "file.png").touch()
    with pytest.raises(UsageError, match="is a file; expected a folder for several pictures"):
        annotated_path(tmp_path / "file.png", picture, is_only_one=False)


def test_a_folder_stands_for_its_pictures(three: Path) -> None:
    (three / "notes.txt").touch()
    assert [path.name for path in expand([str(three), "x.png"])] == ["a.png", "b.jpg", "c.png", "x.png"]


def test_a_folder_without_a_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no picture in it"):
        expand([str(tmp_path)])


def test_a_picture_that_is_there_is_not_overwritten_unless_forced(
    astronaut_picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = astronaut_picture.read_bytes()
    words = ["predict", str(astronaut_picture), "--annotate", str(astronaut_picture)]
    assert main(words) == 2
    assert "is there already" in capsys.readouterr().err
    assert astronaut_picture.read_bytes() == before
    assert main([*words, "--force"]) == 0
    assert astronaut_picture.read_bytes() != before
