"""Action units in words that a child knows: "the corners of the mouth are pulled up"."""

from collections.abc import Mapping

from training.explain.facs import name_of

#: From here on a unit is there, if only as a trace (FACS's A).
TRACE = 1.0
#: Below this nobody sees it.
_UNSEEN = 0.5

#: What is seen of each unit: who or what, the verb, and how it is. After the manual of 2002 (see facs).
_SEEN: Mapping[str, tuple[str, str, str]] = {
    "AU01": ("the inner ends of the eyebrows", "are", "raised"),
    "AU02": ("the outer ends of the eyebrows", "are", "raised"),
    "AU04": ("the eyebrows", "are", "lowered and drawn together"),
    "AU05": ("the eyes", "are", "opened wide"),
    "AU06": ("the cheeks", "are", "raised"),
    "AU07": ("the eyelids", "are", "tightened"),
    "AU09": ("the nose", "is", "wrinkled"),
    "AU10": ("the upper lip", "is", "raised"),
    "AU11": ("the fold beside the nose", "is", "deepened"),
    "AU12": ("the corners of the mouth", "are", "pulled up"),
    "AU13": ("the corners of the mouth", "are", "pulled up sharply"),
    "AU14": ("the corners of the mouth", "are", "pressed in to dimples"),
    "AU15": ("the corners of the mouth", "are", "pulled down"),
    "AU16": ("the lower lip", "is", "pulled down"),
    "AU17": ("the chin", "is", "pushed up"),
    "AU18": ("the lips", "are", "puckered"),
    "AU20": ("the lips", "are", "stretched sideways"),
    "AU22": ("the lips", "are", "pushed out like a funnel"),
    "AU23": ("the lips", "are", "tightened"),
    "AU24": ("the lips", "are", "pressed together"),
    "AU25": ("the lips", "are", "parted"),
    "AU26": ("the jaw", "is", "dropped"),
    "AU27": ("the mouth", "is", "stretched wide open"),
    "AU28": ("the lips", "are", "sucked in"),
    "AU41": ("the upper eyelids", "are", "drooping"),
    "AU43": ("the eyes", "are", "closed"),
    "AU45": ("the eyes", "are", "closed in a blink"),
}


def seen(unit: str, intensity: float, usual: float) -> str:
    """What is seen of a unit in a face, such as "the corners of the mouth are pulled up (AU12)".

    Args:
        unit: such as AU12.
        intensity: in this face, 0..5.
        usual: the mean of the faces that it is compared with, 0..5. A unit speaks by being more or less
            than that.
    """
    if unit not in _SEEN:
        return f"{name_of(unit)} is {'more' if intensity >= usual else 'less'} than usual"
    who, verb, how = _SEEN[unit]
    return f"{who} {verb} {_grade(intensity, usual)}".replace("%", how) + f" ({unit})"


def _grade(intensity: float, usual: float) -> str:
    """How it is said; the sign stands for what is seen."""
    if intensity < usual:
        return "not %" if intensity < _UNSEEN else "% less than usual"
    return "a little %" if intensity < TRACE else "%" if intensity < 3 else "strongly %"
