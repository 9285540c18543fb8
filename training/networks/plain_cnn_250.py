"""A plain stack on large pictures: 250x250, 6,926,375 parameters with 7 classes, nearly all in one dense layer.

Convolutions of 32, 32 and 64 filters (the first keeps 250x250, the others are unpadded), each pooled, dense 128
with dropout and 64. It has no single source; it is here to compare with.
"""

import keras
from keras import layers

SIDE_PX = 250
VALUE_RANGE = (0.0, 1.0)


def build(classes: int, side_px: int = SIDE_PX) -> keras.Model:
    network = keras.Sequential([layers.Input((side_px, side_px, 1), name="face")], name="plain_cnn_250")
    for filters, padding in ((32, "same"), (32, "valid"), (64, "valid")):
        network.add(layers.Conv2D(filters, 3, padding=padding, activation="relu"))
        network.add(layers.MaxPooling2D(2))
    network.add(layers.Flatten())
    network.add(layers.Dense(128, activation="relu"))
    network.add(layers.Dropout(0.5))
    network.add(layers.Dense(64, activation="relu"))
    network.add(layers.Dense(classes, activation="softmax", name="scores"))
    return network
