"""Our own network: plain 3x3 convolutions in four residual stages, after He et al. 2016 (arXiv:1512.03385).

It reads FER2013's 48x48 pixels as they are. Where mini-XCEPTION saves parameters, this one spends them where
they are cheap to compute with: most stand in the last stages, which see 6x6 and 3x3 places. Sides are halved
by pooling, so that nothing but plain convolutions of step 1 is left to quantize, and every operation is one
that the Edge TPU runs.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

SIDE_PX = 48
VALUE_RANGE = (-1.0, 1.0)

STEM_FILTERS = 24
#: One residual module for each; the side is halved before all but the first: 24, 12, 6, 3 pixels.
FILTERS = (24, 56, 128, 224)
_DROPOUT = 0.2


def build(classes: int, side_px: int = SIDE_PX) -> keras.Model:
    return build_mien("mien", classes, side_px, stem_filters=STEM_FILTERS, filters=FILTERS)


def build_mien(
    name: str,
    classes: int,
    side_px: int,
    stem_filters: int,
    filters: tuple[int, ...],
    after_module: Callable[[Any], Any] = lambda x: x,
) -> keras.Model:
    """Two plain convolutions, a residual module for each of `filters`, a mean, and a dense layer.

    Args:
        after_module: what is done to the output of a residual module before its shortcut is added.
    """
    face = layers.Input((side_px, side_px, 1), name="face")
    x = _convolution(face, stem_filters)
    x = layers.MaxPooling2D(2)(x)
    x = _convolution(x, stem_filters)
    for number, count in enumerate(filters):
        x = _residual_module(x if number == 0 else layers.MaxPooling2D(2)(x), count, after_module)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(_DROPOUT)(x)
    return keras.Model(face, layers.Dense(classes, activation="softmax", name="scores")(x), name=name)


def _residual_module(x: Any, filters: int, after_module: Callable[[Any], Any]) -> Any:
    """Two 3x3 convolutions beside the way past them, which is a 1x1 convolution where the width changes."""
    shortcut = x
    if x.shape[-1] != filters:
        shortcut = layers.BatchNormalization()(layers.Conv2D(filters, 1, use_bias=False)(x))
    x = _convolution(x, filters)
    x = layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))
    return layers.ReLU()(layers.Add()([after_module(x), shortcut]))


def _convolution(x: Any, filters: int) -> Any:
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))
