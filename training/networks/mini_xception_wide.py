"""mini-XCEPTION (arXiv:1710.07557) with twice the filters: ours, to see what more parameters buy."""

import keras

from training.networks.mini_xception import SIDE_PX, VALUE_RANGE, build_xception

__all__ = ["SIDE_PX", "VALUE_RANGE", "build"]


_FILTERS = (32, 64, 128, 256)


def build(classes: int, side_px: int = SIDE_PX) -> keras.Model:
    return build_xception("mini_xception_wide", classes, side_px, first_filters=16, filters=_FILTERS)
