"""What is to be evaluated, converted or fine-tuned: a RUN, a bundle or a Keras file, and what each says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.emotion.bundle import CARD_FILE, SOURCE_FILE, Card, find_bundle, load_bundle, shipped_bundle
from edge.errors import ModelError, UsageError
from edge.labels import EMOTIONS
from training import runs
from training.given import NOTHING_GIVEN, Given, Range
from training.imports.archives import ZIP_SUFFIX, is_export
from training.model_files import HDF5_SUFFIXES, KERAS_SUFFIX
from training.networks import find_network

TFLITE_SUFFIX = ".tflite"
FILE_SUFFIXES = (KERAS_SUFFIX, *HDF5_SUFFIXES, TFLITE_SUFFIX, ZIP_SUFFIX)


@dataclass(frozen=True, slots=True)
class Source:
    """A network on disk that can be measured, and converted or fine-tuned where it is Keras's.

    Attributes:
        model: the Keras file, or a `.tflite` one.
        network: its name.
        value_range: of its input.
        classes: in the order of its output; None where nobody has said.
        record: how it was fitted, as far as known.
        looks: every opening of PrivateTest so far.
        home: the RUN or bundle that it is of; None: a file of its own.
        licence: of its weights and data, where it is not ours.
        crop_margin: how wide the device is to cut faces for it, as a share of the detector's box; None where
            nobody has said.
    """

    model: Path
    network: str
    value_range: Range
    classes: tuple[str, ...] | None
    record: Mapping[str, Any]
    looks: tuple[Mapping[str, Any], ...] = ()
    home: Path | None = None
    licence: Mapping[str, str] | None = None
    crop_margin: float | None = None

    @property
    def fitted_to(self) -> str | None:
        """Whose labels, as in FitConfig; None where nobody has said."""
        fit = self.record.get("fit")
        labels = fit.get("labels") if isinstance(fit, Mapping) else self.record.get("labels")
        return labels if isinstance(labels, str) else None

    @property
    def is_tflite(self) -> bool:
        return self.model.suffix.lower() == TFLITE_SUFFIX

    def require_keras(self) -> None:
        """Refuse what cannot be fitted or quantized any more.

        Raises:
            UsageError: says what to take instead.
        """
        if self.is_tflite:
            raise UsageError(
                f"{self.model} is a TFLite file, whose weights cannot be trained; expected a Keras file "
                "(Teachable Machine: Export, Tensorflow, Keras)"
            )

    def require_classes(self) -> tuple[str, ...]:
        """The classes.

        Raises:
            UsageError: nobody has said them.
        """
        if self.classes is None:
            raise UsageError(
                f"{self.model} does not say the order of its classes; give it, such as "
                f"--classes {','.join(EMOTIONS)}"
            )
        return self.classes


def find_source(model: str, given: Given = NOTHING_GIVEN) -> Source:
    """A RUN, a bundle (by its folder or its name), a Keras or TFLite file, or an export of Teachable Machine.

    Args:
        model: as the user names it.
        given: what the options say, for a file that does not say it.

    Raises:
        UsageError, ModelError: it is not there, is broken, or does not say what it must.
    """
    path = Path(model)
    folder = find_bundle_of(model)
    if folder is not None:
        return _agreed(source_of_bundle(folder), given)
    if (path / runs.CONFIG_FILE).is_file():
        return _agreed(source_of_run(path), given)
    return source_of_file(path, given)


def find_bundle_of(model: str) -> Path | None:
    """The folder of the bundle that is meant; None where it is a RUN or a file of its own.

    Raises:
        UsageError, ModelError: there is nothing of that name.
    """
    path = Path(model)
    if path.suffix.lower() in FILE_SUFFIXES and not path.is_dir():
        return None
    if (path / runs.CONFIG_FILE).is_file() or is_export(path):
        return None
    expect_bundle(path)
    return find_bundle(model)


def expect_bundle(path: Path) -> None:
    """Refuse a folder that is none; what is no folder may be a bundle's name."""
    if (path / runs.SUMMARY_FILE).is_file():
        raise UsageError(f"{path} holds a run for each of several seeds; give one, such as {path / 'seed-0'}")
    if path.is_dir() and not (path / CARD_FILE).is_file() and shipped_bundle(str(path)) is None:
        raise UsageError(
            f"{path} is neither a RUN nor a bundle; expected a folder with {runs.CONFIG_FILE} or {CARD_FILE}"
        )


def _agreed(source: Source, given: Given) -> Source:
    """The source, where the options say nothing else than it does itself."""
    low, high = source.value_range
    if given.value_range is not None and given.value_range != (low, high):
        raise UsageError(
            f"--value-range is {given.value_range[0]:g} {given.value_range[1]:g}; {source.model} was fitted "
            f"with {low:g} {high:g}"
        )
    if given.classes is not None and given.classes != source.classes:
        known = ", ".join(source.classes or ())
        raise UsageError(
            f"the classes given are {', '.join(given.classes)}; those of {source.model} are {known}"
        )
    return source


def source_of_run(run: Path) -> Source:
    """The best checkpoint of a RUN."""
    config = runs.read_config(run)
    if not (run / runs.BEST_FILE).is_file():
        raise UsageError(f"{run} holds no {runs.BEST_FILE} yet; it comes with the end of the first epoch")
    return Source(
        run / runs.BEST_FILE,
        config.network,
        config.value_range or find_network(config.network).VALUE_RANGE,
        config.classes or EMOTIONS,  # RUNs of earlier versions know no other
        {"fit": asdict(config), **runs.read_story(run)},
        tuple(runs.read_looks(run)),
        run,
    )


def source_of_bundle(folder: Path) -> Source:
    """The float network that a bundle was made from."""
    bundle = load_bundle(folder)
    if not bundle.source_path.is_file():
        raise ModelError(f"{folder} holds no {SOURCE_FILE}; expected a bundle as mien-convert makes it")
    card: Card = bundle.card
    return Source(
        bundle.source_path,
        card.network,
        card.input.value_range,
        card.classes,
        card.training,
        card.looks,
        folder,
        None if isinstance(card.training.get("fit"), Mapping) else card.licence,
        card.input.crop_margin,
    )


def source_of_file(path: Path, given: Given) -> Source:
    """A file: what it is stands in the RUN or on the card beside it, or in our lists, or must be given.

    The same network is fed with [0, 1] by some and with [-1, 1] by others; its file tells neither that nor
    the order of its classes, and neither is guessed.
    """
    if path.name == runs.BEST_FILE and (path.parent / runs.CONFIG_FILE).is_file():
        return _agreed(source_of_run(path.parent), given)
    if path.name == SOURCE_FILE and (path.parent / CARD_FILE).is_file():
        return _agreed(source_of_bundle(path.parent), given)
    from training.imports.reading import source_of_import  # late: it builds on what is here

    return source_of_import(path, given)
