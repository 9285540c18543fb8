"""Which parts the description of a Keras model may name. All others are refused before anything is made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from edge.errors import ModelError

#: Layers that networks for pictures are made of. Not among them: what runs code of its own (Lambda,
#: TorchModuleWrapper, JaxLayer, FlaxLayer, TFSMLayer) and what reads other files (TextVectorization, lookups).
_LAYERS = frozenset(
    """InputLayer Dense EinsumDense Activation Identity ReLU LeakyReLU PReLU ELU Softmax
    Conv1D Conv2D Conv2DTranspose DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D
    MaxPooling1D MaxPooling2D AveragePooling1D AveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D
    GlobalAveragePooling1D GlobalAveragePooling2D AdaptiveAveragePooling2D AdaptiveMaxPooling2D
    BatchNormalization LayerNormalization GroupNormalization UnitNormalization SpectralNormalization
    RMSNormalization Normalization Dropout SpatialDropout1D SpatialDropout2D AlphaDropout GaussianDropout
    GaussianNoise ActivityRegularization Flatten Reshape Permute RepeatVector Cropping1D Cropping2D
    ZeroPadding1D ZeroPadding2D UpSampling1D UpSampling2D Resizing Rescaling CenterCrop RandomFlip
    RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness RandomCrop Add Subtract
    Multiply Average Maximum Minimum Concatenate Dot Attention AdditiveAttention MultiHeadAttention
    GroupQueryAttention Embedding Masking""".split()
)
_MODELS = frozenset(("Functional", "Model", "Sequential"))
_VALUES = frozenset(("__tensor__", "__keras_tensor__", "__tuple__", "__ellipsis__", "DTypePolicy", "Policy"))
#: Operations of a functional model, such as an addition of two tensors, name one of these as their module.
_OPERATIONS = ("keras.ops", "keras.src.ops.numpy", "keras.src.ops.nn", "keras.src.ops.math")


def refuse_programs(config: Any, path: Path) -> None:
    """Refuse a model that holds anything but layers of Keras which only compute.

    Keras's own safe mode stands behind this; it did not always hold (CVE-2025-8747, CVE-2025-9905).

    Raises:
        ModelError: names what it holds.
    """
    for part in _dictionaries(config):
        name, module = part.get("class_name"), part.get("module")
        if name in ("Lambda", "__lambda__", "TorchModuleWrapper") or part.get("function_type") == "lambda":
            raise ModelError(
                f"{path} holds a {str(name).strip('_')} layer, which runs code of its own; expected layers of "
                "Keras alone: build the network again without it"
            )
        if isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins"):
            raise ModelError(f"{path} holds {name} of {module[:60]}; expected layers of Keras alone")
        if name is not None and "config" in part and not _is_known(name, module, part["config"]):
            raise ModelError(
                f"{path} holds {str(name)[:60]}, which is none of the layers that a network for pictures is "
                "made of; build it again without"
            )


def _is_known(name: Any, module: Any, config: Any) -> bool:
    if not isinstance(name, str):
        return False
    if name == "function":  # an activation, by its name
        return isinstance(config, str) and hasattr(keras.activations, config)
    if isinstance(module, str) and module.startswith(_OPERATIONS):
        return name[:1].isupper()
    if name in _LAYERS | _MODELS | _VALUES:
        return True
    kinds = (keras.initializers, keras.regularizers, keras.constraints, keras.dtype_policies)
    return any(isinstance(getattr(kind, name, None), type) for kind in kinds)


def _dictionaries(config: Any) -> Iterator[dict[str, Any]]:
    waiting = [config]  # a stack of our own: a file may nest deeper than Python recurses
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
