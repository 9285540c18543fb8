import json

import pytest

from edge.errors import UsageError
from training.cli import main
from training.networks import NAMES, find_network, size_of

pytestmark = pytest.mark.tensorflow


@pytest.mark.parametrize(
    ("name", "parameters", "side_px"),
    [("mini_xception", 58_423, 64), ("plain_cnn_250", 6_926_375, 250), ("plain_cnn_48", 4_232_199, 48)],
)
def test_a_published_network_has_its_published_size(name: str, parameters: int, side_px: int) -> None:
    size = size_of(name, 7)
    assert size.parameters == parameters
    assert size.input == (side_px, side_px, 1)


def test_multiply_adds_are_those_counted_by_hand() -> None:
    # plain_cnn_48: convolutions on 46, 21, 8 and 2 pixels a side, then dense
    by_hand = (
        46**2 * 9 * 128 + 21**2 * 9 * 128 * 256 + 8**2 * 9 * 256 * 512 + 2**2 * 9 * 512 * 512
        + 512 * 512 + 512 * 256 + 256 * 7
    )  # fmt: skip
    assert size_of("plain_cnn_48", 7).multiply_adds == by_hand


def test_mini_xception_is_built_as_published() -> None:
    model = find_network("mini_xception").build(7)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("SeparableConv2D") == 8
    assert kinds.count("Add") == kinds.count("MaxPooling2D") == 4
    assert [layer.filters for layer in model.layers if type(layer).__name__ == "Conv2D"] == [
        8, 8, 16, 32, 64, 128, 7,
    ]  # fmt: skip
    assert kinds[-2:] == ["GlobalAveragePooling2D", "Softmax"]


def test_our_own_network_keeps_within_what_a_device_has_to_spare() -> None:
    size = size_of("mien", 7)
    assert size.parameters <= 1_200_000
    assert size.multiply_adds <= 30_000_000


def test_every_network_cites_where_it_is_from() -> None:
    for name in NAMES:
        text = find_network(name).__doc__
        assert text
        assert "arXiv:" in text or "no\nsingle source" in text or "no single source" in text


def test_the_list_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--json"]) == 0
    sizes = json.loads(capsys.readouterr().out)
    assert [size["name"] for size in sizes] == list(NAMES)
    assert all(set(size) == {"name", "parameters", "multiply_adds", "input"} for size in sizes)


def test_an_unknown_network_is_named_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="network resnet is not known; expected one of: mini_xception"):
        find_network("resnet")


@pytest.mark.parametrize("name", NAMES)
def test_every_network_takes_another_input_and_other_classes(name: str) -> None:
    from training.networks import build_network

    model = build_network(name, 5, 96)
    assert (model.input_shape, model.output_shape) == ((None, 96, 96, 1), (None, 5))


def test_the_list_can_be_for_another_input_and_other_classes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--json", "--classes", "happy,sad", "--input-size", "96"]) == 0
    sizes = json.loads(capsys.readouterr().out)
    assert all(size["input"] == [96, 96, 1] for size in sizes)
    assert main(["networks", "--json", "--classes", "2", "--input-size", "96"]) == 0
    assert json.loads(capsys.readouterr().out) == sizes


def test_an_input_too_small_for_a_network_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["networks", "--input-size", "20"]) == 2
    assert "--input-size 20 is too small for plain_cnn_48; try 48" in capsys.readouterr().err
