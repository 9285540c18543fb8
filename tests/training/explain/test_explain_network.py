"""`mien-train explain network`: what is found is found again, and the page says it to everyone."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import require
from tests.training.explain.people import ANGER, SMILE, regression, table, write_regression, write_table
from tests.training.pages import Page, check_page
from training.cli import main
from training.explain.face import Measured
from training.explain.split_rows import rows_of_split
from training.splits import Split

require("training")
from training.explain.learned import follow_units, looks_by_class  # noqa: E402 - only after the skip
from training.explain.opinions import Opinion  # noqa: E402
from training.explain.saliency.occlusion import occlusion  # noqa: E402
from training.splits import Faces, Pictures  # noqa: E402

NO_FACE = None


def test_scores_that_follow_a_unit_are_found_out() -> None:
    random = np.random.default_rng(0)
    smiles = random.uniform(0, 4, 60)
    rows = [
        (f"PublicTest/{row}", (0.3, 0.2, random.uniform(0, 4), 0.5, smile, 0.1, 0.4) if row != 7 else NO_FACE)
        for row, smile in enumerate(smiles)
    ]
    measured = Measured(table([*rows, ("Training/3", SMILE)]), regression())
    units = rows_of_split(measured.table, Split.PUBLIC)
    assert 7 not in units and len(units) == 59
    happy = ((smiles / 4.1) ** 3).astype(np.float32)  # rises with it, and on no straight line
    found = follow_units(measured, units, ("happy", "boredom"), np.stack([happy, 1 - happy], 1))
    by_unit = dict(zip(found.units, found.table, strict=True))
    assert by_unit["AU12"] == pytest.approx([1, -1])
    assert abs(by_unit["AU04"][0]) < found.chance == pytest.approx(2 / 58**0.5)
    assert np.isnan(by_unit["AU02"]).all()  # it never changes
    assert found.faces == 59 and found.asked == int((happy[[*units]] > 0.5).sum()) >= found.agree > 0


def test_of_several_faces_in_a_picture_the_surest_counts() -> None:
    found = table([("PublicTest/2", ANGER), ("PublicTest/2", SMILE), ("a.png", SMILE)])
    found.confidence[:] = (0.4, 0.9, 1)
    assert rows_of_split(found, Split.PUBLIC) == {2: 1}


def test_where_it_looks_is_where_it_looks() -> None:
    def predict(faces: Pictures) -> np.ndarray:
        bright = np.stack([face[4:12, 28:44].mean() / 255 for face in faces])
        return np.stack([bright, 1 - bright], 1).astype(np.float32)

    pixels = np.full((9, 48, 48), 60, np.uint8)
    pixels[:5, 4:12, 28:44] = 240
    faces = Faces(pixels, np.array([0] * 5 + [1] * 4), classes=("up", "down"))
    opinion = Opinion(
        "o", "int8", ("up", "down"), 48, 0.0, predict, lambda face, place: occlusion(predict, face, 48, place)
    )
    truth = np.arange(9), np.array([0, 0, 0, 0, 0, 1, 1, 1, 0], np.intp)
    looks = {one.name: one for one in looks_by_class(opinion, faces, predict(pixels), truth, most=3)}
    assert looks["up"].faces == 3 and looks["down"].faces == 3
    thirds = looks["up"].mean.bands()
    assert thirds["brows and eyes"] > 0.7


def test_a_report_of_one_page(small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [(f"PublicTest/{row}", SMILE if row % 7 == 3 else ANGER) for row in range(27)]
    units = write_table(tmp_path / "units.csv", rows)
    given = ["--units", str(units), "--regression", str(write_regression(tmp_path))]
    out = tmp_path / "report"
    command = [
        "explain",
        "network",
        "mini_xception",
        "--data",
        str(small_fer),
        "--faces",
        "2",
        "--mistakes",
        "3",
    ]
    assert main([*command, *given, "--out", str(out)]) == 0
    html = (out / "explain.html").read_text()
    page = Page(html)
    check_page(page)
    document = json.loads((out / "explain.json").read_text())
    assert document["units"]["faces"] == 27 and len(document["mistakes"]) == 3
    surest = [one["confidence"] for one in document["mistakes"]]
    assert surest == sorted(surest, reverse=True)
    for one in document["mistakes"]:
        assert one["true"] != one["named"] and one["sentence"] in page.text
    assert "brow lowerer (AU04)" in page.text and "show it only to people who may see them" in page.text
    for number, look in enumerate(document["looks"], start=1):
        assert (out / f"looks_{number}_{look['class']}.png").is_file() and sum(
            look["thirds"].values()
        ) == pytest.approx(1, abs=1e-3)
    assert main([*command, "--out", str(out)]) == 2
    assert "holds a report already" in capsys.readouterr().err
    assert main([*command, "--out", str(out), "--force", "--no-pictures"]) == 0
    page = Page((out / "explain.html").read_text())
    check_page(page)
    assert "No action units were given" in page.text
    assert not [one for one in page.every("img") if "named" in one["alt"]]


def test_units_of_other_faces_are_refused(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = write_table(tmp_path / "units.csv", [("Training/0", SMILE)])
    given = ["--units", str(units), "--regression", str(write_regression(tmp_path))]
    command = ["explain", "network", "mini_xception", "--data", str(small_fer), "--out", str(tmp_path / "out")]
    assert main([*command, *given]) == 1
    assert "the action units have no row of PublicTest" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
