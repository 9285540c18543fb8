"""Fitting a network: Training fits, PublicTest chooses, and PrivateTest stays closed.

The recipe, from top to bottom: AdamW with a warm-up and a cosine to zero, label smoothing, disturbed faces
(training.augmentation), averaged weights. After each epoch the averaged weights are tried on PublicTest, the
best are kept, and the whole state is written, so that a stopped run goes on where it was.
"""

import logging
import math
import time
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.files import replacing
from edge.labels import EMOTIONS
from training import runs
from training.augmentation import Augmentation
from training.averaging import WeightAverage, Weights
from training.batches import FittingBatches, model_inputs
from training.checkpoints import FitState, optimizer_values, read_state, set_optimizer_values, write_state
from training.curves import draw_curves
from training.datasets import Faces, Split, load_splits
from training.metrics import Probabilities, accuracy, plurality_accuracy
from training.networks import Network, find_network
from training.progress import EpochBar, Remaining, epoch_progress
from training.runs import FitConfig, Plan
from training.votes import fitting_targets, votes_for_seven

logger = logging.getLogger(__name__)

#: What chooses the checkpoint, by the labels that the network is fitted to.
FIGURE_NAMES = {
    "fer2013": "accuracy on FER2013's labels",
    "ferplus": "accuracy on the raters' plurality",
    "mix": "accuracy on the raters' plurality",
}


def fit(data: Path, out: Path, plan: Plan) -> float:
    """Fit a network, or go on with the run that `out` holds.

    Args:
        data: FER2013 (see training.datasets.load_splits).
        out: the RUN folder; it is made, or another run in it replaced, only when the data is read.
        plan: what to do, by training.runs.plan_run.

    Returns:
        The best figure on PublicTest, 0..1; that checkpoint is RUN/best.keras.
    """
    keras.utils.set_random_seed(plan.config.seed)
    faces = load_splits(data, (Split.TRAINING, Split.PUBLIC))
    fitting = _Fit(out, plan.config, faces[Split.TRAINING], faces[Split.PUBLIC])
    runs.make_run(out, plan)
    return fitting.run()


