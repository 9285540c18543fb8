"""A bundle from a TFLite file that somebody else quantized, as it is: there is no float network."""

import logging
import shutil
from pathlib import Path

from convert.bundling import check_out, with_card
from convert.card import make_card
from edge.emotion.bundle import CARD_FILE, MODEL_FILE, Card, read_card, sha256_of
from edge.errors import UsageError
from edge.folders import replacing_folder
from training.datasets import Split, load_splits
from training.evaluate import measure_bundle, without_confusion
from training.imports.contending import card_of_tflite
from training.imports.tflite_files import read_tflite
from training.sources import Source

logger = logging.getLogger(__name__)


def import_tflite(source: Source, data: Path, out: Path, *, command: str, force: bool) -> Card:
    """Make a bundle of a quantized `.tflite` file.

    Args:
        source: the file and what is known of it.
        data: see training.datasets.load_splits; PublicTest measures it.
        out: the bundle's folder; its name becomes the bundle's.
        command: as it was typed, for the card.
        force: replace the bundle in `out`.

    Raises:
        UsageError: the file is float, or `out` is taken.
        ModelError: LiteRT cannot run it.
    """
    check_out(out, force)
    found = read_tflite(source.model)
    if found.is_float:
        raise UsageError(
            f"{source.model} is float, and devices run eight bits; give the Keras file, which becomes int8 "
            "here (Teachable Machine: Export, Tensorflow, Keras), or a quantized TFLite"
        )
    known = card_of_tflite(out.name, source, found)
    side_px = known.input.side_px
    faces = load_splits(data, (Split.TRAINING, Split.PUBLIC), classes=source.classes, side_px=side_px)
    looks = _looks_of_same(source.model, out)
    with replacing_folder(out) as folder:
        shutil.copyfile(source.model, folder / MODEL_FILE)
        card = make_card(
            source,
            name=out.name,
            side_px=side_px,
            channels=known.input.channels,
            quantization=(known.input.quantization, known.output.quantization),
            calibration="by whoever quantized it",
            faces=faces,
            command=command,
        )
        bundle = with_card(folder, card.model_copy(update={"looks": looks}))
        metrics = measure_bundle(bundle, faces[Split.TRAINING], faces[Split.PUBLIC])
        logger.info("taken as it is: nothing says how good it was as float")
        update = {"metrics": {"PublicTest": without_confusion(metrics)}}
        return with_card(folder, bundle.card.model_copy(update=update)).card


def _looks_of_same(model: Path, out: Path) -> tuple[object, ...]:
    """Looks at PrivateTest on the card that is to be replaced, if it is of the same file."""
    if not (out / CARD_FILE).is_file():
        return ()
    card = read_card(out)
    return card.looks if card.sha256.get(MODEL_FILE) == sha256_of(model) else ()
