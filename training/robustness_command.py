"""`mien-train robustness`: its options, and what it prints, draws and writes into a card."""

import argparse
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from edge.emotion.bundle import CARD_FILE, read_card, write_card
from edge.errors import UsageError
from edge.files import refuse_existing
from training import option_types as types
from training.fit_options import DATA_HELP
from training.given import add_given, given_by
from training.measuring_options import MODEL_HELP


def add_robustness(commands: Any) -> None:
    parser = commands.add_parser(
        "robustness",
        help="what is left of accuracy in bad light, far off, blurred, half covered …",
        description="Disturb PublicTest faces in eleven ways of five strengths, as cameras, light and finders "
        "do, and ask every model of the same pictures.",
    )
    parser.add_argument("models", metavar="MODEL", nargs="+", help=MODEL_HELP)
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    add_given(parser)
    parser.add_argument("--faces", type=types.at_least_one, metavar="N", help="at most so many (default all)")
    parser.add_argument(
        "--seed", type=types.at_least_zero, default=1, help="of the disturbances (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw a picture (.png or .svg)")
    parser.add_argument("--force", action="store_true", help="replace the picture")
    parser.add_argument(
        "--into-card",
        action="store_true",
        help="write the table into the card of the first MODEL, which must be a bundle",
    )


def run_robustness(options: argparse.Namespace) -> None:
    """Run it.

    Raises:
        UsageError: the models share too few classes, or the first has no card.
    """
    from training.backend import prepare_backend

    prepare_backend()
    from training.compare import open_all
    from training.trials.command import progress
    from training.trials.robustness import STRENGTHS, measure_robustness

    if options.plot:
        refuse_existing(options.plot, options.force)
    found = open_all(options.models, given_by(options))
    # Of a bundle, what devices run: not the float network that it was made of.
    contenders = {label: one for label, one in found.items() if not label.endswith("(float)")}
    home = next(iter(contenders.values())).home
    if options.into_card and (home is None or not (home / CARD_FILE).is_file()):
        raise UsageError(f"--into-card: {options.models[0]} has no card; expected a bundle as the first MODEL")
    faces = _faces(options, [one.classes for one in contenders.values()])
    with progress("disturbances", 11 * len(STRENGTHS)) as report:
        document = {
            "v": 1,
            "split": "PublicTest",
            "command": options.command_line,
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            **measure_robustness(contenders, faces, options.seed, report),
        }
    if options.plot:
        from training.trials.plots import draw_robustness

        draw_robustness(options.plot, document)
    if options.into_card and home is not None:
        card = read_card(home)
        write_card(home, card.model_copy(update={"metrics": {**card.metrics, "robustness": document}}))
    print(json.dumps(document, indent=2) if options.json else text_of(document))


def _faces(options: argparse.Namespace, class_sets: list[tuple[str, ...]]) -> Any:
    from training.datasets import Split, load_splits

    shared = [name for name in class_sets[0] if all(name in names for names in class_sets)]
    if any(len(names) != len(shared) for names in class_sets):
        several = "; ".join(", ".join(names) for names in class_sets)
        raise UsageError(f"these models do not have the same classes: {several}")
    faces = load_splits(options.data, (Split.PUBLIC,), classes=shared, side_px=48)[Split.PUBLIC]
    return faces.take(np.arange(min(options.faces or len(faces), len(faces))))


def text_of(document: Mapping[str, Any]) -> str:
    """A row for each disturbance: the mean over its strengths, for each model."""
    models = document["models"]
    width = max(12, *(len(label) + 2 for label in models))
    lines = [
        f"{document['faces']} faces of {document['split']}, against {document['truth']}; "
        f"mean over {len(document['strengths'])} strengths",
        "",
        " " * 14 + "".join(f"{label:>{width}}" for label in models),
        f"{'undisturbed':<14}" + "".join(f"{one['undisturbed']:>{width}.1%}" for one in models.values()),
    ]
    for name in next(iter(models.values()))["by_strength"]:
        means = (sum(one["by_strength"][name]) / len(document["strengths"]) for one in models.values())
        lines.append(f"{name:<14}" + "".join(f"{mean:>{width}.1%}" for mean in means))
    lines.append(f"{'mean':<14}" + "".join(f"{one['mean']:>{width}.1%}" for one in models.values()))
    return "\n".join(lines)
