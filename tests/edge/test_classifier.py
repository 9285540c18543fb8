import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edge.emotion.bundle import CARD_FILE, MODEL_FILE, Quantization, load_bundle, sha256_of
from edge.emotion.classifier import Classifier, dequantize_scores
from edge.errors import ModelError
from edge.records import Box, Gray

Make = Callable[..., Path]
FACE = Box(177, 66, 96, 96)
SOFTMAX = Quantization(scale=1 / 256, zero_point=-128)


def test_the_astronaut_is_happy(classifier: Classifier, astronaut: Gray) -> None:
    scores = classifier.scores(astronaut, FACE)
    assert max(scores, key=scores.__getitem__) == "happy"
    assert scores["happy"] > 0.5


def test_scores_have_the_names_and_the_order_of_the_card(
    classifier: Classifier, bundle_folder: Path, astronaut: Gray
) -> None:
    scores = classifier.scores(astronaut, FACE)
    assert tuple(scores) == load_bundle(bundle_folder).card.classes
    assert sum(scores.values()) == pytest.approx(1)


def test_other_names_in_the_card_are_other_names_of_the_scores(make_bundle: Make, astronaut: Gray) -> None:
    names = list("abcdefg")
    scores = Classifier.open(load_bundle(make_bundle({"classes": names}))).scores(astronaut, FACE)
    assert list(scores) == names
    assert max(scores, key=scores.__getitem__) == "d"


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64), (480, 640)])
def test_a_crop_of_any_shape_is_scored(classifier: Classifier, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    probabilities = classifier.probabilities(noise)
    assert probabilities.shape == (7,)
    assert probabilities.min() >= 0 and probabilities.sum() == pytest.approx(1)


def test_a_face_over_the_border_is_scored(classifier: Classifier, astronaut: Gray) -> None:
    part = astronaut[:, 190:]
    scores = classifier.scores(part, Box(177 - 190, 66, 96, 96))
    assert scores == classifier.scores_of_crop(part[66:162, :83])


def test_the_crop_margin_of_the_card_is_used(make_bundle: Make, astronaut: Gray) -> None:
    wide = Classifier.open(load_bundle(make_bundle({"input.crop_margin": 0.25})))
    crop = astronaut[66 - 24 : 66 + 96 + 24, 177 - 24 : 177 + 96 + 24]
    assert wide.scores(astronaut, FACE) == wide.scores_of_crop(crop)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"input.side_px": 48}, "input.side_px.* is [1, 64, 64, 1]; the card expects [1, 48, 48, 1]"),
        (
            {"input.channels": 3},
            "input.side_px and channels: input shape is [1, 64, 64, 1]; the card expects [1, 64, 64, 3]",
        ),
        (
            {"output.quantization": {"scale": 1 / 256, "zero_point": 0, "type": "uint8"}},
            "output type is int8; the card expects uint8",
        ),
        ({"classes": list("abcdef")}, "classes: output shape is [1, 7]; the card expects [1, 6]"),
        ({"input.quantization.zero_point": 5}, "input.quantization.zero_point is .*; the card expects 5"),
        ({"input.quantization.scale": 0.5}, "input.quantization.scale is 0.0.*; the card expects 0.5"),
        ({"output.quantization.zero_point": 0}, "output.quantization.zero_point is -128; the card expects 0"),
        ({"output.quantization.scale": 0.1}, "output.quantization.scale is 0.0.*; the card expects 0.1"),
    ],
)
def test_a_model_of_another_shape_than_its_card_is_refused(
    changes: dict[str, Any], expected: str, make_bundle: Make
) -> None:
    bundle = load_bundle(make_bundle(changes))
    pattern = ".*".join(re.escape(part) for part in expected.split(".*"))
    with pytest.raises(ModelError, match=f"^{re.escape(str(bundle.model_path))}: {pattern}$"):
        Classifier.open(bundle)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x1c\x00\x00\x00TFL3" + bytes(100)])
def test_what_is_no_model_is_refused_in_one_line(
    content: bytes, make_bundle: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = make_bundle()
    (folder / MODEL_FILE).write_bytes(content)
    card = (folder / CARD_FILE).read_text()
    old = load_digest(card)
    (folder / CARD_FILE).write_text(card.replace(old, sha256_of(folder / MODEL_FILE)))
    with pytest.raises(ModelError, match=r"model\.tflite is not a TFLite model that can be run: [^\n]+$"):
        Classifier.open(load_bundle(folder))
    assert capfd.readouterr().err == ""


def load_digest(card: str) -> str:
    found = re.search(r'"model.tflite": "([0-9a-f]{64})"', card)
    assert found
    return found[1]


@given(hnp.arrays(np.int8, 7))
def test_any_output_becomes_probabilities_in_the_same_order(quantized: np.ndarray) -> None:
    for temperature in (1.0, 2.0):
        shares = dequantize_scores(quantized, SOFTMAX, temperature)
        assert shares.sum() == pytest.approx(1, abs=1e-5)
        assert shares.min() > 0, "no class is ever impossible"
        higher = quantized[:, None] > quantized[None, :]
        assert (shares[:, None] >= shares[None, :])[higher].all()


@given(st.floats(1.1, 10))
def test_a_temperature_above_one_flattens_and_below_one_sharpens(temperature: float) -> None:
    quantized = np.array([100, -100, -100, -120, -128, -128, -128], np.int8)
    best = float(dequantize_scores(quantized, SOFTMAX, 1.0)[0])
    assert dequantize_scores(quantized, SOFTMAX, temperature)[0] < best
    assert dequantize_scores(quantized, SOFTMAX, 1 / temperature)[0] > best


@given(hnp.arrays(np.uint8, 5))
def test_a_uint8_output_becomes_probabilities_likewise(quantized: np.ndarray) -> None:
    shares = dequantize_scores(quantized, Quantization(scale=1 / 256, zero_point=0, type="uint8"), 1.0)
    assert shares.sum() == pytest.approx(1, abs=1e-5)
    expected = np.maximum(quantized / 256, 1 / 512)
    np.testing.assert_allclose(shares, expected / expected.sum(), atol=1e-6)


def test_temperature_divides_logits() -> None:
    logits = np.array([2.0, 1.0, -0.5])
    quantized = np.rint(softmax(logits) * 256 - 128).astype(np.int8)
    np.testing.assert_allclose(dequantize_scores(quantized, SOFTMAX, 1.7), softmax(logits / 1.7), atol=0.01)


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits)
    return np.asarray(powers / powers.sum())


def test_the_card_temperature_is_used(make_bundle: Make, classifier: Classifier, astronaut: Gray) -> None:
    flat = Classifier.open(load_bundle(make_bundle({"output.temperature": 20.0})))
    assert flat.scores(astronaut, FACE)["happy"] < classifier.scores(astronaut, FACE)["happy"]
