import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import DataError, UsageError
from edge.labels import EMOTIONS
from edge.resources import resource_folder
from tests.conftest import require
from tests.training.pages import Page, check_page
from tests.training.test_report import answers, made_faces

require("training")
from training.cli import main  # noqa: E402 - only after the skip
from training.compare_rows import compare_contenders  # noqa: E402
from training.compare_speed import measure_pace  # noqa: E402
from training.contenders import Contender  # noqa: E402
from training.intervals import Bootstrap  # noqa: E402
from training.report.comparison import make_page, notes, ranked, verdict  # noqa: E402
from training.splits import Faces, Pictures  # noqa: E402

Predict = Callable[[Pictures], np.ndarray]


@pytest.fixture
def contender(tmp_path: Path) -> Callable[..., Contender]:
    """A contender that answers with given rows, whatever the pictures are."""
    path = tmp_path / "model.keras"
    path.write_bytes(b"weights")

    def make(name: str, scores: np.ndarray, classes: tuple[str, ...] = EMOTIONS) -> Contender:
        return Contender(
            name, "float", path, classes, 48, lambda _: scores, lambda: lambda face: face.sum(), 10, 20, None,
            "numpy",
        )  # fmt: skip

    return make


def compared(contenders: Mapping[str, Contender], faces: Faces, **options: Any) -> dict[str, Any]:
    return compare_contenders(contenders, {48: faces}, bootstrap=Bootstrap(100), **options)


def as_document(found: dict[str, Any], faces: Faces) -> dict[str, Any]:
    data = {"name": "pictures", "truth": faces.truth}
    rest = {"split": "PublicTest", "data": data, "date": "2026-11-20", "repeats": 0, "cpu": "a CPU"}
    return {**found, **rest, "command": "mien-train compare", "versions": {"mien": "0.1.0"}}


def right_on(faces: Faces, share: float, seed: int) -> np.ndarray:
    """Sure answers, of which about a share are right."""
    random = np.random.default_rng(seed)
    is_wrong = random.random(len(faces)) >= share
    named = np.where(is_wrong, (faces.labels + 1) % len(faces.classes), faces.labels)
    return np.where(np.eye(len(faces.classes))[named] > 0, 0.9, 0.02).astype(np.float32)


def test_the_best_stands_first_and_the_test_says_whether_it_is_better(contender: Any) -> None:
    faces = made_faces(votes=False)
    good, poor = right_on(faces, 0.9, 1), right_on(faces, 0.4, 2)
    found = compared({"poor": contender("poor", poor), "good": contender("good", good)}, faces)
    document = as_document(found, faces)
    assert [row["label"] for row in ranked(document)] == ["good", "poor"]
    good_right, poor_right = (scores.argmax(axis=1) == faces.labels for scores in (good, poor))
    test = found["best_two"]
    assert (test["first"], test["second"]) == ("good", "poor")
    assert test["only_first"] == (good_right & ~poor_right).sum()
    assert test["only_second"] == (poor_right & ~good_right).sum()
    assert test["p"] < 0.001
    assert "good is better on such pictures by more than chance explains" in str(verdict(document))


def test_a_difference_that_chance_explains_is_called_that(contender: Any) -> None:
    faces = made_faces(votes=False)
    one = right_on(faces, 0.8, 1)
    other = one.copy()
    other[:2] = 1 - other[:2]  # wrong on two more at most
    found = compared({"one": contender("one", one), "other": contender("other", other)}, faces)
    assert "these faces do not show which of the two is better" in str(verdict(as_document(found, faces)))


def test_models_of_other_classes_are_compared_on_those_that_all_share(contender: Any) -> None:
    faces = made_faces(votes=False)
    six = tuple(name for name in reversed(EMOTIONS) if name != "fear")
    afraid = np.full((len(faces), 7), 0.1, np.float32)  # its first choice is always fear, its second is right
    afraid[:, EMOTIONS.index("fear")] = 0.9
    afraid[np.arange(len(faces)), faces.labels] += 0.3
    sixth = right_on(made_faces(votes=False), 0.5, 1)[:, [EMOTIONS.index(name) for name in six]]
    contenders = {"seven": contender("seven", afraid), "six": contender("six", sixth, six)}
    found = compared(contenders, faces.relabel([name for name in EMOTIONS if name in six]))
    fears = int((faces.labels == EMOTIONS.index("fear")).sum())
    assert found["classes"] == [name for name in EMOTIONS if name in six]
    assert found["faces"] == len(faces) - fears
    assert found["left_out"] == {"fear": fears}
    seven = next(row for row in found["contenders"] if row["label"] == "seven")
    assert seven["metrics"]["labels"]["accuracy"] == 1
    assert seven["outside"] == len(faces) - fears
    said = " ".join(notes(as_document(found, faces)))
    assert "compared on those that all share: angry, disgust, happy, sad, surprise and neutral" in said
    assert f"seven would have named {len(faces) - fears} of these faces" in said


