"""What is asked, in which order, and what is kept of the answers."""

import random
import stat
from collections import Counter
from pathlib import Path

import pytest

from edge.errors import DataError, UsageError
from training.explain.practice.lessons import Lessons
from training.explain.practice.progress import Count, Progress, load_progress, usual_path
from training.explain.practice.teacher import Teacher

TWO = Lessons({"happy": range(40), "sad": range(40, 80)})


def test_what_is_not_known_yet_comes_more_often(tmp_path: Path) -> None:
    progress = Progress(tmp_path / "p.json", {"happy": Count(20, 20), "sad": Count(20, 0)})
    chance = random.Random(0)
    asked = Counter(TWO.choose(progress, set(), chance)[1] for _ in range(400))
    assert asked["sad"] > 2 * asked["happy"] > 0


def test_no_picture_comes_twice_before_all_have_come(tmp_path: Path) -> None:
    seen: set[int] = set()
    lessons, progress, chance = Lessons({"a": [1, 2, 3], "b": [4]}), Progress(tmp_path / "p"), random.Random(0)
    shown: dict[str, list[int]] = {"a": [], "b": []}
    for _ in range(40):
        row, name = lessons.choose(progress, seen, chance)
        seen.add(row)
        shown[name].append(row)
    for start in range(0, len(shown["a"]) - 2, 3):
        assert sorted(shown["a"][start : start + 3]) == [1, 2, 3]


def test_progress_is_kept_without_a_name_and_read_again(tmp_path: Path) -> None:
    progress = load_progress(tmp_path / "new" / "progress.json")
    progress.add("happy", True)
    progress.add("happy", False)
    again = load_progress(progress.path)
    assert again.counts == {"happy": Count(2, 1)}
    assert [path.name for path in progress.path.parent.iterdir()] == ["progress.json"]
    again.forget()
    assert load_progress(progress.path).counts == {}


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"v": 2, "expressions": {}}', '{"v": 1, "expressions": {"happy": {"asked": 1, "right": 2}}}'],
)
def test_a_file_of_another_kind_is_named_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "letter.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"letter\.json is no file of progress"):
        load_progress(path)
    assert path.read_text() == text


def test_progress_belongs_to_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert usual_path() == tmp_path / "mien" / "practice.json"


def test_an_answer_says_what_people_units_and_the_network_say(teacher: Teacher) -> None:
    teacher.lessons = Lessons({"happy": [3], "sad": [4]})
    teacher.progress.counts["sad"] = Count(1000, 1000)
    while (question := teacher.question())["id"] != 3:
        teacher.answer(4, "sad")
    assert [choice["id"] for choice in question["choices"]] == ["happy", "sad"]
    assert question["hint"][0] == "the corners of the mouth are strongly pulled up (AU12)"
    assert question["picture"].startswith("data:image/png;base64,")
    found = teacher.answer(3, "sad")
    assert not found["right"] and found["verdict"] == "Most people see happy here, not sad."
    assert found["people"] == (
        "Of ten people who looked at it, so many chose: 8 happy, 1 sad, 1 something else, or could not tell."
    )
    assert found["sentence"].startswith("The network says ") and "AU12" in found["sentence"]
    assert [unit["unit"] for unit in found["units"]] == ["AU12", "AU06"]
    assert not any("usual" in words for words in question["hint"])  # what is there, whatever others do
    assert load_progress(teacher.progress.path).of("happy") == Count(1, 0)
    assert stat.S_ISREG(teacher.progress.path.stat().st_mode)


def test_a_question_is_answered_once(teacher: Teacher) -> None:
    question = teacher.question()
    assert teacher.question()["id"] == question["id"]
    teacher.answer(question["id"], "happy")
    with pytest.raises(UsageError, match="answered already"):
        teacher.answer(question["id"], "happy")
    assert sum(row["asked"] for row in teacher.question()["progress"]) == 1


def test_labels_are_the_truth_where_nobody_voted(teacher: Teacher) -> None:
    from dataclasses import replace

    teacher.faces, teacher.units, teacher.lang = replace(teacher.faces, votes=None), {}, "ko"
    question = teacher.question()
    truth = next(name for name, rows in teacher.lessons.rows.items() if question["id"] in rows)
    found = teacher.answer(question["id"], "happy" if truth != "happy" else "sad")
    assert (
        found["verdict"].startswith("The data set says ") and found["people"] == "So says the data set's label."
    )
    assert found["units"] == [] and "no action units" in found["sentence"]
    assert question["choices"][3] == {"id": "happy", "name": "행복"}
