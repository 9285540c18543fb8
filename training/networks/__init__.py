"""The networks that can be trained, one a file, each with its source."""

import importlib
from dataclasses import dataclass
from typing import Any, Protocol, cast

from edge.errors import UsageError

#: Every module here has the attributes of `Network`. They are imported only when used: Keras is slow to load.
NAMES = (
    "mini_xception",
    "mien",
    "mien_narrow",
    "mien_wide",
    "mien_squeeze",
    "mini_xception_wide",
    "plain_cnn_48",
    "plain_cnn_250",
)


class Network(Protocol):
    """What a module of this folder offers.

    Attributes:
        SIDE_PX: side of the square grey input, where nothing else is asked for.
        VALUE_RANGE: what 0 and 255 become in the input.
    """

    SIDE_PX: int
    VALUE_RANGE: tuple[float, float]

    def build(self, classes: int, side_px: int = ...) -> Any:
        """Make the untrained keras.Model: (side_px, side_px, 1) to probabilities."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large a network is.

    Attributes:
        parameters: all, those of the batch normalizations' moving averages included.
        multiply_adds: of convolutions and dense layers, for one face.
        input: height, width, channels.
    """

    name: str
    parameters: int
    multiply_adds: int
    input: tuple[int, int, int]


def find_network(name: str) -> Network:
    if name not in NAMES:
        raise UsageError(f"network {name} is not known; expected one of: {', '.join(NAMES)}")
    return cast(Network, importlib.import_module(f"training.networks.{name}"))


def build_network(name: str, classes: int, side_px: int | None = None) -> Any:
    """Make an untrained network.

    Args:
        name: one of NAMES.
        classes: how many outputs.
        side_px: of the input; None: the network's own.

    Raises:
        UsageError: the pictures are too small to be halved as often as the network does.
    """
    network = find_network(name)
    try:
        return network.build(classes, side_px or network.SIDE_PX)
    except ValueError as error:
        raise UsageError(f"--input-size {side_px} is too small for {name}; try {network.SIDE_PX}") from error


def size_of(name: str, classes: int, side_px: int | None = None) -> Size:
    model = build_network(name, classes, side_px)
    return Size(name, model.count_params(), count_multiply_adds(model), model.input_shape[1:])


def count_multiply_adds(model: Any) -> int:
    """Multiplications with an addition in all convolutions and dense layers, for one face.

    A kernel weight is used once for each pixel of its layer's output. A layer may be a network itself.
    """
    total = 0
    for layer in model.layers:
        if hasattr(layer, "layers"):
            total += count_multiply_adds(layer)
            continue
        pixels = 1
        for size in layer.output.shape[1:-1]:
            pixels *= size
        kernels = [weight for weight in layer.weights if weight.name.endswith("kernel")]
        total += pixels * sum(_product(kernel.shape) for kernel in kernels)
    return total


def _product(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product
