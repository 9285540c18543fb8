from pathlib import Path

import pytest

from convert.graph import read_graph
from edge.errors import ModelError
from edge.resources import resource_folder

MODEL = resource_folder("models") / "mini_xception" / "model.tflite"


def test_the_shipped_network_is_int8_of_six_kinds_of_operations() -> None:
    operations = read_graph(MODEL)
    assert len(operations) == 33
    assert {operation.name for operation in operations} == {
        "CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "ADD", "MEAN", "SOFTMAX",
    }  # fmt: skip
    types = {tensor.type for operation in operations for tensor in (*operation.inputs, *operation.outputs)}
    assert types == {"INT8", "INT32"}
    assert operations[0].inputs[0].shape == (1, 64, 64, 1)
    assert operations[-1].outputs[0].shape == (1, 7)


def test_convolutions_have_a_scale_for_each_filter() -> None:
    first = read_graph(MODEL)[0]
    assert first.inputs[1].scales == first.inputs[1].shape[0] == 8


@pytest.mark.parametrize("length", [0, 3, 100, 20_000, 100_000])
def test_a_file_that_is_cut_off_is_refused_in_one_line(tmp_path: Path, length: int) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes(MODEL.read_bytes()[:length])
    with pytest.raises(ModelError, match="cut.tflite is (not a|a damaged) TFLite model"):
        read_graph(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing.tflite cannot be read: No such file"):
        read_graph(tmp_path / "nothing.tflite")
