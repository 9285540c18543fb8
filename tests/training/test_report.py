"""The page of an evaluation and of a comparison, from figures of made answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.labels import EMOTIONS
from tests.conftest import require
from tests.training.faces import VOTE_COLUMN
from tests.training.pages import Page, check_page

require("training")
from training.evaluate import with_intervals  # noqa: E402 - only after the skip
from training.groups import measure_groups  # noqa: E402
from training.intervals import Bootstrap  # noqa: E402
from training.metrics import figures, truths  # noqa: E402
from training.mistakes import top_confusions  # noqa: E402
from training.report.evaluation import make_page, write_report  # noqa: E402
from training.splits import Faces  # noqa: E402

COUNT = 140
HISTORY = [
    {"epoch": epoch, "loss": 2 / epoch, "public_loss": 2.2 / epoch, "public_figure": 1 - 0.5 / epoch}
    for epoch in (1.0, 2.0, 3.0)
]


def made_faces(classes: tuple[str, ...] = EMOTIONS, *, votes: bool = True) -> Faces:
    random = np.random.default_rng(0)
    labels = random.integers(0, len(classes), COUNT).astype(np.int16)
    counts = np.zeros((COUNT, 10), np.uint8)
    if votes:
        counts[np.arange(COUNT), np.array(VOTE_COLUMN)[labels]] = 8
        counts[:, 8] = 2
    pixels = random.integers(0, 256, (COUNT, 48, 48)).astype(np.uint8)
    return Faces(pixels, labels, counts if votes else None, classes, "fer2013" if votes else "labels")


def answers(faces: Faces, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    scores = random.random((len(faces), len(faces.classes)))
    scores[np.arange(len(faces)), faces.labels] += 0.6
    return (scores / scores.sum(axis=1, keepdims=True)).astype(np.float32)


def made_document(faces: Faces, bootstrap: Bootstrap | None = None, **changes: Any) -> dict[str, Any]:
    scores = answers(faces)
    is_copy = np.arange(len(faces)) < 5
    truth = "raters" if faces.votes is not None else "labels"
    document = {
        "v": 1,
        "model": "runs/mine",
        "split": "PublicTest",
        "data": {"name": "pictures", "truth": faces.truth, "training_faces": 1000, "copies": 5},
        "faces": len(faces),
        "classes": list(faces.classes),
        "left_out": {},
        "metrics": {kind: figures(scores, faces, is_copy) for kind in ("float", "int8")},
        "command": "mien-train evaluate runs/mine --data pictures",
        "date": "2026-11-20T10:00:00+00:00",
        "shown": {"kind": "int8", "truth": truth},
        "top_confusions": top_confusions(scores, truths(scores, faces)[truth], faces.classes),
        "networks": [
            {"kind": "int8", "file": "model.tflite", "bytes": 1000, "sha256": "00", "parameters": None,
             "multiply_adds": None}
        ],
        "versions": {"mien": "0.1.0"},
        "fitted_to": "ferplus",
        "history": HISTORY,
        "groups": measure_groups(scores, faces, "PublicTest"),
        **changes,
    }  # fmt: skip
    return with_intervals(document, bootstrap or Bootstrap(100))


def page_of(faces: Faces, *, with_pictures: bool = True, **changes: Any) -> Page:
    page = Page(make_page(made_document(faces, **changes), faces, with_pictures=with_pictures))
    check_page(page)
    return page


def test_a_page_says_every_figure_in_words_with_its_interval() -> None:
    faces = made_faces()
    document = made_document(faces)
    page = page_of(faces)
    found = document["metrics"]["int8"]["all"]["raters"]
    low, high = found["intervals"]["accuracy"]
    assert f"{100 * found['accuracy']:.1f}% (95% interval {100 * low:.1f} to {100 * high:.1f})" in page.text
    for name, row in found["per_class"].items():
        assert name in page.text and f"{100 * row['recall']:.1f}%" in page.text
    for words in ("FER2013's labels", "raters' plurality", "at least 6 of 10 raters agree", "without copies"):
        assert words in page.text
    assert "100 bootstrap resamples" in page.text
    assert "PublicTest chose this network's checkpoint" in page.text
    assert "kept: epoch 3" in page.text


def test_groups_of_faces_are_told_and_what_is_not_known_of_people_is_named() -> None:
    page = page_of(made_faces())
    text = page.text
    assert "Not measured" in text and "skin colour and origin" in text
    for group in ("darkest quarter", "most blurred quarter"):
        assert group in text


def test_faces_are_shown_said_to_be_the_users_own_and_left_out_on_wish() -> None:
    faces = made_faces()
    page = page_of(faces)
    examples = [one for pair in made_document(faces)["top_confusions"] for one in pair["examples"]]
    assert len(page.every("img")) == len(examples) > 10
    assert "from your own data set" in page.text
    without = page_of(faces, with_pictures=False)
    assert not without.every("img")
    assert "The pictures were left out" in without.text


def test_a_page_without_intervals_curves_or_votes_is_whole() -> None:
    page = page_of(
        made_faces(("calm", "glad"), votes=False),
        bootstrap=Bootstrap(0), history=None, fitted_to=None,
    )  # fmt: skip
    assert "No intervals were made" in page.text
    assert "Learning curves" not in page.text
    assert "raters" not in page.text.lower()
    assert "faces of valid" in page.text  # as the user's folder is called


def test_names_that_mean_something_to_a_browser_or_a_formula_stay_names(tmp_path: Path) -> None:
    names = ("<script>alert(1)</script>", "$x^2$ & more", '" onload="x')
    faces = made_faces(names, votes=False)
    page = page_of(faces, model="<b>bold</b>")
    assert "<script>alert(1)</script>" in page.text and "<b>bold</b>" in page.text
    assert "$x^2$ & more" in page.text
    write_report(tmp_path, made_document(faces), faces, with_pictures=False)
    assert (tmp_path / "confusion_int8_labels.png").read_bytes().startswith(b"\x89PNG")


def test_figures_on_all_pictures_stand_beside_the_test_with_the_sentence_why_they_are_none() -> None:
    faces = made_faces()
    assert "are no test" not in page_of(faces).text
    on_all = {"int8": figures(answers(faces, 1), faces, np.zeros(COUNT, bool))["all"]}
    page = page_of(faces, all_pictures=on_all)
    assert "on all pictures" in page.text
    assert "Figures on pictures that it was fitted to are no test" in page.text


def test_a_class_with_few_faces_and_classes_that_are_left_out_are_named() -> None:
    faces = made_faces()
    text = page_of(faces, left_out={"contempt": 12}).text
    assert "Left out, for they are none of the classes: 12 of contempt." in text
    assert "Fewer than 30 faces are of" in text


@pytest.mark.parametrize("has_votes", [True, False])
def test_all_parts_of_a_report_are_written(tmp_path: Path, has_votes: bool) -> None:
    faces = made_faces(votes=has_votes)
    write_report(tmp_path, made_document(faces), faces, with_pictures=True)
    truth_names = ("fer2013", "raters", "raters_agree") if has_votes else ("labels",)
    charts = {
        f"{chart}_{kind}_{truth}.png"
        for chart in ("confusion", "reliability", "coverage", "by_class")
        for kind in ("float", "int8")
        for truth in truth_names
    }
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"report.html", "report.json", "curves.png", *charts}
    document = json.loads((tmp_path / "report.json").read_text())
    assert document["bootstrap"] == {"resamples": 100, "seed": 0, "level": 0.95}
    assert "data:image" not in (tmp_path / "report.json").read_text()
