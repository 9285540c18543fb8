"""`mien-train explain units`: a row for each face and for each picture without one, from whatever measures."""

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import DataError, MienError, UsageError
from tests.conftest import require
from tests.training.explain import mesh_stand_in, openface_files
from tests.training.explain.mesh_stand_in import draw_face

require("training")
from training.cli import main  # noqa: E402 - only after the skip
from training.explain.measuring import measure_all  # noqa: E402
from training.explain.mesh import MeshProcess, find_python  # noqa: E402
from training.explain.mesh_meter import MeshMeter  # noqa: E402
from training.explain.unit_files import read_units  # noqa: E402
from training.explain.unit_pictures import UnitPicture, pictures_of_data, pictures_of_files  # noqa: E402
from training.explain.unit_table import UnitTable  # noqa: E402
from training.splits import Split  # noqa: E402


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mesh_stand_in.write_python(tmp_path_factory.mktemp("python"))


@pytest.fixture(scope="module")
def meter(python: Path) -> Iterator[MeshMeter]:
    with MeshMeter(python, jobs=1) as meter:
        yield meter


def picture(name: str, rgb: np.ndarray, **known: object) -> UnitPicture:
    return UnitPicture(name, lambda: rgb, **known)  # type: ignore[arg-type]


def room(*faces: tuple[int, int, int, float]) -> np.ndarray:
    rgb = np.full((400, 600, 3), 90, np.uint8)
    for x, y, side, smile in faces:
        draw_face(rgb, x, y, side, smile)
    return rgb


def smile_of(table: UnitTable) -> list[float]:
    return [round(float(value), 2) for value in table.intensities[:, table.units.index("AU12")]]


def test_each_face_has_a_row_and_landmarks_where_it_is(meter: MeshMeter) -> None:
    table = meter.measure([picture("two", room((20, 40, 100, 0), (300, 60, 250, 1))), picture("none", room())])
    assert (table.files, table.faces.tolist()) == (("two", "two", "none"), [0, 1, 0])
    assert table.is_found.tolist() == [True, True, False]
    assert table.source == "mediapipe stand-in"
    large, small = smile_of(table)[:2]
    assert large > 2 and small < 0.6
    assert table.landmarks is not None
    for row, (x, y, side) in enumerate([(300, 60, 250), (20, 40, 100)]):
        points = table.landmarks[row]
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        assert middle == pytest.approx([x + side / 2, y + side / 2], abs=0.12 * side)
        assert points[36, 0] < points[45, 0]  # the right eye is on the left of the picture
    assert table.confidence[:2].min() > 0.9 and table.confidence[2] == 0


@pytest.mark.parametrize("side_px", [48, 100])
def test_a_small_picture_is_one_face_to_its_edge(meter: MeshMeter, side_px: int) -> None:
    """Without the border nothing around it would tell the drawn face from the picture."""
    rgb = np.full((side_px, side_px, 3), 90, np.uint8)
    draw_face(rgb, 3, 3, side_px - 6, 1)
    table = meter.measure([picture("small", rgb)])
    assert table.is_found.tolist() == [True] and smile_of(table)[0] > 2
    assert table.landmarks is not None and (table.landmarks > -side_px / 4).all()
    assert (table.landmarks < side_px * 5 / 4).all()


def test_a_face_of_any_size_smiles_alike(meter: MeshMeter) -> None:
    tables = meter.measure([picture(str(side), room((50, 20, side, 0.5))) for side in (90, 180, 360)])
    smiles = smile_of(tables)
    assert smiles == pytest.approx([smiles[0]] * 3, abs=0.3) and smiles[0] > 1


def test_a_persons_neutral_picture_is_the_zero(python: Path, tmp_path: Path) -> None:
    neutral, smiling = tmp_path / "neutral.png", room((100, 50, 200, 0.8))
    cv2.imwrite(str(neutral), room((100, 50, 200, 0.4)))
    with MeshMeter(python, neutral=neutral, jobs=1) as against, MeshMeter(python, jobs=1) as in_general:
        some = [picture("neutral", room((100, 50, 200, 0.4))), picture("smiling", smiling)]
        same, more = smile_of(against.measure(some))
        assert same < 0.05 < more < smile_of(in_general.measure(some))[1]
    cv2.imwrite(str(neutral), room())
    with pytest.raises(DataError, match="shows 0 faces; expected the neutral face of one person"):
        MeshMeter(python, neutral=neutral, jobs=1)


