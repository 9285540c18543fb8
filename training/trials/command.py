"""`mien-train moods` and `mien-train quality`: their options, and what they print."""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.config import MoodConfig, QualityConfig
from edge.emotion.bundle import BEST_BUNDLE, load_bundle
from edge.errors import UsageError
from edge.files import refuse_existing
from training.fit_options import DATA_HELP
from training.option_types import at_least_one

if TYPE_CHECKING:
    from training.trials.moods import Figures, Method
    from training.trials.quality import Row
    from training.trials.sequences import Recording

#: Frames a second at which moods are measured.
RATES_FPS = (15, 30)


def add_moods(commands: Any) -> None:
    parser = commands.add_parser(
        "moods",
        help="how well moods hold: label changes, delay and accuracy on made recordings",
        description="Show PublicTest faces, each for some seconds, as a camera and Haar's boxes would; score "
        "every frame by the device's own classifier; count what is told. One half of the faces chose the "
        "device's settings, the other is reported.",
    )
    parser.add_argument(
        "--choose",
        action="store_true",
        help="the half that chose: the usual settings, and each of them changed alone",
    )
    _add_common(parser)


def add_quality(commands: Any) -> None:
    parser = commands.add_parser(
        "quality",
        help="what blur, darkness, distance … cost the network, and what the quality gate refuses",
        description="Disturb PublicTest faces in graded ways; classify each and ask the quality gate.",
    )
    _add_common(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help=DATA_HELP)
    parser.add_argument("--model", default=BEST_BUNDLE, help="bundle (default %(default)s)")
    parser.add_argument("--faces", type=at_least_one, help="at most so many (default all)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of all that is left to chance (default %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw a picture (.png or .svg)")
    parser.add_argument("--force", action="store_true", help="replace the file of --plot")


def run_moods(options: argparse.Namespace) -> None:
    from edge.emotion.classifier import Classifier
    from training.trials.clear_faces import load_clear_faces
    from training.trials.moods import measure, methods, true_changes_per_minute, variations
    from training.trials.sequences import record

    _check_plot(options)
    bundle = load_bundle(options.model)
    clear = load_clear_faces(options.data, bundle.card)
    faces = clear.half(0 if options.choose else 1, options.seed, options.faces)
    with progress("faces shown", len(faces)) as report:
        recordings = record(faces.pixels, faces.truth, Classifier.open(bundle), options.seed, report)
    ways: Mapping[str, Method] = methods(MoodConfig())
    if options.choose:
        ways = {**ways, **variations(MoodConfig())}
    slowed = {fps: [recording.at(fps) for recording in recordings] for fps in RATES_FPS}
    with progress("methods", len(ways) * len(slowed)) as report:
        found = _measured(slowed, ways, measure, report)
    if options.plot:
        from training.trials.plots import draw_moods

        draw_moods(options.plot, recordings, bundle.card.classes, methods(MoodConfig()))
    document = {
        "model": options.model,
        "half": "chosen by" if options.choose else "reported",
        "faces": len(faces),
        "truth": faces.named_by,
        "minutes": round(sum(len(one.truth) for one in slowed[15]) / 15 / 60, 1),
        "true_changes_per_minute": true_changes_per_minute(recordings),
        "settings": MoodConfig().model_dump(),
        "fps": {
            str(fps): {name: asdict(figures) for name, figures in by_name.items()}
            for fps, by_name in found.items()
        },
    }
    print(json.dumps(document, indent=2) if options.json else _moods_text(document, found))


def _measured(
    slowed: "Mapping[int, Sequence[Recording]]",
    ways: "Mapping[str, Method]",
    measure: "Callable[[Sequence[Recording], Method], Figures]",
    report: Callable[[int], None],
) -> "Mapping[int, Mapping[str, Figures]]":
    found: dict[int, dict[str, Figures]] = {}
    done = 0
    for fps, recordings in slowed.items():
        found[fps] = {}
        for name, method in ways.items():
            found[fps][name] = measure(recordings, method)
            report(done := done + 1)
    return found


def run_quality(options: argparse.Namespace) -> None:
    from edge.emotion.classifier import Classifier
    from edge.faces.quality import QualityGate
    from training.trials.clear_faces import load_clear_faces
    from training.trials.quality import disturbances, measure

    _check_plot(options)
    bundle = load_bundle(options.model)
    clear = load_clear_faces(options.data, bundle.card)
    faces = clear.half(1, options.seed, options.faces)
    gate = QualityGate(QualityConfig())
    with progress("disturbances", sum(1 for _ in disturbances())) as report:
        rows = measure(faces, Classifier.open(bundle), gate, options.seed, report)
    if options.plot:
        from training.trials.plots import draw_quality

        draw_quality(options.plot, rows)
    document = {
        "model": options.model,
        "faces": len(faces),
        "truth": faces.named_by,
        "settings": QualityConfig().model_dump(),
        "rows": [asdict(row) for row in rows],
    }
    print(json.dumps(document, indent=2) if options.json else _quality_text(len(faces), rows))


def _check_plot(options: argparse.Namespace) -> None:
    """Refuse a picture that could not be written, before minutes of measuring."""
    if options.plot:
        if options.plot.suffix not in (".png", ".svg"):
            raise UsageError(f"--plot is {options.plot}; expected a name that ends in .png or .svg")
        refuse_existing(options.plot, options.force)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[int], None]]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


def _moods_text(document: Mapping[str, Any], found: "Mapping[int, Mapping[str, Figures]]") -> str:
    lines = [
        f"{document['faces']} faces, {document['minutes']} minutes; what is shown changes "
        f"{document['true_changes_per_minute']} times a minute",
        "",
        f"{'':<26}{'changes':>9}{'':>8}{'accuracy':>10}{'uncertain':>11}{'delay, s':>10}{'':>8}{'under':>8}",
        f"{'':<26}{'a minute':>9}{'fewer':>8}{'':>10}{'':>11}{'median':>10}{'p90':>8}{'0.7 s':>8}",
    ]
    for fps, by_name in found.items():
        most = by_name["unsmoothed"].changes_per_minute
        lines.append(f"{fps} frames a second")
        lines += [
            f"  {name:<24}{row.changes_per_minute:>9.1f}{most / max(row.changes_per_minute, 0.01):>7.1f}x"
            f"{row.accuracy:>10.1%}{row.uncertain:>11.1%}{row.delay_s:>10.2f}{row.delay_p90_s:>8.2f}{row.soon:>8.1%}"
            for name, row in by_name.items()
        ]
    return "\n".join(lines)


def _quality_text(count: int, rows: "Sequence[Row]") -> str:
    lines = [f"{count} faces", "", f"{'':<38}{'':>5}{'accuracy':>10}{'refused':>9}{'of the rest':>13}"]
    name = None
    for row in rows:
        shown = row.disturbance if row.disturbance != name else ""
        name = row.disturbance
        kept = "-" if row.accuracy_kept is None else f"{row.accuracy_kept:.1%}"
        reasons = ", ".join(f"{reason} {share:.1%}" for reason, share in row.reasons.items())
        figures = f"{row.accuracy:>10.1%}{row.refused:>9.1%}{kept:>13}"
        lines.append(f"{shown:<38}{row.strength:>5}{figures}  {reasons}".rstrip())
    return "\n".join(lines)
