import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from convert.cli import main
from convert.edgetpu import find_problems
from convert.graph import Operation, Tensor, read_graph
from edge.resources import resource_folder

BUNDLE = resource_folder("models") / "mini_xception"


def tensor(name: str = "x", shape: tuple[int, ...] = (1, 8, 8, 4), **changes: object) -> Tensor:
    known = Tensor(name, "INT8", shape, 1, is_constant=False, values=None)
    return replace(known, **changes)  # type: ignore[arg-type]


def constant(*values: int, name: str = "axes", kind: str = "INT32") -> Tensor:
    return tensor(name, (len(values),), type=kind, is_constant=True, values=values)


def weights(name: str = "w", **changes: object) -> Tensor:
    return tensor(name, (4, 3, 3, 4), is_constant=True, **changes)


def operation(name: str, *inputs: Tensor, version: int = 1, **options: object) -> Operation:
    return Operation(name, SimpleNamespace(**options), inputs or (tensor(),), (tensor("y"),), version)


def test_the_edge_tpu_runs_the_whole_shipped_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert find_problems(read_graph(BUNDLE / "model.tflite")) == []
    assert main(["check", str(BUNDLE)]) == 0
    assert main(["check", str(BUNDLE / "model.tflite")]) == 0
    assert "the Edge TPU runs 33 of 33 operations" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (operation("CUMSUM"), "operation 1 CUMSUM, tensor y: the Edge TPU has no such operation"),
        (operation("RELU", tensor("f", type="FLOAT32")), "tensor f: type FLOAT32; expected INT8"),
        (operation("RELU", tensor("n", type="INT32")), "tensor n: type INT32"),
        (operation("RELU", tensor("b", (-1, 8, 8, 4))), "tensor b: shape [-1, 8, 8, 4]; expected fixed sizes"),
        (operation("RELU", tensor("b", (2, 8, 8, 4))), "expected only the last 3 above 1"),
        (operation("MAX_POOL_2D", fusedActivationFunction=1), "tensor y: a fused activation"),
        (
            operation("CONV_2D", tensor(), tensor("k"), dilationWFactor=1, dilationHFactor=2),
            "tensor k: dilation",
        ),
        (
            operation("CONV_2D", tensor(), tensor("k"), dilationWFactor=1, dilationHFactor=1),
            "tensor k: its weights are computed; expected constants",
        ),
        (
            operation("CONV_2D", tensor(), weights(), dilationWFactor=1, dilationHFactor=1, version=6),
            "tensor y: version 6 of the operation; edgetpu_compiler 16.0 reads at most 5",
        ),
        (operation("TRANSPOSE_CONV", tensor(), tensor("k"), tensor()), "tensor k: its weights are computed"),
        (operation("SQUEEZE", tensor("q", (1, 5, 1, 10))), "tensor q: shape [1, 5, 1, 10] loses more than"),
        (operation("SOFTMAX", tensor("s", (1, 2, 3))), "tensor s: shape [1, 2, 3]; expected one dimension"),
        (operation("SOFTMAX", tensor("s", (1, 16_001))), "at most 16,000"),
        (operation("MEAN", tensor("m"), constant(0)), "tensor m: it works across the batch"),
        (operation("MEAN", tensor("m", (1, 8, 8, 3)), constant(-1)), "a mean over 3 channels"),
        (operation("SUM", tensor("m"), constant(0)), "across the batch"),
        (operation("PAD", tensor("p"), constant(1, 0, 0, 0)), "tensor p: it pads the batch"),
        (operation("FULLY_CONNECTED", tensor(), tensor("w"), weightsFormat=1), "tensor w: its weights"),
        (operation("FULLY_CONNECTED", tensor(), weights(), weightsFormat=0), "tensor y: shape"),
        (
            operation("FULLY_CONNECTED", tensor(), weights(scales=7), weightsFormat=0),
            "tensor w: it has 7 scales, one for each channel; expected one for all",
        ),
        (operation("REDUCE_MAX", tensor("m"), constant(-4)), "across the batch"),
        (operation("PACK", axis=0), "it packs the batch"),
        (operation("SPLIT", constant(0), tensor()), "it splits the batch"),
        (operation("PRELU", tensor(), tensor("a", (8, 8, 4))), "tensor a: shape [8, 8, 4]"),
        (
            operation("CONCATENATION", tensor(), constant(1, kind="INT8", name="c"), fusedActivationFunction=0),
            "tensor c: a constant input must be all zero",
        ),
        (
            operation(
                "STRIDED_SLICE", tensor(), tensor(), tensor(), constant(1, 2), ellipsisMask=0, newAxisMask=0
            ),
            "its strides are not all 1",
        ),
    ],
)
def test_an_operation_that_stays_on_the_cpu_is_named_with_its_tensor(bad: Operation, said: str) -> None:
    problems = find_problems([operation("RELU"), bad])
    assert len(problems) == 1
    assert said in str(problems[0])


@pytest.mark.parametrize(
    "good",
    [
        operation("MEAN", tensor(shape=(1, 8, 8, 7)), constant(1, 2)),
        operation("PAD", tensor(), constant(0, 0, 1, 1)),
        operation("CONV_2D", tensor(), weights(scales=4), dilationWFactor=2, dilationHFactor=2, version=5),
        Operation("SQUEEZE", None, (tensor(shape=(1, 1, 5, 10)),), (tensor(shape=(5, 10)),)),
        operation("CONCATENATION", tensor(), constant(0, 0, kind="INT8"), fusedActivationFunction=0),
        operation("edgetpu-custom-op"),
    ],
)
def test_an_operation_within_the_limits_passes(good: Operation) -> None:
    assert find_problems([good]) == []


@pytest.mark.tensorflow
def test_check_fails_on_a_float_model_and_says_what_stays_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import tensorflow as tf

    model = tf.keras.Sequential([tf.keras.layers.Input((4,)), tf.keras.layers.Dense(7, activation="softmax")])
    path = tmp_path / "float.tflite"
    path.write_bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())
    assert main(["check", str(path)]) == 1
    lines = capsys.readouterr().out.strip().splitlines()
    assert "FULLY_CONNECTED" in lines[-3] and "type FLOAT32" in lines[-3]
    assert lines[-1].endswith("the Edge TPU runs 0 of 2 operations")


def test_check_of_what_is_no_model_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.tflite").write_text("text")
    assert main(["check", str(tmp_path / "x.tflite")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.tensorflow
def test_check_names_a_dense_layer_with_a_scale_for_each_channel(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As TensorFlow converts it by default."""
    import numpy as np
    import tensorflow as tf

    model = tf.keras.Sequential([tf.keras.layers.Input(batch_shape=(1, 16)), tf.keras.layers.Dense(7)])
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    faces = np.random.default_rng(0).uniform(-1, 1, (8, 1, 16)).astype(np.float32)
    converter.representative_dataset = lambda: ([face] for face in faces)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of the converter: it expects calibration by hand
        (tmp_path / "dense.tflite").write_bytes(converter.convert())
    assert main(["check", str(tmp_path / "dense.tflite")]) == 1
    first = capsys.readouterr().out.strip().splitlines()[-2]
    assert first.startswith("operation 0 FULLY_CONNECTED, tensor ")
    assert first.endswith("it has 7 scales, one for each channel; expected one for all")
