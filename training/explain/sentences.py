"""One sentence for people: what is said of a face, and why."""

from collections.abc import Sequence

from edge.labels import name_for_people
from edge.records import Scores
from training.explain.reasons import Part, Reasons


def sentence(network: Scores, reasons: Reasons | None, lang: str = "en") -> str:
    """Such as "The network says happy (97%) and so does the regression (88%), because the corners of …".

    Args:
        network: its scores.
        reasons: the regression's; None where no action units of this face are known.
        lang: of the names of classes.
    """
    chosen = max(network, key=network.__getitem__)
    said = f"The network says {_sure(chosen, network, lang)}"
    if reasons is None:
        return f"{said}; no action units of this face are known, so there is no reason to give."
    if reasons.chosen == chosen:
        said = f"{said} and so does the regression ({reasons.scores[chosen]:.0%})"
    else:
        said = f"{said}, the regression {_sure(reasons.chosen, reasons.scores, lang)}"
    return f"{said}{_because(reasons, lang)}."


def _because(reasons: Reasons, lang: str) -> str:
    other = name_for_people(reasons.other, lang)
    speaking_for, against = reasons.speaking_for(), reasons.speaking_against()
    because = f" rather than {other}, because {_joined(speaking_for)}" if speaking_for else ""
    although = f", although {_joined(against)}" if against else ""
    return because + although


def _joined(parts: Sequence[Part]) -> str:
    words = [part.in_words for part in parts]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _sure(name: str, scores: Scores, lang: str) -> str:
    return f"{name_for_people(name, lang)} ({scores[name]:.0%})"
