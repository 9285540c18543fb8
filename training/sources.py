"""What is to be evaluated or converted: a RUN, a bundle or a Keras file, and what each says of itself."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.errors import UsageError
from training import runs
from training.networks import NAMES, find_network


@dataclass(frozen=True, slots=True)
class Source:
    """A float network on disk.

    Attributes:
        model: the `.keras` file.
        network: its name.
        value_range: of its input.
        record: how it was fitted, as far as known.
        looks: every opening of PrivateTest so far.
    """

    model: Path
    network: str
    value_range: tuple[float, float]
    record: Mapping[str, Any]
    looks: tuple[Mapping[str, Any], ...] = ()


def source_of_run(run: Path) -> Source:
    """The best checkpoint of a RUN."""
    config = runs.read_config(run)
    if not (run / runs.BEST_FILE).is_file():
        raise UsageError(f"{run} holds no {runs.BEST_FILE} yet; it comes with the end of the first epoch")
    record = {"fit": asdict(config), **runs.read_story(run)}
    network = find_network(config.network)
    return Source(
        run / runs.BEST_FILE, config.network, network.VALUE_RANGE, record, tuple(runs.read_looks(run))
    )


def source_of_file(path: Path, name: str, value_range: tuple[float, float] | None) -> Source:
    """A `.keras` file; its value range is known if it is one of our networks, and else must be given.

    Args:
        path: the file.
        name: of the model in it.
        value_range: as the user gives it.
    """
    if value_range is None and name not in NAMES:
        raise UsageError(
            f"{path} holds the network {name}, which does not say its value range; "
            "give it, such as --value-range -1 1"
        )
    known = value_range or find_network(name).VALUE_RANGE
    return Source(path, name, known, {"fit": "not known"})
