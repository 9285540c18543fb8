"""mini-XCEPTION (Arriaga, Valdenegro-Toro and Plöger 2017, arXiv:1710.07557, section III).

The network of the authors' `src/models/cnn.py` (github.com/oarriaga/face_classification), 58,423 parameters
with 7 classes. The paper regularizes with L2 0.01; here AdamW's weight decay does that.
"""

from typing import Any

import keras
from keras import layers

SIDE_PX = 64
VALUE_RANGE = (-1.0, 1.0)
_FILTERS = (16, 32, 64, 128)


def build(classes: int, side_px: int = SIDE_PX) -> keras.Model:
    return build_xception("mini_xception", classes, side_px, first_filters=8, filters=_FILTERS)


def build_xception(
    name: str, classes: int, side_px: int, first_filters: int, filters: tuple[int, ...]
) -> keras.Model:
    """Two plain convolutions, a residual module for each of `filters`, and a mean instead of dense layers."""
    face = layers.Input((side_px, side_px, 1), name="face")
    x = face
    for _ in range(2):
        x = layers.Conv2D(first_filters, 3, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    for count in filters:
        x = _residual_module(x, count)
    x = layers.Conv2D(classes, 3, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(face, layers.Softmax(name="scores")(x), name=name)


def _residual_module(x: Any, filters: int) -> Any:
    """Two separable convolutions and a pooling, beside a 1x1 convolution of stride 2; half the side."""
    shortcut = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization()(shortcut)
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.Add()([x, shortcut])
