"""Three ways to compute one network, side by side: float, int8 by XNNPACK, int8 by the reference kernels.

Keras computes the float one. LiteRT hands int8 to XNNPACK by default, as on a device. Its reference kernels are
slow and plain: they follow the definition of each operation. How far the two differ says how much of a score is
rounding, which another runtime, or a Coral, may do otherwise still.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.emotion.bundle import Bundle
from edge.emotion.classifier import Classifier, Quantized, check_tensors
from edge.emotion.runtime import import_runtime, name_with_version
from edge.errors import ModelError, UsageError
from edge.quiet import quiet_stderr
from training.metrics import figures, main_truth
from training.model_files import load_float_model
from training.predictions import float_probabilities
from training.splits import Faces

#: Float, what devices run, and the definition.
KINDS = ("float", "xnnpack", "reference")
PAIRS = (("float", "xnnpack"), ("float", "reference"), ("xnnpack", "reference"))
#: Scores are told in steps of an int8 softmax.
STEPS = 256
#: Upper ends of the bars that differences of scores are counted in, in 1/256.
BARS = (0, 1, 2, 4, 8, 16, 32, STEPS)

Done = Callable[[int], None]


def measure_parity(
    bundle: Bundle, faces: Faces, limit: int | None = None, done: Done = lambda count: None
) -> Mapping[str, Any]:
    """Score the same faces in three ways and say where they differ.

    Args:
        bundle: with its float network.
        faces: of PublicTest.
        limit: at most so many faces, drawn by chance; None: all. The reference kernels take many times as long
            as XNNPACK: some 35 times on mini-XCEPTION.
        done: is told how many faces have been scored.

    Returns:
        The report, for JSON. Differences are of single scores, before the temperature, in 1/256.
    """
    if not bundle.source_path.is_file():
        raise UsageError(
            f"{bundle.folder} holds no {bundle.source_path.name}, the float network to compare with"
        )
    chosen = faces.take(sample(len(faces), limit))
    runtime = import_runtime()
    interpreters = {
        kind: open_kernels(bundle, runtime, resolver)
        for kind, resolver in (("xnnpack", "AUTO"), ("reference", "BUILTIN_REF"))
    }
    shares = {"float": _float_shares(bundle, chosen), **_int8_shares(bundle, interpreters, chosen, done)}
    found = {kind: _figures(shares[kind], chosen) for kind in KINDS}
    truth = main_truth(found["float"])
    return {
        "v": 1,
        "split": "PublicTest",
        "faces": len(chosen),
        "of": len(faces),
        "runtime": name_with_version(runtime),
        "delegated": is_delegated(interpreters["xnnpack"]),
        "pairs": {pair_name(pair): _differences(shares, pair) for pair in PAIRS},
        "accuracy": {
            name: {kind: found[kind][name].get("accuracy") for kind in KINDS} for name in found["float"]
        },
        "truth": truth,
        "per_class": _per_class(shares, found, truth, bundle.card.classes),
    }


def sample(count: int, limit: int | None) -> NDArray[np.intp]:
    """Some rows of so many, the same ones each time. Data often lies class by class: chance draws from all."""
    if limit is None or limit >= count:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, limit, replace=False))


def pair_name(pair: tuple[str, str]) -> str:
    return "_".join(pair)


def open_kernels(bundle: Bundle, runtime: Any, resolver: str) -> Any:
    """An interpreter of a bundle's int8 network.

    Args:
        bundle: whose.
        runtime: of edge.emotion.runtime.
        resolver: which kernels: "AUTO", as on the device, or "BUILTIN_REF".
    """
    try:
        with quiet_stderr():
            interpreter = runtime.Interpreter(
                model_path=str(bundle.model_path),
                num_threads=1,
                experimental_op_resolver_type=runtime.OpResolverType[resolver],
            )
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{bundle.model_path} cannot be run by {resolver}: {error}") from None
    check_tensors(interpreter, bundle.card, bundle.model_path)
    return interpreter


def is_delegated(interpreter: Any) -> bool:
    """Whether something took over the graph, as XNNPACK does: it then stands there as an operation."""
    return any(operation["op_name"] == "DELEGATE" for operation in interpreter._get_ops_details())


def _float_shares(bundle: Bundle, faces: Faces) -> NDArray[np.float64]:
    model = load_float_model(bundle.source_path, len(bundle.card.classes))
    shares = float_probabilities(model, faces.pixels, bundle.card.input.value_range)
    return np.asarray(shares, np.float64)


def _int8_shares(
    bundle: Bundle, interpreters: Mapping[str, Any], faces: Faces, done: Done
) -> dict[str, NDArray[np.float64]]:
    """The very outputs of the int8 network, as shares."""
    classifiers = {kind: Classifier(interpreter, bundle.card) for kind, interpreter in interpreters.items()}
    outputs: dict[str, list[Quantized]] = {kind: [] for kind in classifiers}
    for index, face in enumerate(faces.pixels):
        for kind, classifier in classifiers.items():
            outputs[kind].append(classifier.quantized(face))
        done(index + 1)
    output = bundle.card.output.quantization
    return {
        kind: (np.stack(rows).astype(np.float64) - output.zero_point) * output.scale
        for kind, rows in outputs.items()
    }


def _figures(shares: NDArray[np.float64], faces: Faces) -> Mapping[str, Any]:
    """Against each truth. The temperature moves no label."""
    found: Mapping[str, Any] = figures(shares.astype(np.float32), faces, np.zeros(len(faces), bool))["all"]
    return found


def _differences(shares: Mapping[str, NDArray[np.float64]], pair: tuple[str, str]) -> Mapping[str, Any]:
    before, after = (shares[kind] for kind in pair)
    steps = STEPS * np.abs(before - after)
    agree = before.argmax(axis=1) == after.argmax(axis=1)
    bars = np.searchsorted(BARS, np.round(steps).ravel())  # the first bar that is high enough
    return {
        "largest": round(float(steps.max()), 2),
        "mean": round(float(steps.mean()), 3),
        "labels_agree": round(float(agree.mean()), 5),
        "labels_differ": int((~agree).sum()),
        "scores_up_to": dict(zip(map(str, BARS), np.bincount(bars, minlength=len(BARS)).tolist(), strict=True)),
    }


def _per_class(
    shares: Mapping[str, NDArray[np.float64]], found: Mapping[str, Any], truth: str, classes: tuple[str, ...]
) -> Mapping[str, Any]:
    rows = {}
    for index, name in enumerate(classes):
        of_class = {kind: found[kind][truth].get("per_class", {}).get(name, {}) for kind in KINDS}
        largest = {
            pair_name(pair): STEPS * np.abs(shares[pair[0]][:, index] - shares[pair[1]][:, index])
            for pair in PAIRS
        }
        rows[name] = {
            "faces": of_class["float"].get("faces", 0),
            "recall": {kind: of_class[kind].get("recall") for kind in KINDS},
            "largest": {pair: round(float(steps.max()), 2) for pair, steps in largest.items()},
            "mean": {pair: round(float(steps.mean()), 3) for pair, steps in largest.items()},
        }
    return rows


def for_card(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """The report's short form."""
    short = {
        pair: {name: value for name, value in found.items() if name != "scores_up_to"}
        for pair, found in report["pairs"].items()
    }
    kept = ("split", "faces", "of", "runtime", "delegated", "accuracy")
    return {**{name: report[name] for name in kept}, "pairs": short}
