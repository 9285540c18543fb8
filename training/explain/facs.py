"""The action units of FACS: their numbers, and their names in words.

Names are those of Ekman, Friesen and Hager 2002, "Facial Action Coding System. The Manual", in the lower
case in which they stand within a sentence.
"""

import re
from collections.abc import Mapping

#: By FACS's number, as OpenFace writes it.
NAMES: Mapping[str, str] = {
    "AU01": "inner brow raiser",
    "AU02": "outer brow raiser",
    "AU04": "brow lowerer",
    "AU05": "upper lid raiser",
    "AU06": "cheek raiser",
    "AU07": "lid tightener",
    "AU09": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU11": "nasolabial deepener",
    "AU12": "lip corner puller",
    "AU13": "sharp lip puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU16": "lower lip depressor",
    "AU17": "chin raiser",
    "AU18": "lip pucker",
    "AU20": "lip stretcher",
    "AU22": "lip funneler",
    "AU23": "lip tightener",
    "AU24": "lip pressor",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU27": "mouth stretch",
    "AU28": "lip suck",
    "AU41": "lid droop",
    "AU43": "eyes closed",
    "AU45": "blink",
}

#: FACS grades a unit from A, a trace, to E, the most there is; OpenFace and we write 1 to 5, and 0 for none.
MOST = 5.0

_UNIT = re.compile(r"AU0*(\d{1,2})", re.IGNORECASE)


def canonical_unit(text: str) -> str | None:
    """`AU1`, `au01` and `AU01` are AU01; None where it is no unit's number."""
    found = _UNIT.fullmatch(text.strip())
    return f"AU{int(found[1]):02d}" if found and int(found[1]) else None


def name_of(unit: str) -> str:
    """Such as "lip corner puller (AU12)"; a unit without a name here is shown by its number."""
    return f"{NAMES[unit]} ({unit})" if unit in NAMES else unit
