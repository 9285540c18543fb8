"""`mien-train explain face` as people use it: on a photograph, by the shipped network, without Keras."""

import json
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.conftest import require
from tests.training.explain.people import ANGER, SMILE, landmarks, regression, write_regression, write_table
from training.cli import main
from training.explain.face import Measured, explain_picture
from training.explain.opinions import open_opinion
from training.explain.unit_files import read_units

require("training")
from training.explain.drawing import draw  # noqa: E402 - only after the skip


@pytest.fixture
def smile(astronaut_picture: Path, tmp_path: Path) -> list[str]:
    units = write_table(tmp_path / "units.csv", [("astronaut.png", SMILE)], {0: landmarks(180, 72, 90)})
    where = ["--units", str(units), "--regression", str(write_regression(tmp_path))]
    return ["explain", "face", str(astronaut_picture), *where]


def test_a_photograph_is_explained_in_a_picture_a_sentence_and_json(
    smile: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "why"
    assert main([*smile, "--out", str(out), "--lang", "ru"]) == 0
    said = capsys.readouterr().out
    assert "The network says радость" in said and "the corners of the mouth are strongly pulled up" in said
    (document,) = json.loads((out / "reasons.json").read_text())
    (face,) = document["faces"]
    assert face["agree"] is True and face["sentence"] in said
    assert face["network"]["emotion"] == face["regression"]["emotion"] == "happy"
    assert face["network"]["saliency"]["method"] == "occlusion"
    thirds = face["network"]["saliency"]["thirds"]
    assert thirds["mouth and chin"] > 2 * thirds["brows and eyes"]  # a smile is in the mouth
    first, *_, last = face["regression"]["contributions"]
    assert first["unit"] == "AU12" and first["contribution"] > 0 > last["contribution"]
    assert face["names"]["happy"] == {
        "en": "happy", "ja": "喜び", "ko": "행복", "ru": "радость", "zh-TW": "開心",
    }  # fmt: skip
    picture = cv2.imread(str(out / face["picture"]))
    assert picture is not None and picture.shape[1] > 900
    assert sorted(path.name for path in out.iterdir()) == ["reasons.json", face["picture"]]


def test_network_and_regression_may_disagree(
    astronaut_picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = write_table(tmp_path / "units.csv", [("astronaut", ANGER)])
    where = ["--units", str(units), "--regression", str(write_regression(tmp_path))]
    assert main(["explain", "face", str(astronaut_picture), *where, "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    (face,) = document["faces"]
    assert face["agree"] is False
    assert (face["regression"]["emotion"], face["regression"]["against"]) == ("angry", "happy")


def test_without_units_it_says_what_the_network_says(
    astronaut_picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", "face", str(astronaut_picture)]) == 0
    assert "no action units of this face are known" in capsys.readouterr().out


def test_a_second_picture_takes_less_than_a_second(astronaut_picture: Path, tmp_path: Path) -> None:
    units = write_table(tmp_path / "units.csv", [("astronaut.png", SMILE)], {0: landmarks(180, 72, 90)})
    measured, opinions = Measured(read_units(units), regression()), [open_opinion("mini_xception")]
    took_s = []
    for _ in range(3):
        start_s = time.process_time()
        draw(explain_picture(astronaut_picture, opinions, measured)[0])
        took_s.append(time.process_time() - start_s)
    assert min(took_s[1:]) < 1


def test_a_part_of_the_command_line_that_does_not_go_together_is_one_line(
    smile: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = smile[2]
    assert main(["explain", "face", picture, "--units", smile[4]]) == 2
    assert "--regression is missing" in capsys.readouterr().err
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").touch()
    assert main([*smile, "--out", str(tmp_path / "out"), "--force"]) == 2
    assert "holds letter.txt, which is no part of such a report" in capsys.readouterr().err
    other = tmp_path / "other.png"
    cv2.imwrite(str(other), np.zeros((64, 64), np.uint8))
    assert main([*smile[:2], str(other), *smile[3:]]) == 1
    assert "the action units have no row for" in capsys.readouterr().err


def test_of_several_pictures_one_that_will_not_do_is_named_and_left_out(
    smile: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    cv2.imwrite(str(tmp_path / "unmeasured.png"), np.zeros((64, 64), np.uint8))
    others = [str(tmp_path / name) for name in ("broken.jpg", "unmeasured.png")]
    with caplog.at_level("WARNING", "training"):
        assert main([*smile[:2], *others, *smile[2:], "--out", str(tmp_path / "why")]) == 0
    assert "broken.jpg" in caplog.text and "no row for" in caplog.text
    assert "2 of 3 pictures could not be explained" in caplog.text
    (document,) = json.loads((tmp_path / "why" / "reasons.json").read_text())
    assert document["file"].endswith("astronaut.png")
    assert main([*smile[:2], *others, *smile[3:], "--out", str(tmp_path / "nothing")]) == 1
    assert "none of 2 pictures could be explained" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()


def test_units_of_another_kind_are_refused_or_named(
    astronaut_picture: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    wanted = str(write_regression(tmp_path))
    (tmp_path / "few.csv").write_text("file,success,AU01_r\nastronaut.png,1,2\n")
    few = ["--units", str(tmp_path / "few.csv"), "--regression", wanted]
    assert main(["explain", "face", str(astronaut_picture), *few]) == 1
    assert "the regression needs AU02, AU04" in capsys.readouterr().err
    units = write_table(tmp_path / "units.csv", [("astronaut.png", SMILE)])
    units.write_text(units.read_text().replace("OpenFace", "mediapipe 0.10.21"))
    with caplog.at_level("WARNING", "training"):
        assert (
            main(["explain", "face", str(astronaut_picture), "--units", str(units), "--regression", wanted])
            == 0
        )
    assert "the action units are mediapipe 0.10.21's" in caplog.text


def test_a_bundle_is_asked_without_keras() -> None:
    import subprocess

    program = "import sys; from training.explain.opinions import open_opinion; open_opinion('mini_xception')"
    program += "; import training.explain.face_run; print('keras' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


@pytest.mark.training
def test_both_networks_of_a_bundle_stand_side_by_side(
    smile: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*smile, "--network", "both", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    (face,) = document["faces"]
    (other,) = face["other_networks"]
    assert (face["network"]["kind"], other["kind"]) == ("int8", "float")
    assert other["saliency"]["method"] == "Grad-CAM"
    assert main([*smile[:3], "--model", str(tmp_path / "no.keras"), "--network", "int8"]) == 2
