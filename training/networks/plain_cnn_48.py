"""The plain stack that many FER2013 projects use on the 48x48 pictures as they are.

Convolutions of 128, 256, 512 and 512 filters, pooling and dropout after each, dense 512 and 256. It has no
single source; it is here to compare with.
"""

import keras
from keras import layers

SIDE_PX = 48
VALUE_RANGE = (0.0, 1.0)


def build(classes: int, side_px: int = SIDE_PX) -> keras.Model:
    network = keras.Sequential([layers.Input((side_px, side_px, 1), name="face")], name="plain_cnn_48")
    for filters in (128, 256, 512, 512):
        network.add(layers.Conv2D(filters, 3, activation="relu"))
        network.add(layers.MaxPooling2D(2))
        network.add(layers.Dropout(0.4))
    network.add(layers.Flatten())
    network.add(layers.Dense(512, activation="relu"))
    network.add(layers.Dropout(0.4))
    network.add(layers.Dense(256, activation="relu"))
    network.add(layers.Dropout(0.3))
    network.add(layers.Dense(classes, activation="softmax", name="scores"))
    return network
