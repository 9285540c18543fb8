"""What Home Assistant's users read, in each language of `edge.labels`."""

from collections.abc import Mapping

from edge.labels import name_for_people

_KEYS = ("emotion", "confidence", "faces", "share", "camera", "accelerator", "frame_rate", "temperature")
_MORE_KEYS = ("problem", "privacy")

_NAMES: Mapping[str, Mapping[str, str]] = {
    language: dict(zip(_KEYS + _MORE_KEYS, names, strict=True))
    for language, names in {
        "en": (
            *("Emotion", "Confidence", "Faces", "Share of {}", "Camera", "Accelerator", "Frame rate"),
            *("Temperature", "Problem", "Privacy"),
        ),
        "ja": (
            *("表情", "信頼度", "顔の数", "{}の割合", "カメラ", "アクセラレータ", "フレームレート"),
            *("温度", "問題", "プライバシー"),
        ),
        "ko": (
            "표정",
            "신뢰도",
            "얼굴 수",
            "{} 비율",
            "카메라",
            "가속기",
            "프레임 속도",
            "온도",
            "문제",
            "개인정보 보호",
        ),
        "ru": (
            *("Выражение лица", "Уверенность", "Число лиц", "Доля: {}", "Камера", "Ускоритель"),
            *("Частота кадров", "Температура", "Неполадка", "Приватность"),
        ),
        "zh-TW": (
            "表情",
            "信心度",
            "臉部數量",
            "{}的比例",
            "攝影機",
            "加速器",
            "影格率",
            "溫度",
            "問題",
            "隱私",
        ),
    }.items()
}


def name_entity(key: str, language: str) -> str:
    return _NAMES[language][key]


def name_share(emotion: str, language: str) -> str:
    """Such as "Share of happy"."""
    return _NAMES[language]["share"].format(name_for_people(emotion, language))
