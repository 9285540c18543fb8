"""The network `mien` (after He et al. 2016, arXiv:1512.03385), half as wide: a quarter of its parameters."""

import keras

from training.networks.mien import SIDE_PX, VALUE_RANGE, build_mien

__all__ = ["SIDE_PX", "VALUE_RANGE", "build"]

_STEM_FILTERS = 12
_FILTERS = (12, 28, 64, 112)


def build(classes: int, side_px: int = SIDE_PX) -> keras.Model:
    return build_mien("mien_narrow", classes, side_px, stem_filters=_STEM_FILTERS, filters=_FILTERS)
