"""Files as Teachable Machine exports them: its very network, untrained, and the words of Keras 2."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from edge.preprocessing import to_model_input
from tests.training.faces import draw_face

LABELS = ("Happy", "Sad", "Angry")
#: In our spelling.
CLASSES = ("happy", "sad", "angry")
SIDE_PX = 224


def build_teachable(outputs: int) -> Any:
    """MobileNetV2 of width 0.35 and a mean, then two dense layers: networks within a network."""
    import keras

    layers = keras.layers
    keras.utils.set_random_seed(0)
    body = keras.applications.MobileNetV2(
        (SIDE_PX, SIDE_PX, 3), alpha=0.35, include_top=False, weights=None, name="model1"
    )
    features = keras.Sequential(
        [layers.Input((SIDE_PX, SIDE_PX, 3)), body, layers.GlobalAveragePooling2D()], name="sequential_1"
    )
    head = keras.Sequential(
        [
            layers.Input((1280,)),
            layers.Dense(100, activation="relu", name="dense_Dense1"),
            layers.Dense(outputs, activation="softmax", use_bias=False, name="dense_Dense2"),
        ],
        name="sequential_3",
    )
    face = layers.Input((SIDE_PX, SIDE_PX, 3), name="sequential_1_input")
    model = keras.Sequential([face, features, head], name="sequential_4")
    _make_answers_differ(model)
    return model


def pictures() -> Any:
    """A face of each class as the network gets it, (7, 224, 224, 3)."""
    return np.concatenate([to_model_input(draw_face(label, 1), SIDE_PX, (-1, 1), 3) for label in range(7)])


def _make_answers_differ(model: Any) -> None:
    """Let the untrained network say other things of other faces: its normalizations are those of some faces."""
    import keras

    for layer in model.layers[0].layers[0].layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(pictures(), training=True)
    head = model.layers[-1].layers[-1]
    head.set_weights([2 * weights for weights in head.get_weights()])


def save_as_keras_2(model: Any, path: Path) -> Path:
    """HDF5 with the description that Keras 2.4 wrote, which Keras 3 refuses as it is."""
    model.save(path)
    with h5py.File(path, "r+") as file:
        config = as_keras_2(json.loads(file.attrs["model_config"]))
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.4.0"
    return path


def as_keras_2(config: Any) -> Any:
    """A description in the words of Keras 2."""
    if isinstance(config, list):
        return [as_keras_2(part) for part in config]
    if not isinstance(config, dict):
        return config
    if config.get("class_name") == "DTypePolicy":
        return config["config"]["name"]
    found = {name: as_keras_2(value) for name, value in config.items()}
    for name in ("module", "registered_name", "build_config", "build_input_shape", "quantization_config"):
        found.pop(name, None)
    inner = found.get("config")
    if isinstance(inner, dict):
        if found.get("class_name") == "DepthwiseConv2D":
            inner["groups"] = 1
        if found.get("class_name") == "BatchNormalization":
            inner["axis"] = [inner["axis"]]
            for name in ("synchronized", "renorm"):
                inner.pop(name, None)
        if found.get("class_name") == "InputLayer":
            inner["batch_input_shape"] = inner.pop("batch_shape", inner.get("batch_input_shape"))
            inner.pop("optional", None)
        for name in ("kernel_initializer", "depthwise_initializer"):
            if name in inner:  # as TensorFlow 2.2 wrote them
                inner[name] = {"class_name": "VarianceScaling", "config": {"scale": 1, "dtype": "float32"}}
    for name in ("input_layers", "output_layers"):
        tensors = found.get(name)
        if isinstance(tensors, list) and tensors and isinstance(tensors[0], str):
            found[name] = [tensors]
    if "inbound_nodes" in found:
        found["inbound_nodes"] = [_node(node) for node in found["inbound_nodes"]]
    return found


def _node(node: Any) -> Any:
    """`{"args": […tensors…]}` of Keras 3 as `[["layer", 0, 0, {}], …]`."""
    if not isinstance(node, dict):
        return node
    tensors: list[Any] = []

    def collect(part: Any) -> None:
        if isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
            tensors.append([*part["config"]["keras_history"], {}])
        elif isinstance(part, dict):
            for value in part.values():
                collect(value)
        elif isinstance(part, list):
            for value in part:
                collect(value)

    collect(node["args"])
    return tensors


def convert_to_tflite(model: Any, *, is_quantized: bool, side_px: int = SIDE_PX) -> bytes:
    """As its converter does: float, or eight bits inside with uint8 at both ends."""
    import tensorflow as tf

    from training.backend import quiet_streams

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if is_quantized:
        random = np.random.default_rng(0)
        noise = random.uniform(-1.1, 1.1, (1, side_px, side_px, 3)).clip(-1, 1)  # some values are the ends
        examples = [noise.astype(np.float32)]
        if side_px == SIDE_PX:
            examples += list(pictures()[:2, np.newaxis])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([example] for example in examples)
        converter.inference_input_type = converter.inference_output_type = tf.uint8
    with quiet_streams():
        return bytes(converter.convert())


def write_labels(folder: Path, labels: Sequence[str] = LABELS) -> None:
    lines = (f"{index} {name}" for index, name in enumerate(labels))
    (folder / "labels.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def zipped(folder: Path) -> Path:
    return Path(shutil.make_archive(str(folder), "zip", folder))
