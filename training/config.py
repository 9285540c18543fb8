"""Everything that decides what a fit does, but for the data and the machine. It is written into the RUN."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from edge.labels import EMOTIONS
from training.balance import Balance
from training.classes import Contempt
from training.networks import find_network
from training.votes import Labels, Votes

Schedule = Literal["cosine", "plateau"]


@dataclass(frozen=True, slots=True)
class FitConfig:
    """One fit or fine-tuning. A RUN of an earlier version lacks the later fields: they mean what it did.

    Attributes:
        classes: in the order of the output; None: the data's, until it is read.
        contempt: whether FER+'s votes for it make a class.
        input_size: side of the input in pixels; None: the network's own.
        value_range: of the input; None: the network's own.
        channels: of the input; 3 where what is fine-tuned was made for colour: the grey face stands in each.
        labels, ferplus: see training.votes.fitting_targets.
        learning_rate: the highest, reached at the end of the warm-up; then `schedule` decides.
        weight_decay: AdamW's (Loshchilov and Hutter 2019, arXiv:1711.05101), on kernels alone.
        label_smoothing: this share of each target is spread over all classes.
        augmentation: how strongly faces are disturbed; 1: as boxes and cameras do.
        camera_augmentation: share of the faces that are disturbed as cameras and finders do at worst, too (see
            training.disturbances).
        logit_adjustment: how much rare classes are given their chance, 0 to 1 (see training.losses).
        averaging: momentum per batch of the averaged weights, which are the ones that are kept.
        sharpness: how far up the loss each step looks, as a length in all weights together (see
            training.sharpness); 0: it steps by the gradient of where it is.
        balance, mixup: see training.batches.FittingBatches.
        schedule: see training.schedule.
        teachers, teacher_share: see training.teaching.taught; a teacher is a RUN, a bundle or a Keras file.
        early_stopping: the run ends after so many epochs without a better figure; 0: it does not.
        freeze, freeze_until: the layers that fine-tuning leaves as they are: the first so many, or all up to
            one by its name.
        base: what is fine-tuned: its file, sha256, network and classes; None: a network from the start.
    """

    network: str = "mini_xception"
    classes: tuple[str, ...] | None = None
    contempt: Contempt = "drop"
    input_size: int | None = None
    value_range: tuple[float, float] | None = None
    channels: int = 1
    labels: Labels = "fer2013"
    ferplus: Votes = "distribution"
    epochs: int = 60
    batch_size: int = 128
    learning_rate: float = 4e-3
    warmup_epochs: int = 3
    weight_decay: float = 4e-3
    label_smoothing: float = 0.05
    augmentation: float = 1.0
    camera_augmentation: float = 0.0
    logit_adjustment: float = 0.0
    averaging: float = 0.998
    sharpness: float = 0.0
    balance: Balance = "none"
    mixup: float = 0.0
    teachers: tuple[str, ...] = ()
    teacher_share: float = 0.5
    schedule: Schedule = "cosine"
    early_stopping: int = 0
    freeze: int = 0
    freeze_until: str | None = None
    base: Mapping[str, Any] | None = None
    seed: int = 0


#: Where fine-tuning differs: the weights are good already, and are to be moved a little.
FINE_TUNING = FitConfig(epochs=10, learning_rate=1e-4, warmup_epochs=1)


def config_from(stored: Mapping[str, Any]) -> FitConfig:
    """A configuration from JSON, which has lists for tuples.

    Raises:
        TypeError: it has a field that is not known.
    """
    lists = {name: tuple(value) for name, value in stored.items() if isinstance(value, list)}
    return FitConfig(**{**stored, **lists})


def complete(config: FitConfig) -> FitConfig:
    """The configuration with what it leaves open: the network's own input, and the classes of older RUNs."""
    if not (config.input_size and config.value_range):
        network = find_network(config.network)
        config = replace(
            config,
            input_size=config.input_size or network.SIDE_PX,
            value_range=config.value_range or network.VALUE_RANGE,
        )
    return replace(config, classes=config.classes or EMOTIONS)
