"""The tables of the page on accuracy, from the cards of the shipped bundles."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).parents[1] / "accuracy.md"

_MARKS = re.compile(r"(<!-- made by: make pages -->\n)(.*?)(<!-- end -->)", re.DOTALL)

#: What is right, in the words of people.
_TRUTHS = {
    "raters": "what most raters saw",
    "raters_agree": "the same, where at least 6 of 10 agree",
    "fer2013": "FER2013's labels",
}
_SPLITS = {"PublicTest": "chose the checkpoint", "PrivateTest": "opened once, at the end"}

Figures = Mapping[str, Any]


def render() -> str:
    cards = [json.loads(path.read_text()) for path in sorted((ROOT / "models").glob("*/card.json"))]
    tables = "\n".join(table for card in cards for table in _tables(card))
    return _MARKS.sub(lambda match: f"{match[1]}{tables}\n{match[3]}", PAGE.read_text(encoding="utf-8"))


def _tables(card: Figures) -> Iterator[str]:
    """Accuracy on each split, and the recall of each class on the one that chose nothing."""
    measured = {**card["metrics"], **{look["split"]: look["metrics"] for look in card.get("looks", ())}}
    splits = [split for split in _SPLITS if split in measured]
    yield f"\n### {card['name']}\n"
    heads = [f"{split}, {_SPLITS[split]}" for split in splits]
    yield _row("int8, by the device's own code", *heads, *(f"{split} without copies" for split in splits))
    yield _row(*["---"] * (1 + 2 * len(splits)))
    for truth, words in _TRUTHS.items():
        found = [
            measured[split]["int8"].get(part, {}).get(truth)
            for part in ("all", "without_copies")
            for split in splits
        ]
        if any(found):
            yield _row(words, *(_percent(figures["accuracy"]) if figures else "" for figures in found))
    yield ""
    yield from _classes(measured[splits[-1]], splits[-1])


def _classes(metrics: Figures, split: str) -> Iterator[str]:
    truth = next(truth for truth in _TRUTHS if truth in metrics["int8"]["all"])
    yield _row(f"{split}, {_TRUTHS[truth]}", "faces", "recall", "precision", "recall, float")
    yield _row(*["---"] * 5)
    quantized, floating = (metrics[kind]["all"][truth]["per_class"] for kind in ("int8", "float"))
    for name, figures in quantized.items():
        shares = (figures["recall"], figures["precision"], floating[name]["recall"])
        yield _row(name, str(figures["faces"]), *map(_percent, shares))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
