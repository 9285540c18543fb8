"""Why a regression says what it says: in numbers that add up, and in words."""

import numpy as np
import pytest

from edge.labels import LANGUAGES
from tests.training.explain.people import ANGER, CLASSES, SMILE, UNITS, regression
from training.explain.plain_words import seen
from training.explain.reasons import give_reasons, names_of
from training.explain.regression import Regression
from training.explain.sentences import sentence


@pytest.mark.parametrize("seed", range(5))
def test_contributions_add_up_to_the_score_difference(seed: int) -> None:
    random = np.random.default_rng(seed)
    classes, units = ("a", "b", "c", "d", "e", "f"), tuple(f"AU{number:02d}" for number in range(1, 18))
    shape = (len(classes), len(units))
    model = Regression(
        classes, units, random.uniform(0, 2, len(units)), random.uniform(0.2, 2, len(units)),
        random.normal(size=len(classes)), random.normal(size=shape),
    )  # fmt: skip
    for rival in (None, *classes):
        reasons = give_reasons(model, random.uniform(0, 5, len(units)), rival)
        together = reasons.base + sum(part.contribution for part in reasons.parts)
        assert together == pytest.approx(reasons.difference, abs=1e-9)
        assert reasons.difference > 0 and len(reasons.parts) == len(units)
        odds = reasons.scores[reasons.chosen] / reasons.scores[reasons.other]
        assert np.log(odds) == pytest.approx(reasons.difference, rel=1e-3)
        written = reasons.as_json()
        rows = sum(row["contribution"] for row in written["contributions"])
        assert rows + written["base"] == pytest.approx(written["score_difference"], abs=1e-4)


def test_the_units_that_speak_most_come_first() -> None:
    reasons = give_reasons(regression(), np.array(SMILE))
    assert reasons.chosen == "happy"
    assert [part.unit for part in reasons.speaking_for(2)] == ["AU12", "AU06"]
    assert all(part.contribution < 0 for part in reasons.speaking_against())


def test_it_is_compared_with_what_the_network_says() -> None:
    assert give_reasons(regression(), np.array(SMILE), "angry").other == "angry"
    second = give_reasons(regression(), np.array(SMILE)).other
    assert give_reasons(regression(), np.array(SMILE), "happy").other == second
    assert give_reasons(regression(), np.array(SMILE), "disgust").other == second  # no class of it


@pytest.mark.parametrize(
    ("unit", "intensity", "said"),
    [
        ("AU12", 3.4, "the corners of the mouth are strongly pulled up (AU12)"),
        ("AU12", 1.5, "the corners of the mouth are pulled up (AU12)"),
        ("AU09", 0.9, "the nose is a little wrinkled (AU09)"),
        ("AU12", 0.1, "the corners of the mouth are not pulled up (AU12)"),
        ("AU12", 0.6, "the corners of the mouth are pulled up less than usual (AU12)"),
        ("AU99", 2.0, "AU99 is more than usual"),
    ],
)
def test_a_unit_in_plain_words(unit: str, intensity: float, said: str) -> None:
    assert seen(unit, intensity, 0.7) == said


def test_the_sentence_says_whether_both_agree_and_why() -> None:
    reasons = give_reasons(regression(), np.array(SMILE), "happy")
    said = sentence({"happy": 0.97, "sad": 0.03}, reasons)
    assert said.startswith("The network says happy (97%) and so does the regression (")
    assert "because the corners of the mouth are strongly pulled up (AU12)" in said
    assert said.endswith(".") and said.count(". ") == 0


def test_the_sentence_where_they_differ_is_about_these_two() -> None:
    reasons = give_reasons(regression(), np.array(ANGER), "happy")
    said = sentence({"happy": 0.6, "angry": 0.4}, reasons)
    assert said.startswith("The network says happy (60%), the regression angry (")
    assert "rather than happy, because the eyebrows are strongly lowered and drawn together (AU04)" in said


def test_without_units_there_is_no_reason_to_give() -> None:
    said = sentence({"happy": 0.97, "sad": 0.03}, None, "ja")
    assert said == (
        "The network says 喜び (97%); no action units of this face are known, so there is no reason to give."
    )


def test_classes_have_their_names_in_every_language() -> None:
    names = names_of([*CLASSES, "pout"])
    assert list(names["sad"]) == list(LANGUAGES) and names["sad"]["ko"] == "슬픔"
    assert set(names["pout"].values()) == {"pout"}
    assert len(UNITS) == len(SMILE)
