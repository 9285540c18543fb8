"""Measuring a RUN or a bundle: on PublicTest, or once, at the very end, on PrivateTest."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.emotion.bundle import Bundle, find_bundle, load_bundle, read_card, write_card
from training import runs
from training.config import complete
from training.confusion import draw_confusion
from training.datasets import Faces, Split, load_final_split, load_splits
from training.metrics import figures, find_copies
from training.predictions import float_probabilities, int8_probabilities, load_float_model
from training.record import left_out_text
from training.sources import expect_bundle, source_of_run

logger = logging.getLogger(__name__)

#: "float" and, for a bundle, "int8", each as training.metrics.figures gives it.
Metrics = Mapping[str, Mapping[str, Any]]


def evaluate(target: str, data: Path, *, final: bool, command: str) -> Mapping[str, Any]:
    """Measure a RUN or a bundle.

    Args:
        target: a RUN folder, a bundle's folder or a shipped bundle's name.
        data: FER2013.
        final: open PrivateTest, and write the look into the bundle's card or the RUN.
        command: as it was typed, for that record.

    Returns:
        "model", "split", "classes", "left_out" (how many faces have a label that is none of the classes) and
        "metrics".
    """
    split = Split.PRIVATE if final else Split.PUBLIC
    run = Path(target)
    is_run = (run / runs.CONFIG_FILE).is_file()
    bundle = None if is_run else _bundle(target)
    classes, side_px = _classes_and_side(run, bundle)
    training, faces = _load(data, classes, side_px, final)
    if text := left_out_text(faces.left_out):
        logger.warning("%s: %s", split, text)
    metrics = measure_run(run, training, faces) if bundle is None else measure_bundle(bundle, training, faces)
    if final:
        look = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "split": str(split),
            "command": command,
            "left_out": dict(faces.left_out),
            "metrics": without_confusion(metrics),
        }
        _record_look(run if bundle is None else bundle.folder, look)
    return {
        "model": target,
        "split": str(split),
        "classes": list(classes),
        "left_out": dict(faces.left_out),
        "metrics": metrics,
    }


def measure_run(run: Path, training: Faces, faces: Faces) -> Metrics:
    source = source_of_run(run)
    model = load_float_model(source.model, len(faces.classes))
    probabilities = float_probabilities(model, faces.pixels, source.value_range)
    return {"float": figures(probabilities, faces, find_copies(faces, training))}


def measure_bundle(bundle: Bundle, training: Faces, faces: Faces) -> Metrics:
    """The float source by Keras, int8 by the device's own code."""
    card = bundle.card
    found = {"int8": int8_probabilities(bundle, faces.pixels)}
    if bundle.source_path.is_file():
        model = load_float_model(bundle.source_path, len(card.classes))
        found["float"] = float_probabilities(
            model, faces.pixels, card.input.value_range, card.output.temperature
        )
    else:
        logger.warning("%s is not in the bundle; only int8 is measured", bundle.source_path.name)
    is_copy = find_copies(faces, training)
    return {kind: figures(found[kind], faces, is_copy) for kind in ("float", "int8") if kind in found}


def draw_confusions(out: Path, metrics: Metrics, classes: Sequence[str]) -> list[Path]:
    """Draw the confusion matrices on all faces of the split, one picture for each network and truth."""
    drawn = []
    for kind, parts in metrics.items():
        for truth, found in parts["all"].items():
            if found["faces"]:
                path = out / f"confusion_{kind}_{truth}.png"
                title = f"{kind}, {truth}: {100 * found['accuracy']:.1f}% of {found['faces']}"
                draw_confusion(path, found["confusion"], classes, title)
                drawn.append(path)
    return drawn


def without_confusion(metrics: Metrics) -> Metrics:
    """The same figures, short enough for a card."""
    return {
        kind: {
            part: {
                truth: {name: value for name, value in found.items() if name != "confusion"}
                for truth, found in truths.items()
            }
            for part, truths in parts.items()
        }
        for kind, parts in metrics.items()
    }


def _classes_and_side(run: Path, bundle: Bundle | None) -> tuple[Sequence[str], int]:
    if bundle is not None:
        return bundle.card.classes, bundle.card.input.side_px
    config = complete(runs.read_config(run))
    assert config.classes is not None and config.input_size is not None
    return config.classes, config.input_size


def _load(data: Path, classes: Sequence[str], side_px: int, final: bool) -> tuple[Faces, Faces]:
    """Training and the split that is measured."""
    if final:
        return load_final_split(data, classes=classes, side_px=side_px)
    faces = load_splits(data, (Split.TRAINING, Split.PUBLIC), classes=classes, side_px=side_px)
    return faces[Split.TRAINING], faces[Split.PUBLIC]


def _bundle(target: str) -> Bundle:
    expect_bundle(Path(target))
    return load_bundle(find_bundle(target))


def _record_look(folder: Path, look: Mapping[str, Any]) -> None:
    if (folder / runs.CONFIG_FILE).is_file():
        runs.write_json(folder / runs.LOOKS_FILE, [*runs.read_looks(folder), look])
        return
    card = read_card(folder)
    write_card(folder, card.model_copy(update={"looks": (*card.looks, look)}))