def test_faces_without_an_answer_are_counted_and_left_out_for_all(contender: Any) -> None:
    faces = made_faces()
    whole, some = right_on(faces, 0.7, 1), right_on(faces, 1, 2)
    some[:40] = np.nan
    found = compared({"whole": contender("whole", whole), "some": contender("some", some)}, faces)
    assert (found["unanswered"], found["faces"]) == (40, 100)
    by_label = {row["label"]: row for row in found["contenders"]}
    assert (by_label["some"]["missing"], by_label["whole"]["missing"]) == (40, 0)
    assert by_label["some"]["metrics"]["raters"]["accuracy"] == 1
    assert by_label["some"]["accuracy_if_missing_is_wrong"] == round(100 / 140, 5)
    is_right = whole.argmax(axis=1) == faces.labels
    assert by_label["whole"]["metrics"]["raters"]["accuracy"] == round(is_right[40:].mean(), 5)
    assert by_label["whole"]["accuracy_if_missing_is_wrong"] == round(is_right.mean(), 5)
    page = Page(make_page(as_document(found, faces)))
    check_page(page)
    assert "none came from some for 40" in page.text
    assert "accuracy, missing as wrong" in page.text


def test_no_common_answer_is_one_clear_line(contender: Any) -> None:
    faces = made_faces(votes=False)
    first, second = right_on(faces, 1, 1), right_on(faces, 1, 2)
    first[:70], second[70:] = np.nan, np.nan
    with pytest.raises(DataError, match="no face is left to compare on"):
        compared({"a": contender("a", first), "b": contender("b", second)}, faces)


def test_what_is_right_can_be_chosen_where_the_data_knows_it(contender: Any) -> None:
    faces = made_faces()
    models = {"one": contender("one", answers(faces))}
    assert compared(models, faces)["against"] == "raters"
    assert compared(models, faces, against="labels")["against"] == "fer2013"
    plain = made_faces(votes=False)
    with pytest.raises(UsageError, match="--against raters needs votes"):
        compared({"one": contender("one", answers(plain))}, plain, against="raters")


def test_contenders_are_timed_in_turn_and_the_quickest_is_the_measure(contender: Any) -> None:
    turns: list[str] = []

    def timed(name: str, cost_s: float) -> Contender:
        def score(face: np.ndarray) -> None:
            turns.append(name)
            time.sleep(cost_s)

        made = contender(name, np.zeros((1, 7), np.float32))
        return Contender(
            name, "float", made.path, made.classes, 48, made.predict, lambda: score, None, None, None, "numpy"
        )

    faces = list(np.asarray(made_faces().pixels)[:20])
    found = measure_pace({"slow": timed("slow", 0.02), "quick": timed("quick", 0.001)}, {48: faces}, 5)
    assert found["quick"].times_quickest == 1
    assert found["slow"].times_quickest > 1
    assert found["slow"].low_ms <= found["slow"].median_ms <= found["slow"].high_ms
    changes = [name for name, before in zip(turns, ["", *turns], strict=False) if name != before]
    assert changes == ["slow", "quick"] * 6  # the warm-up, and then five rounds


SHIPPED = resource_folder("models") / "mini_xception"


@pytest.mark.tensorflow
def test_a_bundle_beside_a_bare_file_on_the_same_pictures(
    small_fer: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare, out = tmp_path / "bare.keras", tmp_path / "report"
    shutil.copy(SHIPPED / "source.keras", bare)
    words = [
        "compare",
        "mini_xception",
        str(bare),
        "--data",
        str(small_fer),
        "--repeats",
        "2",
        "--out",
        str(out),
    ]
    assert main(words) == 2  # the file does not say its value range
    assert "does not say its value range" in capsys.readouterr().err
    words += ["--value-range", "-1", "1", "--classes", ",".join(EMOTIONS)]
    assert main(words) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "right and wrong on the very same faces" in printed
    document = json.loads((out / "compare.json").read_text())
    rows = {row["label"]: row for row in document["contenders"]}
    assert set(rows) == {"mini_xception (float)", "mini_xception (int8)", str(bare)}
    for truth, found in rows["mini_xception (float)"]["metrics"].items():
        # not its calibration: the card's temperature is not in the file
        assert rows[str(bare)]["metrics"][truth]["per_class"] == found["per_class"]
    assert rows["mini_xception (int8)"]["bytes"] == (SHIPPED / "model.tflite").stat().st_size
    assert rows["mini_xception (int8)"]["pace"]["by"] == "the device's own code"
    for row in rows.values():
        assert (row["parameters"], row["missing"]) == (58423, 0)
        assert row["pace"]["median_ms"] > 0
        assert row["metrics"]["raters"]["faces"] == 28
    check_page(Page((out / "compare.html").read_text()))
    assert {path.name for path in out.iterdir()} == {
        "compare.html", "compare.json", "standings.png", "pace.png",
    }  # fmt: skip
    assert main(words) == 2
    assert "holds a report already" in capsys.readouterr().err


@pytest.mark.tensorflow
def test_a_model_is_not_compared_with_itself_nor_on_private_test(
    small_fer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["compare", "mini_xception", "mini_xception", "--data", str(small_fer)]
    assert main(words) == 2
    assert "mini_xception is named twice" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "--split", "PrivateTest"])
    assert "PrivateTest is not for choosing" in capsys.readouterr().err
