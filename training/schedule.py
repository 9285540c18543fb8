"""The step size of every epoch, and when a run ends early. Both follow from the history alone.

So a run that was stopped needs nothing more than its history to go on as it would have done.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from training.config import FitConfig
from training.sharpness import TIMES, SharpnessAwareAdamW

#: How much smaller the steps become where the loss on PublicTest has not fallen for so many epochs.
_FACTOR = 0.5
_PATIENCE = 3

History = Sequence[Mapping[str, float]]


def make_optimizer(config: FitConfig, batches: int) -> keras.optimizers.Optimizer:
    """AdamW for `config.epochs` epochs of so many batches, those that are shown twice counted twice."""
    if config.sharpness:
        batches //= TIMES
    rate = _warm_cosine(config, batches) if config.schedule == "cosine" else config.learning_rate
    optimizer = _adamw(rate, config)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _adamw(rate: Any, config: FitConfig) -> keras.optimizers.AdamW:
    if config.sharpness:
        return SharpnessAwareAdamW(rate, weight_decay=config.weight_decay, distance=config.sharpness)
    return keras.optimizers.AdamW(rate, weight_decay=config.weight_decay)


def _warm_cosine(config: FitConfig, batches: int) -> keras.optimizers.schedules.LearningRateSchedule:
    """From a 25th up to the highest in the warm-up, then along a cosine to 0."""
    warmup = min(config.warmup_epochs, config.epochs - 1) * batches
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 25,
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(config.epochs * batches - warmup, 1),
    )


def set_rate(optimizer: keras.optimizers.Optimizer, config: FitConfig, history: History) -> None:
    """Set the step size of the next epoch, where it is not the optimizer's own affair."""
    if config.schedule == "plateau":
        optimizer.learning_rate = plateau_rate(config, history)


def plateau_rate(config: FitConfig, history: History) -> float:
    """Half as large for every three epochs in a row in which the loss on PublicTest did not fall.

    In the warm-up it rises in equal steps, one an epoch.
    """
    done = len(history)
    if done < config.warmup_epochs:
        return config.learning_rate * (done + 1) / (config.warmup_epochs + 1)
    best, waited, rate = float("inf"), 0, config.learning_rate
    for row in history[config.warmup_epochs :]:
        waited = 0 if row["public_loss"] < best else waited + 1
        best = min(best, row["public_loss"])
        if waited == _PATIENCE:
            rate, waited = rate * _FACTOR, 0
    return rate


def has_stopped(config: FitConfig, history: History) -> bool:
    """Whether the run is to end early: the best figure is `early_stopping` epochs old."""
    if not config.early_stopping or not history:
        return False
    figures = [row["public_figure"] for row in history]
    return len(history) - 1 - figures.index(max(figures)) >= config.early_stopping
