"""Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391): which of the network's own maps speak for a class, where.

The weight of a map is the mean, over its places, of the slope of the class's score (before the softmax) in the
map. That is the slope of the score as the whole map is raised by a little, divided by the number of places:
so it is found by raising and lowering each map once, on every backend of Keras alike, with no backend's own
gradients. Where maps go through nothing but a mean and a dense layer, this is exact, and the same as CAM (Zhou
et al. 2016, arXiv:1512.04150).

The last maps of small networks have few places (mini-XCEPTION's 4 by 4), so what it shows is coarse. Earlier
maps have more, and were tried: their slopes say little, and the background of pictures lit up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from edge.preprocessing import to_model_input
from edge.records import Gray
from training.explain.saliency.maps import Saliency, positive

#: The last maps of fewer places a side could not tell one part of a face from another.
LEAST_SIDE = 2
#: By which share of its own spread a map is raised and lowered.
_STEP = 0.05
#: So many values of maps at most are put through the head at once.
_AT_ONCE = 8_000_000


@dataclass(frozen=True, slots=True, eq=False)
class GradCam:
    """A network cut in two: `body` gives the maps (side, side, maps), `head` makes scores of them."""

    body: keras.Model
    head: keras.Model
    value_range: tuple[float, float]

    def look(self, face: Gray, place: int) -> Saliency:
        """Find what counts for one class, whose place in the output is given."""
        _, side_px, _, channels = self.body.input_shape
        maps = np.asarray(self.body(to_model_input(face, side_px, self.value_range, channels)))[0]
        weights = self._slopes(maps, place) / maps[..., 0].size
        return positive("Grad-CAM", maps @ weights)

    def _slopes(self, maps: NDArray[np.float32], place: int) -> NDArray[np.float32]:
        """The slope of the class's score as each map is raised, (maps,)."""
        steps = _STEP * np.maximum(maps.std(axis=(0, 1)), 1e-3).astype(np.float32)
        slopes = []
        count = max(1, _AT_ONCE // (2 * maps.size))
        for rows in np.array_split(np.arange(len(steps)), -(-len(steps) // count)):
            shift = (
                steps[rows, np.newaxis, np.newaxis, np.newaxis]
                * np.eye(len(steps), dtype=np.float32)[rows, np.newaxis, np.newaxis, :]
            )
            scores = np.asarray(self.head(np.concatenate([maps + shift, maps - shift])))[:, place]
            raised, lowered = np.split(scores, 2)
            slopes.append((raised - lowered) / (2 * steps[rows]))
        return np.concatenate(slopes)


def cut(network: Any, value_range: tuple[float, float]) -> GradCam | None:
    """Cut a network behind its last maps; None where it has none that can be reached."""
    entry, steps = _steps_of(network)
    logits = _before_softmax(*steps[-1][:2])
    for _, _, maps in reversed(steps) if logits is not None else ():
        shape = getattr(maps, "shape", ())
        if len(shape) != 4 or None in shape[1:] or min(shape[1:3]) < LEAST_SIDE:
            continue
        try:
            head = keras.Model(maps, logits)
        except ValueError:  # a way leads past this layer, so that the score does not follow from its maps
            continue
        return GradCam(keras.Model(entry, maps), head, value_range)
    return None


def _steps_of(network: Any) -> tuple[Any, list[tuple[Any, Any, Any]]]:
    """The network's input, and each layer with what goes in and what comes out."""
    if not isinstance(network, keras.Sequential):
        layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
        return network.inputs[0], [(layer, layer.input, layer.output) for layer in layers]
    # a Sequential one was put together again with each layer, and its layers' outputs belong to different times
    entry = at = keras.Input(network.input_shape[1:])
    steps = []
    for layer in _chain(network):
        before, at = at, layer(at)
        steps.append((layer, before, at))
    return entry, steps


def _chain(network: Any) -> Iterator[Any]:
    """The layers of a stack, and of stacks within it, as Teachable Machine makes them."""
    for layer in network.layers:
        if isinstance(layer, keras.Sequential):
            yield from _chain(layer)
        else:
            yield layer


def _before_softmax(last: Any, before: Any) -> Any | None:
    """The scores before the softmax of the last layer; None where it has none that we know."""
    if isinstance(last, keras.layers.Softmax) or (
        isinstance(last, keras.layers.Activation) and last.activation is keras.activations.softmax
    ):
        return before
    if isinstance(last, keras.layers.Dense) and last.activation is keras.activations.softmax:
        name = f"{last.name}_before_softmax"  # one of Keras's own may stand in the network already
        plain = keras.layers.Dense(last.units, use_bias=last.use_bias, name=name)
        scores = plain(before)
        plain.set_weights(last.get_weights())
        return scores
    return None
