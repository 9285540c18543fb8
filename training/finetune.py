"""Fine-tuning: beginning with a network that can do something like it already."""

from dataclasses import replace
from pathlib import Path

import keras

from edge.emotion.bundle import sha256_of
from training.config import FitConfig
from training.datasets import class_order
from training.given import NOTHING_GIVEN, Given
from training.heads import with_head
from training.model_files import load_float_model
from training.sources import find_source


def begin(
    model: str, data: Path, config: FitConfig, given: Given = NOTHING_GIVEN
) -> tuple[FitConfig, keras.Model]:
    """What a new fine-tuning starts from.

    Args:
        model: a RUN, a bundle or a Keras file.
        data: see training.datasets.load_splits.
        config: as the user wants it.
        given: what the options say of a file that does not say it itself.

    Returns:
        The configuration with what the model decides, and the network with a head for the data's classes.
    """
    keras.utils.set_random_seed(config.seed)
    source = find_source(model, given)
    source.require_keras()
    order = class_order(data, config.classes, config.contempt)
    network = load_float_model(source.model, len(source.classes) if source.classes else None)
    network = with_head(network, source.classes, order.names)
    base = {"file": model, "sha256": sha256_of(source.model), "network": source.network}
    return replace(
        config,
        network=source.network,
        input_size=network.input_shape[1],
        value_range=source.value_range,
        channels=network.input_shape[3],
        base={**base, "classes": list(source.classes) if source.classes else None},
    ), network