def test_the_command_measures_folders_and_goes_on_where_it_was(
    python: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    shown, out = tmp_path / "shown", tmp_path / "units.csv"
    (shown / "more").mkdir(parents=True)
    cv2.imwrite(str(shown / "a.png"), room((50, 20, 200, 1)))
    cv2.imwrite(str(shown / "more" / "b.png"), room())
    (shown / "broken.jpg").write_bytes(b"\xff\xd8nothing")
    words = ["explain", "units", str(shown), "--mesh-python", str(python), "--jobs", "2", "--out", str(out)]
    assert main([*words, "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["pictures"], counts["faces"], counts["without_face"]) == (3, 1, 2)
    assert "broken.jpg" in caplog.text
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [Path(row["file"]).name for row in rows] == ["a.png", "broken.jpg", "b.png"]
    assert [row["success"] for row in rows] == ["1", "0", "0"]
    assert list(rows[0])[:4] == ["file", "face", "confidence", "success"] and rows[1]["AU12_r"] == ""
    assert float(rows[0]["AU12_r"]) > 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shown", "units.csv"]
    assert main(words) == 2
    assert "is there already" in capsys.readouterr().err


def test_a_stop_costs_one_part_and_another_question_begins_anew(tmp_path: Path) -> None:
    class Stopping:
        settings = "one"

        def __init__(self, after: int) -> None:
            self.after, self.seen = after, 0

        def measure(self, some: list[UnitPicture]) -> UnitTable:
            if self.seen >= self.after:
                raise KeyboardInterrupt
            self.seen += len(some)
            count = len(some)
            return UnitTable(
                tuple(one.name for one in some), np.zeros(count, np.intp), np.ones(count, bool),
                np.ones(count, np.float32), ("AU12",), np.ones((count, 1), np.float32), source="stopping",
            )  # fmt: skip

    pictures = [picture(str(number), np.zeros((2, 2, 3), np.uint8)) for number in range(700)]
    out = tmp_path / "units.csv"
    with pytest.raises(KeyboardInterrupt):
        measure_all(Stopping(after=512), pictures, out, lambda _: None)
    assert not out.exists()
    rest = Stopping(after=700)
    assert measure_all(rest, pictures, out, lambda _: None).files == tuple(map(str, range(700)))
    assert rest.seen == 700 - 512
    assert read_units(out).files == tuple(map(str, range(700)))
    with pytest.raises(KeyboardInterrupt):
        measure_all(Stopping(after=512), pictures, out, lambda _: None)
    other = Stopping(after=700)
    other.settings = "two"
    measure_all(other, pictures, out, lambda _: None)
    assert other.seen == 700


def test_rows_of_a_data_set_are_pictures(small_fer: Path) -> None:
    rows = pictures_of_data(small_fer, Split.PUBLIC)
    assert len(rows) == 28 and rows[3].name == "PublicTest/3" and rows[3].label == "happy" and rows[3].is_face
    assert rows[3].read().shape == (48, 48, 3)
    assert not np.array_equal(rows[3].read(), rows[4].read())
    some = pictures_of_data(small_fer, Split.TRAINING, min_votes=8, most=5, seed=1)
    assert len(some) == 5 == len({one.name for one in some})
    with pytest.raises(DataError, match="no row of PublicTest on which 9 raters agree"):
        pictures_of_data(small_fer, Split.PUBLIC, min_votes=9)


def test_tables_of_openface_become_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = tmp_path / "openface", tmp_path / "units.csv"
    folder.mkdir()
    openface_files.write_picture(folder / "a.csv", "2.2", [0.9, 0.8], "a.jpg")
    openface_files.write_sequence(folder / "film.csv", "2.0", [(1, 0, 1), (2, 0, 0)])
    assert main(["explain", "units", str(folder), "--out", str(out)]) == 0
    assert "3 pictures, 3 faces; no face in 1" in capsys.readouterr().out
    assert read_units(out).files == ("a.jpg", "a.jpg", "film:1", "film:2")


_OPENFACE = """#!{python}
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import cv2
from tests.training.explain import openface_files
options = dict(zip(sys.argv[1::2], sys.argv[2::2]))
for path in sorted(Path(options["-fdir"]).iterdir()):
    gray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if gray.max() > 250:
        openface_files.write_picture(Path(options["-out_dir"]) / (path.stem + ".csv"), "2.2", [0.9], path.name)
"""


@pytest.fixture
def openface(tmp_path: Path) -> Path:
    """What OpenFace's FaceLandmarkImg does of it, for pictures with something white."""
    path = tmp_path / "OpenFace" / "build" / "bin" / "FaceLandmarkImg"
    path.parent.mkdir(parents=True)
    path.write_text(_OPENFACE.format(python=sys.executable, root=str(mesh_stand_in.ROOT)))
    path.chmod(0o755)
    return path


def test_openface_measures_where_it_is_there(openface: Path, tmp_path: Path) -> None:
    shown, out = tmp_path / "shown", tmp_path / "units.csv"
    shown.mkdir()
    cv2.imwrite(str(shown / "a.png"), room((50, 20, 200, 1)))
    cv2.imwrite(str(shown / "b.png"), room())
    small = np.full((48, 48, 3), 90, np.uint8)
    draw_face(small, 4, 4, 40)
    cv2.imwrite(str(shown / "c.png"), small)
    words = ["explain", "units", str(shown), "--out", str(out), "--openface"]
    assert main([*words, str(openface.parents[2])]) == 0
    table = read_units(out)
    assert [Path(name).name for name in table.files] == ["a.png", "b.png", "c.png"]
    assert table.is_found.tolist() == [True, False, True]
    assert table.source == "OpenFace" and "AU14" in table.units
    assert table.landmarks is not None and table.landmarks[0, 0].tolist() == [100, 200]
    assert table.landmarks[2, 0].tolist() == [(100 - 48) / 4, (200 - 48) / 4]  # 4 times larger, 48 around it


def test_a_failing_openface_is_one_line(
    openface: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture_path = tmp_path / "a.png"
    cv2.imwrite(str(picture_path), room())
    words = ["explain", "units", str(picture_path), "--out", str(tmp_path / "units.csv"), "--openface"]
    assert main([*words, str(openface)]) == 1
    assert "saw no face in any of the pictures" in capsys.readouterr().err
    openface.write_text("#!/bin/sh\necho loading >&2; echo no model here >&2; exit 3\n")
    assert main([*words, str(openface)]) == 1
    assert "OpenFace ended with status 3: no model here" in capsys.readouterr().err
    assert main([*words, str(tmp_path)]) == 2
    assert "expected OpenFace's FaceLandmarkImg" in capsys.readouterr().err


def test_a_container_sees_the_pictures_and_no_network(
    openface: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in for podman runs what is asked for in the folder that was to be mounted."""
    engine = tmp_path / "engines" / "podman"
    engine.parent.mkdir()
    engine.write_text(
        '#!/bin/sh\necho "$@" > "$0.words"\n'
        'volume=$(echo "$@" | sed "s/.*--volume \\([^ ]*\\):.mien .*/\\1/")\n'
        f'exec {openface} -fdir "$volume/pictures" -out_dir "$volume/out"\n'
    )
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{engine.parent}:{os.environ['PATH']}")
    shown, out = tmp_path / "a.png", tmp_path / "units.csv"
    cv2.imwrite(str(shown), room((50, 20, 200, 1)))
    assert main(["explain", "units", str(shown), "--openface-image", "some/openface", "--out", str(out)]) == 0
    assert read_units(out).is_found.tolist() == [True]
    said = engine.with_name("podman.words").read_text()
    assert "run --rm --network none" in said and "some/openface -c" in said and "-aus -2Dfp" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "expected PICTURES, or --data with --split"),
        (["a.png", "--split", "Training"], "--split, --min-votes and --most belong to --data"),
        (["a.png"], "a.png is not there; expected a picture"),
        (["a.csv", "b.png"], "are tables and pictures at once"),
        ([__file__, "--openface", "x", "--neutral", "b.png"], "--neutral is for face geometry"),
    ],
)
def test_what_does_not_go_together_is_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "units", *words, "--out", str(tmp_path / "out.csv")]) != 0
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_no_private_test_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["explain", "units", "--data", "x", "--split", "PrivateTest", "--out", "a.csv"])
    assert stop.value.code == 2
    assert "PrivateTest is not for fitting or choosing" in capsys.readouterr().err


def test_a_python_without_mediapipe_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="cannot load mediapipe's face mesh; try: make setup-explain"):
        MeshProcess(Path(sys.executable))
    monkeypatch.setenv("MIEN_EXPLAIN_PYTHON", str(tmp_path / "python"))
    with pytest.raises(UsageError, match="MIEN_EXPLAIN_PYTHON is .*, which is not there"):
        find_python()
    with pytest.raises(UsageError, match="--mesh-python is"):
        find_python(tmp_path / "other")


def test_a_mesh_that_ends_is_one_line(python: Path) -> None:
    process = MeshProcess(python)
    process._process.kill()
    with pytest.raises(MienError, match="the face mesh ended with status -9"):
        process.faces(room())
    process.close()


def test_a_picture_named_twice_is_measured_once(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), room())
    assert len(pictures_of_files([path, tmp_path])) == 1
    with pytest.raises(DataError, match="holds no picture"):
        (tmp_path / "empty").mkdir()
        pictures_of_files([tmp_path / "empty"])
