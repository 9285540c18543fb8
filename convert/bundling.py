"""Making a bundle: quantize, write the card, compare float with int8, and only then give it its name."""

import logging
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from convert.balance import balance_classes
from convert.calibration import FACES_PER_CLASS, calibration_inputs
from convert.card import beside_record, make_card
from convert.parity import check_parity, lost_points
from convert.parity_report import for_card, measure_parity
from convert.quantize import quantization_of, quantize
from convert.temperature import fit_temperature
from edge.emotion.bundle import (
    CARD_FILE,
    MODEL_FILE,
    SOURCE_FILE,
    Bundle,
    Card,
    load_bundle,
    read_card,
    sha256_of,
    write_card,
)
from edge.errors import UsageError
from edge.folders import recover, replacing_folder
from training.datasets import Split, load_splits
from training.evaluate import measure_bundle, without_confusion
from training.groups import measure_groups
from training.model_files import KERAS_SUFFIX, load_float_model
from training.predictions import int8_probabilities
from training.sources import Source
from training.splits import Faces

logger = logging.getLogger(__name__)

#: The reference kernels are slow; `mien-convert parity` takes all.
PARITY_FACES = 300


def convert(
    source: Source,
    data: Path,
    out: Path,
    *,
    command: str,
    max_loss: float,
    force: bool,
    beside: Path | None = None,
    calibration_faces: int = FACES_PER_CLASS,
    class_balance: float = 0.0,
) -> Card:
    """Make a bundle from a float network.

    Args:
        source: what to convert.
        data: see training.datasets.load_splits; Training calibrates, PublicTest compares.
        out: the bundle's folder; its name becomes the bundle's.
        command: as it was typed, for the card.
        max_loss: how many points of accuracy int8 may lose on PublicTest.
        force: replace the bundle in `out`.
        beside: a bundle of the same network fitted to other labels; its figures go on the card, too.
        calibration_faces: of each class.
        class_balance: how much rare classes count in what is said, 0..1; see convert.balance.

    Returns:
        The card of the new bundle.

    Raises:
        ModelError: the network does not become int8 as a whole, or loses too much by it.
        UsageError: `out` is taken, or the source's classes are balanced already.
    """
    check_out(out, force)
    balanced = _balanced_already(source, class_balance)
    other = load_bundle(beside).card if beside else None
    source = replace(source, looks=looks_of_same(source, out, class_balance))
    model = load_float_model(source.model, len(source.classes) if source.classes else None)
    side_px, channels = int(model.input_shape[1]), int(model.input_shape[3])
    faces = load_splits(data, (Split.TRAINING, Split.PUBLIC), classes=source.classes, side_px=side_px)
    training = faces[Split.TRAINING]
    if class_balance:
        balanced = balance_classes(model, source, training, faces[Split.PUBLIC], class_balance)
    inputs = calibration_inputs(training, side_px, source.value_range, calibration_faces, channels=channels)
    logger.info("quantizing %s by %d faces", source.model, len(inputs))
    content = quantize(model, inputs)
    with replacing_folder(out) as folder:
        (folder / MODEL_FILE).write_bytes(content)
        if source.model.suffix == KERAS_SUFFIX and not class_balance:
            shutil.copyfile(source.model, folder / SOURCE_FILE)
        else:
            model.save(folder / SOURCE_FILE)
        card = make_card(
            source,
            name=out.name,
            side_px=side_px,
            channels=3 if channels == 3 else 1,
            quantization=quantization_of(content),
            calibration=f"{len(inputs)} faces of Training, balanced by class",
            faces=faces,
            command=command,
        )
        if other:
            training_record = {**card.training, "beside": beside_record(other)}
            card = card.model_copy(update={"training": training_record})
        bundle, temperature = _calibrated(folder, card, faces[Split.PUBLIC])
        scores = int8_probabilities(bundle, faces[Split.PUBLIC].pixels)
        groups = measure_groups(scores, faces[Split.PUBLIC], str(Split.PUBLIC))
        metrics = measure_bundle(bundle, training, faces[Split.PUBLIC])
        check_parity(metrics, max_loss, source.fitted_to)
        for truth, lost in lost_points(metrics).items():
            logger.info("int8 loses %.2f points against %s on PublicTest", lost, truth)
        update = {
            "metrics": {"PublicTest": without_confusion(metrics), "groups": groups},
            "conversion": {
                "calibration_faces_per_class": calibration_faces,
                "temperature": temperature,
                "from_sha256": sha256_of(source.model),
                **({"class_balance": balanced} if balanced else {}),
                "parity": for_card(measure_parity(bundle, faces[Split.PUBLIC], PARITY_FACES)),
            },
        }
        return with_card(folder, bundle.card.model_copy(update=update)).card


def _calibrated(folder: Path, card: Card, public: Faces) -> tuple[Bundle, dict[str, Any]]:
    """Write the card with the temperature that its scores need; tells how that was found."""
    scores = int8_probabilities(with_card(folder, card), public.pixels)
    temperature, record = fit_temperature(scores, public)
    output = card.output.model_copy(update={"temperature": temperature})
    logger.info("temperature %g", temperature)
    return with_card(folder, card.model_copy(update={"output": output})), record


def with_card(folder: Path, card: Card) -> Bundle:
    """Write the card with the digests of the files beside it, and read the bundle back as a device does."""
    names = (name for name in (MODEL_FILE, SOURCE_FILE) if (folder / name).is_file())
    digests = {name: sha256_of(folder / name) for name in names}
    write_card(folder, card.model_copy(update={"sha256": digests}))
    return load_bundle(folder)


def check_out(out: Path, force: bool) -> None:
    """Refuse a place that is taken.

    Raises:
        UsageError: says by what.
    """
    recover(out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; expected a folder")
    if out.is_dir() and any(out.iterdir()) and not force:
        raise UsageError(f"{out} is there already; try --force to replace it")


def _balanced_already(source: Source, class_balance: float) -> Mapping[str, Any] | None:
    """What was done to the classes of a bundle that is converted once more; its network keeps it."""
    if source.home is None or not (source.home / CARD_FILE).is_file():
        return None
    balanced: Mapping[str, Any] | None = read_card(source.home).conversion.get("class_balance")
    if balanced and class_balance:
        raise UsageError(
            f"{source.home} has balanced classes already, by {balanced['share']:g}; leave out --class-balance, "
            "or convert the RUN that it was made of"
        )
    return balanced


def looks_of_same(source: Source, out: Path, class_balance: float) -> tuple[Mapping[str, Any], ...]:
    """Looks at PrivateTest: of the source, and on the card to be replaced if it is of the same weights."""
    looks = () if class_balance else source.looks  # those were seen before its classes were balanced
    if not (out / CARD_FILE).is_file():
        return looks
    card = read_card(out)
    made_of = card.conversion.get("from_sha256", card.sha256.get(SOURCE_FILE))
    balanced_by = card.conversion.get("class_balance", {}).get("share", 0.0)
    is_same = balanced_by == class_balance and sha256_of(source.model) in (
        made_of,
        card.sha256.get(SOURCE_FILE),
    )
    return (*looks, *(look for look in card.looks if is_same and look not in looks))
