"""What is to be evaluated, converted or fine-tuned: a RUN, a bundle or a Keras file, and what each says."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.emotion.bundle import CARD_FILE, SOURCE_FILE, Card, find_bundle, load_bundle
from edge.errors import ModelError, UsageError
from edge.labels import EMOTIONS
from training import runs
from training.model_files import HDF5_SUFFIXES, KERAS_SUFFIX, load_float_model
from training.networks import find_network

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Source:
    """A float network on disk.

    Attributes:
        model: the Keras file.
        network: its name.
        value_range: of its input.
        classes: in the order of its output; None where nobody has said.
        record: how it was fitted, as far as known.
        looks: every opening of PrivateTest so far.
    """

    model: Path
    network: str
    value_range: Range
    classes: tuple[str, ...] | None
    record: Mapping[str, Any]
    looks: tuple[Mapping[str, Any], ...] = ()


def find_source(model: str, value_range: Range | None = None, classes: Sequence[str] | None = None) -> Source:
    """A RUN, a bundle (by its folder or its name) or a Keras file.

    Args:
        model: as the user names it.
        value_range, classes: as the user gives them, for a file that does not say.

    Raises:
        UsageError, ModelError: it is not there, is broken, or does not say what it must.
    """
    path = Path(model)
    if path.suffix.lower() in (KERAS_SUFFIX, *HDF5_SUFFIXES) and not path.is_dir():
        return source_of_file(path, value_range, classes)
    if (path / runs.CONFIG_FILE).is_file():
        return _agreed(source_of_run(path), value_range)
    expect_bundle(path)
    return _agreed(source_of_bundle(find_bundle(model)), value_range)


def expect_bundle(path: Path) -> None:
    """Refuse a folder that is none; what is no folder may be a bundle's name."""
    if (path / runs.SUMMARY_FILE).is_file():
        raise UsageError(f"{path} holds a run for each of several seeds; give one, such as {path / 'seed-0'}")
    if path.is_dir() and not (path / CARD_FILE).is_file():
        raise UsageError(
            f"{path} is neither a RUN nor a bundle; expected a folder with {runs.CONFIG_FILE} or {CARD_FILE}"
        )


def _agreed(source: Source, value_range: Range | None) -> Source:
    if value_range is not None and tuple(value_range) != tuple(source.value_range):
        raise UsageError(
            f"--value-range is {value_range[0]:g} {value_range[1]:g}; {source.model} was fitted with "
            f"{source.value_range[0]:g} {source.value_range[1]:g}"
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
    )


def source_of_bundle(folder: Path) -> Source:
    """The float network that a bundle was made from."""
    bundle = load_bundle(folder)
    if not bundle.source_path.is_file():
        raise ModelError(f"{folder} holds no {SOURCE_FILE}; expected a bundle as mien-convert makes it")
    card: Card = bundle.card
    return Source(
        bundle.source_path, card.network, card.input.value_range, card.classes, card.training, card.looks
    )


def source_of_file(path: Path, value_range: Range | None, classes: Sequence[str] | None) -> Source:
    """A Keras file: what it is stands in the RUN or on the card beside it, or must be given.

    The same network is fed with [0, 1] by some and with [-1, 1] by others; its file tells neither that nor
    the order of its classes, and neither is guessed.
    """
    if path.name == runs.BEST_FILE and (path.parent / runs.CONFIG_FILE).is_file():
        return _agreed(source_of_run(path.parent), value_range)
    if path.name == SOURCE_FILE and (path.parent / CARD_FILE).is_file():
        return _agreed(source_of_bundle(path.parent), value_range)
    model = load_float_model(path)
    if value_range is None:
        raise UsageError(
            f"{path} does not say its value range; give what 0 and 255 become in its input, such as "
            "--value-range -1 1 (or 0 1)"
        )
    if classes and len(classes) != model.output_shape[1]:
        raise UsageError(
            f"--classes names {len(classes)}; {path} tells {model.output_shape[1]} apart, "
            "and their order is needed"
        )
    return Source(path, model.name, value_range, tuple(classes) if classes else None, {"fit": "not known"})
