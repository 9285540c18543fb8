"""Whether the making of batches hides behind the arithmetic: real batches against one that never changes."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from training.averaging import WeightAverage
from training.batches import Batch
from training.config import FitConfig, complete
from training.datasets import Split, load_splits
from training.fit import compile_model, fitting_batches
from training.networks import build_network
from training.votes import fitting_targets


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds a batch, medians over blocks that took turns in one run.

    Attributes:
        ratio: the median of each pair's own ratio, so that a machine that drifts does not spoil it.
        epoch_s: what an epoch takes at the real pace.
    """

    real_ms: float
    constant_ms: float
    ratio: float
    epoch_s: float


class ConstantBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The first batch of another data set, over and over."""

    def __init__(self, batch: Batch, count: int) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._batch, self._count = batch, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Batch:
        return self._batch


def measure_pace(
    data: Path, config: FitConfig, batches: int, blocks: int, report: Callable[[int], None]
) -> Pace:
    """Time blocks of batches in turn: real, constant, real, constant, …

    Args:
        data: see training.datasets.load_splits.
        config: of the fit that is timed.
        batches: in a block.
        blocks: of each kind; one more of each goes before and is not counted.
        report: told after each block.
    """
    config = complete(config)
    training = load_splits(data, (Split.TRAINING,), side_px=config.input_size)[Split.TRAINING]
    # The weights stay where they are: a network that knows one batch by heart computes with numbers so
    # small that the processor is slow at them.
    config = replace(config, learning_rate=1e-9)
    some = training.take(np.arange(min(len(training), batches * config.batch_size)))
    rows, targets = fitting_targets(some, "fer2013")
    real = fitting_batches(some.take(rows), targets, config, epoch=0)
    constant = ConstantBatches(real[0], len(real))
    model = build_network(config.network, len(training.classes), config.input_size)
    compile_model(model, config, targets, len(real))
    average = WeightAverage(config.averaging, model.get_weights(), 0)
    pairs = []
    for block in range(blocks + 1):
        pairs.append([_milliseconds(model, kind, average) for kind in (real, constant)])
        report(block + 1)
    reals, constants = zip(*pairs[1:], strict=True)
    real_ms = statistics.median(reals)
    return Pace(
        real_ms=round(real_ms, 2),
        constant_ms=round(statistics.median(constants), 2),
        ratio=round(statistics.median(a / b for a, b in zip(reals, constants, strict=True)), 3),
        epoch_s=round(real_ms * len(training) / config.batch_size / 1000, 1),
    )


def _milliseconds(model: keras.Model, batches: keras.utils.PyDataset, average: WeightAverage) -> float:
    begun_s = time.perf_counter()
    model.fit(batches, epochs=1, callbacks=[average], shuffle=False, verbose=0)
    return (time.perf_counter() - begun_s) / len(batches) * 1000
