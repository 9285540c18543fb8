"""`mien-train scenes`: its options, and what it prints."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edge.emotion.bundle import BEST_BUNDLE, load_bundle
from training.fit_options import DATA_HELP
from training.option_types import at_least_one


def add_scenes(commands: Any) -> None:
    parser = commands.add_parser(
        "scenes",
        help="what finding and cropping loses, on PublicTest faces pasted into made scenes",
        description="Paste PublicTest faces into made scenes of 640x480. margin: find each with the device's "
        "finder, crop it with several margins and classify it, against the data's own crops. finder: what "
        "each of OpenCV's cascades finds, takes for a face and costs, at several settings. reuse: how much the "
        "network's answer changes with a face that hardly does.",
    )
    parser.add_argument("what", choices=("margin", "finder", "reuse"), help="what is to be chosen")
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument("--model", default=BEST_BUNDLE, help="bundle (default %(default)s)")
    parser.add_argument("--count", type=at_least_one, default=1000, help="scenes (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run_command(options: argparse.Namespace) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from training.datasets import load_splits
    from training.scene_figures import FINDER_ROWS, measure_finders, measure_margins, measure_reuse
    from training.splits import Split

    bundle = load_bundle(options.model)
    card = bundle.card
    faces = load_splits(options.data, (Split.PUBLIC,), classes=card.classes, side_px=card.input.side_px)[
        Split.PUBLIC
    ]
    console = Console(stderr=True)
    total = FINDER_ROWS if options.what == "finder" else min(options.count, len(faces))
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(options.what, total=total)

        def show(done: int) -> None:
            bar.update(task, completed=done)

        if options.what == "finder":
            rows: Sequence[Any] = measure_finders(faces, options.count, show)
            found, text = [asdict(row) for row in rows], _finder_text(rows)
        elif options.what == "reuse":
            rows = measure_reuse(faces, bundle, options.count, show)
            found, text = [asdict(row) for row in rows], _reuse_text(rows)
        else:
            figures = measure_margins(faces, bundle, options.count, show)
            found, text = asdict(figures), _margin_text(figures)  # type: ignore[assignment]
    print(json.dumps(found, indent=2) if options.json else text)


def _finder_text(rows: Sequence[Any]) -> str:
    lines = [f"{'cascade':<9}{'scale':>6}{'hits':>6}{'smallest':>9}{'CPU ms':>8}{'found':>8}{'false':>7}"]
    lines += [
        f"{row.cascade:<9}{row.scale_factor:>6.2f}{row.min_neighbors:>6}{row.side_px:>6} px{row.cpu_ms:>8.1f}"
        f"{row.found:>8.1%}{row.false:>7.3f}"
        for row in rows
    ]
    return "\n".join(lines)


def _reuse_text(rows: Sequence[Any]) -> str:
    lines = [f"{'levels from':<12}{'pairs':>7}{'score changes by':>18}{'p95':>7}{'other label':>13}"]
    lines += [
        f"{row.levels:<12}{row.pairs:>7}{row.score_change[0]:>18.3f}{row.score_change[1]:>7.3f}"
        f"{row.relabelled:>13.1%}"
        for row in rows
    ]
    return "\n".join(lines)


def _margin_text(figures: Any) -> str:
    lines = [
        f"{figures.found:.1%} of {figures.scenes} faces are found; accuracy against {figures.truth}, of these:",
        f"  the data's own crops  {figures.original:6.1%}",
    ]
    lines += [
        f"  margin {row.margin:+.2f}{row.accuracy:16.1%}  {100 * (row.accuracy - figures.original):+.1f}"
        for row in figures.margins
    ]
    return "\n".join(lines)
