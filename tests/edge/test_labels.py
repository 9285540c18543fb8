import unicodedata

import pytest

from edge.labels import EMOTIONS, LANGUAGES, NO_FACE, UNCERTAIN, name_for_people

WORDS = (*EMOTIONS, UNCERTAIN, NO_FACE)

#: What the names of a language are written in, as Unicode names its letters.
SCRIPTS = {
    "en": {"LATIN"},
    "ja": {"CJK", "HIRAGANA", "KATAKANA"},
    "ko": {"HANGUL"},
    "ru": {"CYRILLIC"},
    "zh-TW": {"CJK"},
}


def test_the_classes_stand_in_the_order_of_fer2013() -> None:
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def test_there_are_five_languages() -> None:
    assert set(LANGUAGES) == set(SCRIPTS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_has_a_name_of_its_own_in_the_letters_of_its_language(lang: str) -> None:
    names = [name_for_people(word, lang) for word in WORDS]
    assert len(set(names)) == len(WORDS)
    scripts = {unicodedata.name(letter).split()[0] for name in names for letter in name if letter != " "}
    assert scripts <= SCRIPTS[lang]


@pytest.mark.parametrize(
    ("lang", "name"), [("en", "happy"), ("ja", "喜び"), ("ko", "행복"), ("ru", "радость"), ("zh-TW", "開心")]
)
def test_happy_is_called_so(lang: str, name: str) -> None:
    assert name_for_people("happy", lang) == name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_class_without_a_name_is_shown_as_written(lang: str) -> None:
    assert name_for_people("Contempt 2", lang) == "Contempt 2"
