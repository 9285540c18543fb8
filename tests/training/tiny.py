"""A network so small that starting Python takes longer than fitting it."""

from pathlib import Path

from edge.labels import EMOTIONS

SIDE_PX = 16
#: What its file does not say.
KNOWN = ("--value-range", "-1", "1")
CLASSES = ("--classes", ",".join(EMOTIONS))


def write_tiny(path: Path) -> Path:
    """A `.keras` file of seven classes with a convolution, a batch normalization and a dense layer."""
    from training.backend import prepare_backend

    prepare_backend()
    import keras

    keras.utils.set_random_seed(0)
    layers = keras.layers
    parts = [
        layers.Input((SIDE_PX, SIDE_PX, 1)),
        layers.Conv2D(4, 3, strides=2, activation="relu"),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(len(EMOTIONS), activation="softmax"),
    ]
    keras.Sequential(parts, name="tiny").save(path)
    return path
