"""Fitting a network: Training fits, PublicTest chooses, and PrivateTest stays closed.

The recipe, from top to bottom: AdamW with a warm-up and a falling step size (training.schedule), label
smoothing, disturbed faces (training.augmentation), averaged weights. After each epoch the averaged weights
are tried on PublicTest, the best are kept, and the whole state is written, so that a stopped run goes on
where it was.
"""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.errors import DataError, ModelError
from training import runs
from training.augmentation import Augmentation
from training.averaging import WeightAverage
from training.batches import FittingBatches
from training.checkpoints import FitState, optimizer_values, read_state, set_optimizer_values, write_state
from training.classes import CONTEMPT
from training.config import FitConfig, complete
from training.curves import draw_curves
from training.datasets import Faces, Split, class_order, load_splits
from training.devices import check_batch
from training.freezing import freeze
from training.judging import Judge
from training.losses import make_loss
from training.machines import agree, alone
from training.model_files import load_float_model, save_model
from training.networks import build_network
from training.progress import EpochBar, Remaining, epoch_progress
from training.record import data_record, figure_name, tell_classes
from training.runs import Plan
from training.schedule import has_stopped, make_optimizer, set_rate
from training.sharpness import TIMES, TwiceBatches, settle
from training.teaching import find_teachers, taught, teachers_record
from training.tensorboard import EpochLog
from training.votes import fitting_targets

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run.

    Attributes:
        best: the highest figure on PublicTest, 0..1; that checkpoint is RUN/best.keras.
        best_epoch: which epoch gave it, from 1.
        epochs: how many were done.
        figure: what it is the accuracy on, in words.
    """

    best: float
    best_epoch: int
    epochs: int
    figure: str


def fit(
    data: Path, out: Path, plan: Plan, *, start: keras.Model | None = None, with_tensorboard: bool = False
) -> Outcome:
    """Fit a network, or go on with the run that `out` holds.

    Args:
        data: see training.datasets.load_splits.
        out: the RUN folder; it is made, or another run in it replaced, only when the data is read.
        plan: what to do, by training.runs.plan_run.
        start: what a new fine-tuning begins with.
        with_tensorboard: write RUN/tensorboard, too.
    """
    keras.utils.set_random_seed(plan.config.seed)
    check_batch(plan.config.batch_size)
    if plan.is_new:
        order = class_order(data, plan.config.classes, plan.config.contempt)
        plan = replace(plan, config=replace(plan.config, classes=order.names))
        logger.info("%s", order)
    config = complete(plan.config)
    faces = load_splits(data, (Split.TRAINING, Split.PUBLIC), classes=config.classes, side_px=config.input_size)
    training, public = faces[Split.TRAINING], faces[Split.PUBLIC]
    teachers = find_teachers(config)
    rows, targets = fitting_targets(training, config.labels, config.ferplus)
    _check_classes(targets, training.classes)
    tell_classes(faces)
    agree("the data or an option", repr(config).encode(), training.labels.tobytes(), public.labels.tobytes())
    if start is None:
        start = _first_model(out, config)
    freeze(start, config.freeze, config.freeze_until)
    plan, record = replace(plan, config=config), data_record(data, faces)
    if teachers:
        record["teachers"] = teachers_record(teachers)
    runs.make_run(out, plan, record, lambda path: save_model(start, path))
    training = training.take(rows)
    with alone():
        targets = taught(targets, training.pixels, teachers, config.teacher_share)
    with EpochLog.open(out, with_tensorboard) as log:
        return _Fit(out, config, start, training, targets, public, log).run()


def _first_model(out: Path, config: FitConfig) -> keras.Model:
    if config.base is not None:
        return load_float_model(out / runs.START_FILE, len(config.classes))
    return build_network(config.network, len(config.classes), config.input_size)


def _check_classes(targets: NDArray[np.float32], names: Sequence[str]) -> None:
    for name, size in zip(names, targets.sum(axis=0), strict=True):
        if not size:
            way = "add some, or leave it out by --classes"
            if name == CONTEMPT:
                way = "only FER+'s raters could choose it: use --labels ferplus"
            raise DataError(f"Training holds no face of {name}; {way}")


class _Fit:
    """The parts of one fit, which its epochs share."""

    def __init__(
        self,
        out: Path,
        config: FitConfig,
        model: keras.Model,
        training: Faces,
        targets: NDArray[np.float32],
        public: Faces,
        log: EpochLog,
    ) -> None:
        self._out, self._config, self._model, self._log = out, config, model, log
        self._training, self._targets = training, targets
        self._figure = figure_name(config.labels, public)
        compile_model(model, config, targets, batches=len(self._batches(0)))
        if config.sharpness:
            settle(model, self._batches(0)[0])
        self._judge = Judge(model, public, config)

    def run(self) -> Outcome:
        state = read_state(self._out / runs.STATE_FILE) or self._new_state()
        if state.history:
            self._tell_files(state)  # the process may have been killed before it did
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
                if has_stopped(self._config, state.history):
                    logger.info("no better for %d epochs: the run ends early", self._config.early_stopping)
                    break
                batches = self._batches(epoch)
                bar = EpochBar(progress, f"epoch {epoch + 1}/{total}", len(batches))
                state = self._one_epoch(state, epoch, batches, bar)
                self._tell(state, remaining.minutes(epoch + 1))
        figures = [row["public_figure"] for row in state.history]
        return Outcome(state.best, figures.index(max(figures)) + 1, len(figures), self._figure)

    def _one_epoch(
        self, state: FitState, epoch: int, batches: keras.utils.PyDataset, bar: EpochBar
    ) -> FitState:
        start_s = time.monotonic()
        set_rate(self._model.optimizer, self._config, state.history)
        every = TIMES if self._config.sharpness else 1
        average = WeightAverage(self._config.averaging, state.averages, epoch * len(batches), every)
        logs = self._model.fit(
            batches, initial_epoch=epoch, epochs=epoch + 1, callbacks=[average, bar], shuffle=False, verbose=0
        ).history
        seconds = time.monotonic() - start_s
        loss = logs["loss"][0]
        if not math.isfinite(loss):
            raise ModelError(f"the loss is {loss} in epoch {epoch + 1}; try a smaller --learning-rate")
        rate = float(keras.ops.convert_to_numpy(self._model.optimizer.learning_rate))
        weights = self._model.get_weights()
        self._model.set_weights(average.weights)
        figures = self._judge.figures()
        best = max(state.best, figures["public_figure"])
        if figures["public_figure"] > state.best:
            save_model(self._model, self._out / runs.BEST_FILE)
        self._model.set_weights(weights)
        row = {"epoch": epoch + 1, "loss": loss, **figures, "seconds": round(seconds, 2), "learning_rate": rate}
        state = FitState(
            [*state.history, row], best, weights, average.weights, optimizer_values(self._model.optimizer)
        )
        self._write(state)
        return state

    def _write(self, state: FitState) -> None:
        write_state(self._out / runs.STATE_FILE, state)
        self._tell_files(state)
        self._log.write(state.history[-1])

    def _tell_files(self, state: FitState) -> None:
        runs.write_history(self._out, state.history)
        draw_curves(self._out / runs.CURVES_FILE, state.history, self._figure)

    def _tell(self, state: FitState, minutes: float) -> None:
        row = state.history[-1]
        logger.info(
            "epoch %d/%d: loss %.4f, PublicTest loss %.4f, %s %.2f%% (best %.2f%%), %.0f s, %.0f min to go",
            row["epoch"], self._config.epochs, row["loss"], row["public_loss"],
            self._figure, 100 * row["public_figure"], 100 * state.best, row["seconds"], minutes,
        )  # fmt: skip

    def _batches(self, epoch: int) -> keras.utils.PyDataset:
        return fitting_batches(self._training, self._targets, self._config, epoch)

    def _new_state(self) -> FitState:
        weights = self._model.get_weights()
        return FitState([], -1.0, weights, weights, optimizer_values(self._model.optimizer))


def fitting_batches(
    training: Faces, targets: NDArray[np.float32], config: FitConfig, epoch: int
) -> keras.utils.PyDataset:
    """One epoch as a complete configuration has it."""
    batches = FittingBatches(
        training.pixels,
        targets,
        side_px=config.input_size,
        value_range=config.value_range,
        batch_size=config.batch_size,
        strength=Augmentation().times(config.augmentation),
        camera_share=config.camera_augmentation,
        seed=config.seed,
        epoch=epoch,
        balance=config.balance,
        mixup=config.mixup,
        channels=config.channels,
    )
    return TwiceBatches(batches) if config.sharpness else batches


def compile_model(model: keras.Model, config: FitConfig, targets: NDArray[np.float32], batches: int) -> None:
    """Give a network its loss and its optimizer, for epochs of so many batches."""
    optimizer = make_optimizer(config, batches)
    model.compile(optimizer, make_loss(targets, config.label_smoothing, config.logit_adjustment))
    optimizer.build(model.trainable_variables)
