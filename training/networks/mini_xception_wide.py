"""mini-XCEPTION (arXiv:1710.07557) with twice the filters: ours, to see what more parameters buy."""

import keras

from training.networks.mini_xception import SIDE_PX, VALUE_RANGE, build_xception

__all__ = ["SIDE_PX", "VALUE_RANGE", "build"]


def build(classes: int) -> keras.Model:
    return build_xception("mini_xception_wide", classes, first_filters=16, filters=(32, 64, 128, 256))
