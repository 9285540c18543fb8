import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.emotion.bundle import read_card, write_card
from edge.labels import EMOTIONS
from edge.resources import resource_folder
from tests.conftest import require
from tests.training.faces import draw_face, write_csv
from tests.training.pages import Page, check_page

require("tensorflow")
from training import runs  # noqa: E402 - only after the skip
from training.cli import main  # noqa: E402
from training.contenders import open_contenders  # noqa: E402
from training.datasets import Split, load_splits  # noqa: E402
from training.evaluate import evaluate  # noqa: E402
from training.given import NOTHING_GIVEN  # noqa: E402
from training.intervals import Bootstrap  # noqa: E402

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    shutil.copytree(resource_folder("models") / "mini_xception", folder)
    return folder


@pytest.fixture(scope="module")
def run(small_fer: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    command = ["fit", "--data", str(small_fer), "--out", str(out), "--epochs", "1", "--labels", "fer2013"]
    assert main(command) == 0
    return out


def test_a_bundle_is_measured_as_float_and_as_int8_on_public_test(
    bundle: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = read_card(bundle).looks
    assert main(["evaluate", str(bundle), "--data", str(small_fer), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["split"] == "PublicTest"
    assert set(report["metrics"]) == {"float", "int8"}
    for metrics in report["metrics"].values():
        assert set(metrics) == {"all", "without_copies"}
        assert set(metrics["all"]) == {"fer2013", "raters", "raters_agree"}
        assert metrics["all"]["fer2013"]["faces"] == 28
        assert set(metrics["all"]["fer2013"]) >= {
            "accuracy", "balanced_accuracy", "macro_f1", "calibration_error", "per_class", "confusion",
        }  # fmt: skip
    assert read_card(bundle).looks == looks


def test_only_final_opens_private_test_and_each_look_is_written_on_the_card(
    bundle: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = len(read_card(bundle).looks)
    for _ in range(2):
        assert main(["evaluate", str(bundle), "--data", str(small_fer), "--final"]) == 0
    assert "on PrivateTest" in capsys.readouterr().out
    looks = read_card(bundle).looks[before:]
    assert len(looks) == 2
    assert looks[0]["split"] == "PrivateTest"
    assert looks[0]["command"].startswith("mien-train evaluate")
    assert looks[0]["date"].endswith("+00:00")
    assert looks[0]["metrics"]["int8"]["all"]["fer2013"]["faces"] == 14


def test_a_look_at_a_run_stays_with_the_run(run: Path, small_fer: Path) -> None:
    assert main(["evaluate", str(run), "--data", str(small_fer), "--final"]) == 0
    assert len(runs.read_looks(run)) == 1


def test_a_run_gets_a_report_with_its_curves_and_is_not_reported_on_twice(
    run: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report"
    words = ["evaluate", str(run), "--data", str(small_fer), "--resamples", "50", "--out", str(out)]
    assert main([*words, "--also-training"]) == 0
    assert "figures that hold them are no test" in capsys.readouterr().out
    document = json.loads((out / "report.json").read_text())
    assert document["model"] == str(run)
    assert [row["epoch"] for row in document["history"]] == [1]
    assert document["all_pictures"]["float"]["fer2013"]["faces"] == 28 + 84
    assert document["metrics"]["float"]["all"]["fer2013"]["intervals"]["accuracy"]
    for name in ("curves", "confusion_float_raters", "coverage_float_raters", "by_class_float_raters"):
        assert (out / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    page = Page((out / "report.html").read_text())
    check_page(page)
    assert "Learning curves" in page.text and "on all pictures" in page.text
    assert main(words) == 2
    assert "holds a report already" in capsys.readouterr().err
    assert main([*words, "--force", "--no-pictures"]) == 0
    page = Page((out / "report.html").read_text())
    assert not page.every("img") and "on all pictures" not in page.text


def test_a_report_does_not_take_the_place_of_a_run(
    run: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(path.name for path in run.iterdir())
    assert main(["evaluate", str(run), "--data", str(small_fer), "--out", str(run), "--force"]) == 2
    assert "is no part of such a report" in capsys.readouterr().err
    assert sorted(path.name for path in run.iterdir()) == before


def test_figures_on_all_pictures_are_those_of_both_splits_together(small_fer: Path) -> None:
    found = evaluate(
        "mini_xception", small_fer, command="", also_training=True, bootstrap=Bootstrap(0)
    ).document
    faces = load_splits(small_fer, (Split.TRAINING, Split.PUBLIC))
    int8 = next(one for one in open_contenders("mini_xception", NOTHING_GIVEN) if one.kind == "int8")
    is_right = [
        (int8.predict(faces[split].pixels).argmax(axis=1) == faces[split].labels)
        for split in (Split.TRAINING, Split.PUBLIC)
    ]
    both = found["all_pictures"]["int8"]["fer2013"]
    assert both["accuracy"] == round(float(np.concatenate(is_right).mean()), 5)
    assert "intervals" not in both


def test_a_final_look_is_neither_at_all_pictures_nor_at_a_file_that_cannot_keep_it(
    bundle: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = read_card(bundle).looks
    assert main(["evaluate", str(bundle), "--data", str(small_fer), "--final", "--also-training"]) == 2
    assert "leave out --final" in capsys.readouterr().err
    assert read_card(bundle).looks == looks
    shutil.copy(bundle / "source.keras", tmp_path / "bare.keras")
    words = ["evaluate", str(tmp_path / "bare.keras"), "--data", str(small_fer), "--value-range", "-1", "1"]
    words += ["--classes", ",".join(EMOTIONS)]
    assert main([*words, "--final"]) == 2
    assert "make a bundle of it by mien-convert" in capsys.readouterr().err
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["history"] is None and document["networks"][0]["parameters"] == 58423


def test_folders_of_any_classes_with_train_and_valid_alone_are_enough(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part, count in (("train", 6), ("valid", 4)):
        for label, name in enumerate(("calm", "glad")):
            for index in range(count):
                path = tmp_path / "data" / part / name / f"{index}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), draw_face(label, 100 * count + index))
    data = ["--data", str(tmp_path / "data")]
    fit = ["fit", *data, "--out", str(tmp_path / "run"), "--epochs", "1", "--network", "plain_cnn_48"]
    assert main([*fit, "--batch-size", "12"]) == 0
    assert main(["evaluate", str(tmp_path / "run"), *data, "--out", str(tmp_path / "report")]) == 0
    page = Page((tmp_path / "report/report.html").read_text())
    check_page(page)
    assert "run on valid" in page.text and "calm" in page.text and "FER2013" not in page.text


def test_curves_of_a_bundle_come_from_its_card(
    bundle: Path, small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = read_card(bundle)
    history = {"epoch": [1, 2], "loss": [2, 1], "public_loss": [2, 1.5], "public_figure": [0.3, 0.5]}
    write_card(bundle, card.model_copy(update={"training": {**card.training, "history": history}}))
    assert main(["evaluate", str(bundle), "--data", str(small_fer), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["history"][1] == {
        "epoch": 2, "loss": 1, "public_loss": 1.5, "public_figure": 0.5,
    }  # fmt: skip


#: Kills itself just before it opens a file of the report to write, or changes a name, for the n-th time.
STOPPED = """
import os, signal, sys

place = sys.argv[1]
words = sys.argv[2:]
from training import evaluate_command  # what takes long is loaded once; each attempt is a process of its own
from training.cli import main

def attempt(moment):
    count = 0
    def watch(event, arguments):
        nonlocal count
        is_change = event in {"os.rename", "os.mkdir", "os.rmdir", "os.remove"}
        is_write = event == "open" and isinstance(arguments[1], str) and "w" in arguments[1]
        if (is_change or is_write) and str(arguments[0]).startswith(place):
            if count == moment:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
    sys.addaudithook(watch)
    sys.exit(main(words))

for moment in range(100):
    child = os.fork()
    if not child:
        attempt(moment)
    status = os.waitpid(child, 0)[1]
    names = sorted(os.listdir(place + "/report")) if os.path.isdir(place + "/report") else []
    print(moment, os.waitstatus_to_exitcode(status), ",".join(names), file=sys.stderr)
    if not os.WIFSIGNALED(status):
        break
"""


def test_whichever_change_a_kill_comes_before_a_report_is_whole_or_not_there(
    bundle: Path, small_fer: Path, tmp_path: Path
) -> None:
    (bundle / "source.keras").unlink()
    place = tmp_path / "place"
    place.mkdir()
    data = write_csv(tmp_path / "plain", {"Training": 1, "PublicTest": 3}, votes=False)
    words = ["evaluate", str(bundle), "--data", str(data), "--resamples", "10", "--json", "--out"]
    command = [sys.executable, "-c", STOPPED, str(place), *words, str(place / "report")]
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr
    attempts = [line.split(" ") for line in ended.stderr.splitlines() if re.fullmatch(r"\d+ -?\d+ .*", line)]
    files = "by_class_int8_labels.png,confusion_int8_labels.png,coverage_int8_labels.png,curves.png"
    files += ",reliability_int8_labels.png"
    whole = f"{files},report.html,report.json".replace("labels", "fer2013")
    assert [status for _, status, _ in attempts[:-1]] == [str(-signal.SIGKILL)] * (len(attempts) - 1)
    assert len(attempts) > 7  # a folder, five charts, page and JSON, the name
    assert {names for _, _, names in attempts[:-1]} == {""}
    assert attempts[-1][1:] == ["0", whole]
    assert [path.name for path in place.iterdir()] == ["report"]


def test_one_table_shows_float_beside_int8(
    bundle: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(bundle), "--data", str(small_fer)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    kinds = [row[3] for row in rows if row[:3] == ["raters'", "plurality", "all"]]
    assert kinds == ["float", "int8"]


def test_a_folder_that_is_neither_is_one_clear_line(
    tmp_path: Path, small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path), "--data", str(small_fer)]) == 2
    assert "is neither a RUN nor a bundle" in capsys.readouterr().err
    assert main(["evaluate", "no_such_model", "--data", str(small_fer)]) == 1
    assert "model no_such_model is not there" in capsys.readouterr().err


def test_faces_of_classes_that_a_network_lacks_are_left_out_and_this_is_said(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "six"
    words = ["--data", str(small_fer), "--classes", "sad,angry,disgust,happy,surprise,neutral"]
    fit = ["fit", *words, "--out", str(out), "--epochs", "1", "--batch-size", "28", "--network", "plain_cnn_48"]
    assert main(fit) == 0
    assert main(["evaluate", str(out), "--data", str(small_fer), "--json"]) == 0
    report = json.loads(capsys.readouterr().out.partition("\n")[2])
    assert report["classes"][:2] == ["sad", "angry"]
    assert report["left_out"] == {"fear": 4}
    assert report["metrics"]["float"]["all"]["fer2013"]["faces"] == 24
    assert len(report["metrics"]["float"]["all"]["raters"]["confusion"]) == 6
    assert main(["evaluate", str(out), "--data", str(small_fer), "--final"]) == 0
    assert "left out, for they are none of the classes: 2 of fear" in capsys.readouterr().out
    assert runs.read_looks(out)[0]["left_out"] == {"fear": 2}
