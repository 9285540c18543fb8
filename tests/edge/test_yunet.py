"""YuNet as OpenCV reads it: a made network of the same outputs, and the real one where somebody has it."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from edge.config import DetectConfig
from edge.errors import ConfigError
from edge.faces.schedule import FaceFinder
from edge.faces.yunet import YuNetDetector
from edge.records import Box, Frame, Gray

#: Where a copy of face_detection_yunet_2023mar.onnx lies.
REAL = os.environ.get("MIEN_YUNET", "")


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def field(number: int, value: int | bytes | str | float) -> bytes:
    """A field of a protocol buffer, which is what an ONNX file is."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def tensor(name: str, values: np.ndarray) -> bytes:
    kind = {"float32": 1, "int64": 7}[str(values.dtype)]
    dims = b"".join(field(1, size) for size in values.shape)
    return dims + field(2, kind) + field(8, name) + field(9, values.tobytes())


def node(operation: str, inputs: list[str], output: str, **attributes: list[int]) -> bytes:
    data = b"".join(field(1, name) for name in inputs) + field(2, output) + field(4, operation)
    for name, numbers in attributes.items():
        data += field(5, field(1, name) + b"".join(field(8, number) for number in numbers) + field(20, 7))
    return data


def value_info(name: str, shape: list[int]) -> bytes:
    dims = b"".join(field(1, field(1, size)) for size in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def bright_square_finder() -> bytes:
    """A network with YuNet's outputs that takes every bright cell of 32 pixels for a face of 64 around it."""
    graph, outputs = b"", b""
    for stride in (8, 16, 32):
        cells = (64 // stride) ** 2
        kernels = {"cls": (1, 1.0), "obj": (1, 1.0), "bbox": (4, 0.0), "kps": (10, 0.0)}
        for kind, (channels, brightness) in kernels.items():
            name = f"{kind}_{stride}"
            share = brightness / (3 * stride * stride * 255) if stride == 32 else 0.0
            weights = np.full((channels, 3, stride, stride), share, np.float32)
            bias = np.zeros(channels, np.float32)
            if kind == "bbox":
                bias[:2], bias[2:] = 0.5, np.log(2.0)
            graph += field(5, tensor(f"w_{name}", weights)) + field(5, tensor(f"b_{name}", bias))
            graph += field(5, tensor(f"s_{name}", np.array([1, -1, channels], np.int64)))
            conv = node(
                "Conv", ["input", f"w_{name}", f"b_{name}"], f"c_{name}",
                kernel_shape=[stride, stride], strides=[stride, stride],
            )  # fmt: skip
            turn = node("Transpose", [f"c_{name}"], f"t_{name}", perm=[0, 2, 3, 1])
            flat = node("Reshape", [f"t_{name}", f"s_{name}"], name)
            graph += field(1, conv) + field(1, turn) + field(1, flat)
            outputs += field(12, value_info(name, [1, cells, channels]))
    graph += field(2, "made") + field(11, value_info("input", [1, 3, 64, 64])) + outputs
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 12))


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.onnx"
    path.write_bytes(bright_square_finder())
    return path


def test_what_the_network_finds_becomes_square_boxes_of_the_picture(made: Path) -> None:
    gray = np.zeros((200, 300), np.uint8)
    gray[64:96, 128:160] = 255
    (box,) = YuNetDetector(made).find(gray, 20)
    assert box == Box(112, 48, 64, 64)


def test_sizes_that_were_not_asked_for_are_left_out(made: Path) -> None:
    gray = np.zeros((200, 300), np.uint8)
    gray[64:96, 128:160] = 255
    detector = YuNetDetector(made)
    assert detector.find(gray, 80) == []
    assert detector.find(gray, 20, 50) == []


def test_frames_are_searched_by_the_network_that_the_user_names(made: Path, astronaut: Gray) -> None:
    """The made one sees no face where Haar sees one."""
    finder = FaceFinder(DetectConfig(yunet_model=made))
    assert finder.find(Frame(astronaut // 4, 0, 0, 0)) == [] and finder.searched == "full"
    assert len(FaceFinder(DetectConfig()).find(Frame(astronaut // 4, 0, 0, 0))) == 1


@pytest.mark.parametrize("content", [b"", b"version https://git-lfs.github.com/spec/v1\n", os.urandom(2000)])
def test_a_file_that_is_no_yunet_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="detect.yunet_model is .*model.onnx.* expected") as refused:
        FaceFinder(DetectConfig(yunet_model=path))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="which is not there; expected face_detection_yunet_2023mar.onnx"):
        YuNetDetector(tmp_path / "none.onnx")


@pytest.mark.skipif(not REAL, reason="MIEN_YUNET names no copy of face_detection_yunet_2023mar.onnx")
def test_the_real_yunet_finds_the_astronaut(astronaut: Gray) -> None:
    (box,) = YuNetDetector(Path(REAL)).find(astronaut, 20)
    assert box.overlap(Box(177, 66, 96, 96)) > 0.5
