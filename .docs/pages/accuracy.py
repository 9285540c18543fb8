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
    yield from _groups(card["metrics"].get("groups"))
    yield from _robustness(card["metrics"].get("robustness"))


def _classes(metrics: Figures, split: str) -> Iterator[str]:
    truth = next(truth for truth in _TRUTHS if truth in metrics["int8"]["all"])
    yield _row(f"{split}, {_TRUTHS[truth]}", "faces", "recall", "precision", "recall, float")
    yield _row(*["---"] * 5)
    quantized, floating = (metrics[kind]["all"][truth]["per_class"] for kind in ("int8", "float"))
    for name, figures in quantized.items():
        shares = (figures["recall"], figures["precision"], floating[name]["recall"])
        yield _row(name, str(figures["faces"]), *map(_percent, shares))


def _groups(groups: Figures | None) -> Iterator[str]:
    if not groups:
        return
    yield ""
    yield _row(f"{groups['split']}, {_TRUTHS[groups['against']]}", "group", "faces", "accuracy (95% interval)")
    yield _row(*["---"] * 4)
    for name, rows in groups["by"].items():
        for row in rows:
            ends = f"{100 * row['low']:.1f} to {100 * row['high']:.1f}"
            yield _row(name, row["group"], str(row["faces"]), f"{_percent(row['accuracy'])} ({ends})")


def _robustness(found: Figures | None) -> Iterator[str]:
    if not found:
        return
    models = found["models"]
    yield ""
    yield _row(
        f"{found['split']}, {_TRUTHS[found['truth']]}, mean over {len(found['strengths'])} strengths", *models
    )
    yield _row(*["---"] * (1 + len(models)))
    yield _row("undisturbed", *(_percent(one["undisturbed"]) for one in models.values()))
    for name in next(iter(models.values()))["by_strength"]:
        shares = (one["by_strength"][name] for one in models.values())
        yield _row(name, *(_percent(sum(found) / len(found)) for found in shares))
    yield _row("mean of all", *(_percent(one["mean"]) for one in models.values()))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
