"""FER2013's classes and their names for people.

A bundle's card is the truth about a model's class order; these are only the words.
"""

from collections.abc import Mapping

#: The class order of FER2013 (Goodfellow et al. 2013, arXiv:1307.0414).
EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

#: What is said where no class holds.
UNCERTAIN = "uncertain"
NO_FACE = "no_face"

_WORDS = (*EMOTIONS, UNCERTAIN, NO_FACE)

_NAMES: Mapping[str, Mapping[str, str]] = {
    language: dict(zip(_WORDS, names, strict=True))
    for language, names in {
        "en": ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "uncertain", "no face"),
        "ja": ("怒り", "嫌悪", "恐れ", "喜び", "悲しみ", "驚き", "無表情", "不確か", "顔なし"),
        "ko": ("분노", "혐오", "두려움", "행복", "슬픔", "놀람", "무표정", "불확실", "얼굴 없음"),
        "ru": (
            "злость",
            "отвращение",
            "страх",
            "радость",
            "грусть",
            "удивление",
            "нейтральное",
            "неясно",
            "нет лица",
        ),
        "zh-TW": ("生氣", "厭惡", "害怕", "開心", "難過", "驚訝", "中性", "不確定", "沒有臉"),
    }.items()
}

LANGUAGES = tuple(_NAMES)


def name_for_people(word: str, language: str = "en") -> str:
    """Name a class in a language of `LANGUAGES`; a class without a name is shown as written."""
    return _NAMES[language].get(word, word)
