"""The network `mien` with squeeze and excitation (Hu et al. 2018, arXiv:1709.01507) in each residual module.

Each channel is weighed by what the means of all of them say; every operation is one that the Edge TPU runs.
"""

from typing import Any

import keras
from keras import layers

from training.networks.mien import FILTERS, SIDE_PX, STEM_FILTERS, VALUE_RANGE, build_mien

__all__ = ["SIDE_PX", "VALUE_RANGE", "build"]

#: How many channels share one of the values in the middle.
_REDUCTION = 8


def build(classes: int, side_px: int = SIDE_PX) -> keras.Model:
    return build_mien(
        "mien_squeeze", classes, side_px, stem_filters=STEM_FILTERS, filters=FILTERS, after_module=_excited
    )


def _excited(x: Any) -> Any:
    filters = x.shape[-1]
    means = layers.GlobalAveragePooling2D(keepdims=True)(x)
    squeezed = layers.Conv2D(max(1, filters // _REDUCTION), 1, activation="relu")(means)
    return layers.Multiply()([x, layers.Conv2D(filters, 1, activation="sigmoid")(squeezed)])
