"""What PublicTest says of a network between two epochs, by which the checkpoint is chosen."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.batches import PlainBatches
from training.config import FitConfig
from training.datasets import Faces
from training.machines import alone, crew, first_figures
from training.metrics import Probabilities, accuracy, plurality_accuracy
from training.votes import class_votes, fitting_targets


class Judge:
    """Measures the weights that a network has at the moment."""

    def __init__(self, model: keras.Model, public: Faces, config: FitConfig) -> None:
        self._model, self._public, self._config = model, public, config
        self._rows, self._targets = fitting_targets(public, config.labels, config.ferplus)
        with alone():  # a network that machines share can be asked by all of them only: each has a copy
            self._asked = keras.models.clone_model(model) if crew().count > 1 else model

    def figures(self) -> dict[str, float]:
        """The loss, as "public_loss", and "public_figure", which training.record.figure_name names."""
        weights = self._model.get_weights() if self._asked is not self._model else None
        with alone():
            if weights is not None:
                self._asked.set_weights(weights)
            config = self._config
            batches = PlainBatches(self._public.pixels, config.input_size, config.value_range, config.channels)
            probabilities = self._asked.predict(batches, verbose=0)[: len(self._public)]
        return first_figures(
            {
                "public_loss": cross_entropy(probabilities[self._rows], self._targets),
                "public_figure": chosen_figure(probabilities, self._public, self._config),
            }
        )


def chosen_figure(probabilities: Probabilities, faces: Faces, config: FitConfig) -> float:
    """The figure that belongs to the labels of the fit (see training.record.figure_name), 0..1."""
    if config.labels == "fer2013":
        return accuracy(probabilities, faces.labels)
    return plurality_accuracy(probabilities, class_votes(faces))


def cross_entropy(probabilities: Probabilities, targets: NDArray[np.float32]) -> float:
    return float(-(targets * np.log(np.maximum(probabilities, 1e-7))).sum(axis=1).mean())