class _Fit:
    """The parts of one fit, which its epochs share."""

    def __init__(self, out: Path, config: FitConfig, training: Faces, public: Faces) -> None:
        self._out, self._config = out, config
        self._network = find_network(config.network)
        rows, self._targets = fitting_targets(training, config.labels, config.ferplus)
        self._training = training.take(rows)
        self._public = public
        self._public_rows, self._public_targets = fitting_targets(public, config.labels, config.ferplus)
        self._public_inputs = model_inputs(public.pixels, self._network.SIDE_PX, self._network.VALUE_RANGE)
        self._model = build_model(self._network, config, batches=len(self._batches(0)))

    def run(self) -> float:
        state = read_state(self._out / runs.STATE_FILE) or self._new_state()
        self._model.set_weights(state.weights)
        set_optimizer_values(self._model.optimizer, state.optimizer)
        first, total = len(state.history), self._config.epochs
        logger.info(
            "%s: labels %s, %d faces, %d parameters, epochs %d to %d",
            self._config.network, self._config.labels, len(self._training), self._model.count_params(),
            first + 1, total,
        )  # fmt: skip
        remaining = Remaining(first, total)
        with epoch_progress() as progress:
            for epoch in range(first, total):
                batches = self._batches(epoch)
                bar = EpochBar(progress, f"epoch {epoch + 1}/{total}", len(batches))
                state = self._one_epoch(state, epoch, batches, bar)
                self._tell(state, remaining.minutes(epoch + 1))
        return state.best

    def _one_epoch(self, state: FitState, epoch: int, batches: FittingBatches, bar: EpochBar) -> FitState:
        start_s = time.monotonic()
        average = WeightAverage(self._config.averaging, state.averages, epoch * len(batches))
        logs = self._model.fit(
            batches, initial_epoch=epoch, epochs=epoch + 1, callbacks=[average, bar], shuffle=False, verbose=0
        ).history
        seconds = time.monotonic() - start_s
        loss = logs["loss"][0]
        if not math.isfinite(loss):
            raise ModelError(f"the loss is {loss} in epoch {epoch + 1}; try a smaller --learning-rate")
        weights = self._model.get_weights()
        self._model.set_weights(average.weights)
        figures = self._public_figures()
        best = max(state.best, figures["public_figure"])
        if figures["public_figure"] > state.best:
            save_model(self._network, average.weights, self._out / runs.BEST_FILE)
        self._model.set_weights(weights)
        row = {"epoch": epoch + 1, "loss": loss, **figures, "seconds": round(seconds, 2)}
        state = FitState(
            [*state.history, row], best, weights, average.weights, optimizer_values(self._model.optimizer)
        )
        self._write(state)
        return state

    def _public_figures(self) -> dict[str, float]:
        probabilities = self._model.predict(self._public_inputs, batch_size=256, verbose=0)
        return {
            "public_loss": cross_entropy(probabilities[self._public_rows], self._public_targets),
            "public_figure": chosen_figure(probabilities, self._public, self._config),
        }

    def _write(self, state: FitState) -> None:
        write_state(self._out / runs.STATE_FILE, state)
        runs.write_history(self._out, state.history)
        draw_curves(self._out / runs.CURVES_FILE, state.history, FIGURE_NAMES[self._config.labels])

    def _tell(self, state: FitState, minutes: float) -> None:
        row = state.history[-1]
        logger.info(
            "epoch %d/%d: loss %.4f, PublicTest loss %.4f, %s %.2f%% (best %.2f%%), %.0f s, %.0f min to go",
            row["epoch"], self._config.epochs, row["loss"], row["public_loss"],
            FIGURE_NAMES[self._config.labels], 100 * row["public_figure"], 100 * state.best,
            row["seconds"], minutes,
        )  # fmt: skip

    def _batches(self, epoch: int) -> FittingBatches:
        return FittingBatches(
            self._training.pixels,
            self._targets,
            side_px=self._network.SIDE_PX,
            value_range=self._network.VALUE_RANGE,
            batch_size=self._config.batch_size,
            strength=Augmentation().times(self._config.augmentation),
            seed=self._config.seed,
            epoch=epoch,
        )

    def _new_state(self) -> FitState:
        weights = self._model.get_weights()
        return FitState([], -1.0, weights, weights, optimizer_values(self._model.optimizer))


def build_model(network: Network, config: FitConfig, batches: int) -> keras.Model:
    """The untrained network with its loss and its optimizer.

    Args:
        network: what to build.
        config: of the fit.
        batches: in an epoch.
    """
    model = network.build(len(EMOTIONS))
    warmup = min(config.warmup_epochs, config.epochs - 1) * batches
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 25,
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
        decay_steps=max(config.epochs * batches - warmup, 1),
    )
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing)
    model.compile(optimizer, loss)
    optimizer.build(model.trainable_variables)
    return model


def save_model(network: Network, weights: Weights, path: Path) -> None:
    """Write the network without the optimizer's state, which a compiled model would take along."""
    model = network.build(len(EMOTIONS))
    model.set_weights(weights)
    with replacing(path) as temporary:
        model.save(temporary)


def chosen_figure(probabilities: Probabilities, faces: Faces, config: FitConfig) -> float:
    """The figure that belongs to the labels of the fit (see FIGURE_NAMES), 0..1."""
    if config.labels == "fer2013":
        return accuracy(probabilities, faces.labels)
    return plurality_accuracy(probabilities, votes_for_seven(faces))


def cross_entropy(probabilities: Probabilities, targets: NDArray[np.float32]) -> float:
    return float(-(targets * np.log(np.maximum(probabilities, 1e-7))).sum(axis=1).mean())
