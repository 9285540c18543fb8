"""From a face crop to the score of each class, by a network of eight bits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import EDGETPU_FILE, Bundle, Card, Quantization
from edge.emotion.runtime import import_runtime
from edge.errors import ModelError
from edge.preprocessing import crop_face, quantization_table, to_quantized_input
from edge.quiet import quiet_stderr
from edge.records import Box, Gray, Scores

#: The network's very output, (classes,).
Quantized = NDArray[np.int8 | np.uint8]

_TYPES: Mapping[str, type[np.int8] | type[np.uint8]] = {"int8": np.int8, "uint8": np.uint8}

#: What the compiler for the Edge TPU puts in place of all that it compiled.
_EDGETPU_OPERATION = "edgetpu-custom-op"


class Classifier:
    """An interpreter whose tensors were checked against the bundle's card."""

    def __init__(self, interpreter: Any, card: Card) -> None:
        self.classes: Sequence[str] = card.classes
        self._interpreter = interpreter
        self._card = card
        quantization = card.input.quantization
        self._table = quantization_table(
            quantization.scale, quantization.zero_point, card.input.value_range, _TYPES[quantization.type]
        )
        self._input = interpreter.get_input_details()[0]["index"]
        self._output = interpreter.get_output_details()[0]["index"]

    @classmethod
    def open(cls, bundle: Bundle, threads: int = 1) -> Self:
        """Load a bundle's network.

        Raises:
            ModelError: the file is no TFLite model, or its tensors are not what the card says.
        """
        return cls.open_file(bundle.model_path, bundle.card, threads)

    @classmethod
    def open_file(cls, path: Path, card: Card, threads: int = 1) -> Self:
        """Load the network of a card from wherever its file is. Raises ModelError as `open`."""
        interpreter = _make_interpreter(path, threads)
        check_tensors(interpreter, card, path)
        return cls(interpreter, card)

    def scores(self, gray: Gray, box: Box) -> Scores:
        """Score the face in a box of a frame, (H, W), 0..255. The scores add up to 1."""
        return self.scores_of_crop(crop_face(gray, box, self._card.input.crop_margin))

    def scores_of_crop(self, face: Gray) -> Scores:
        return dict(zip(self.classes, self.probabilities(face).tolist(), strict=True))

    def probabilities(self, face: Gray) -> NDArray[np.float32]:
        """Score a face crop of any size; (classes,) in the card's order, adding up to 1."""
        return self.to_probabilities(self.quantized(face))

    def to_probabilities(self, quantized: Quantized) -> NDArray[np.float32]:
        """Read what `quantized` gives, (classes,)."""
        output = self._card.output
        return dequantize_scores(quantized, output.quantization, output.temperature)

    def quantized(self, face: Gray) -> Quantized:
        """The network's very output for a face crop of any size, (classes,).

        Raises:
            RuntimeError: an accelerator failed.
        """
        spec = self._card.input
        self._interpreter.set_tensor(
            self._input, to_quantized_input(face, spec.side_px, self._table, spec.channels)
        )
        self._interpreter.invoke()
        quantized: Quantized = self._interpreter.get_tensor(self._output)[0]
        return quantized


def dequantize_scores(
    quantized: Quantized, quantization: Quantization, temperature: float
) -> NDArray[np.float32]:
    """Turn a quantized softmax into calibrated probabilities (Guo et al. 2017, arXiv:1706.04599).

    Dividing logits by the temperature is raising probabilities to its inverse.
    """
    # Widened first: the difference of two of eight bits may need nine.
    shares = (quantized.astype(np.float64) - quantization.zero_point) * quantization.scale
    shares = np.maximum(shares, quantization.scale / 2) ** (1 / temperature)
    return np.asarray(shares / shares.sum(), np.float32)


def check_tensors(interpreter: Any, card: Card, path: Path) -> None:
    """Refuse a network that is not the one of its card: a wrong one must not mislabel for a year."""
    source, sink = interpreter.get_input_details(), interpreter.get_output_details()
    side_px, channels = card.input.side_px, card.input.channels
    checks = [
        ("inputs", len(source), 1),
        ("outputs", len(sink), 1),
        (
            "input.side_px and channels: input shape",
            source[0]["shape"].tolist(),
            [1, side_px, side_px, channels],
        ),
        ("classes: output shape", sink[0]["shape"].tolist(), [1, len(card.classes)]),
        ("input type", source[0]["dtype"].__name__, card.input.quantization.type),
        ("output type", sink[0]["dtype"].__name__, card.output.quantization.type),
    ]
    for what, tensor, spec in (("input", source[0], card.input), ("output", sink[0], card.output)):
        scale, zero_point = tensor["quantization"]
        expected = spec.quantization
        checks.append((f"{what}.quantization.zero_point", zero_point, expected.zero_point))
        if not np.isclose(scale, expected.scale, rtol=1e-5, atol=0):
            checks.append((f"{what}.quantization.scale", scale, expected.scale))
    for field, value, wanted in checks:
        if value != wanted:
            raise ModelError(f"{path}: {field} is {value}; the card expects {wanted}")


def _make_interpreter(path: Path, threads: int) -> Any:
    runtime = import_runtime()
    try:
        with quiet_stderr():
            interpreter = runtime.Interpreter(model_path=str(path), num_threads=threads)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else "no reason given"
        if _EDGETPU_OPERATION in reason:
            raise ModelError(
                f"{path} is compiled for the Edge TPU; expected the model that it was compiled from, "
                f"with the compiled one beside it as {EDGETPU_FILE}"
            ) from None
        raise ModelError(f"{path} is not a TFLite model that can be run: {reason}") from None
    return interpreter
