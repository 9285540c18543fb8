"""A multinomial logistic regression from action units to expressions, as it is kept and read.

Its score (logit) of a class is an intercept and one number for each unit, the unit's contribution: so much
does it speak for the class, or against it. Contributions add up to the score, and the differences of two
classes' contributions to the difference of their scores. Nothing is hidden between.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.files import write_text
from training.explain.facs import canonical_unit, name_of

KIND = "regression on action units"
_VERSION = 1
#: A file of more is none of ours.
_MAX_BYTES = 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """The regression.

    Attributes:
        classes: in the order of the rows of `coefficients`.
        units: in the order of their columns, as "AU12".
        mean, scale: (units,), by which intensities (0..5) are standardized.
        intercept: (classes,), the scores of a face with mean intensities.
        coefficients: (classes, units), what one standard deviation more of a unit adds to a class's score.
        low, high: (classes, units), ends of the coefficients' bootstrap intervals; None where none were made.
        record: all else that the file tells: "source" of the units, "fitted_on", "held_out" figures,
            "regularization", "versions", "command".
    """

    classes: tuple[str, ...]
    units: tuple[str, ...]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    intercept: NDArray[np.float64]
    coefficients: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    record: Mapping[str, Any] = field(default_factory=dict)


def contributions(model: Regression, intensities: NDArray[Any]) -> NDArray[np.float64]:
    """What each unit adds to the score of each class, against a face with mean intensities.

    Args:
        model: the regression.
        intensities: (units,) or (n, units), 0..5, in the order of `model.units`.

    Returns:
        (classes, units) or (n, classes, units); with `model.intercept` the sum over units is the score.
    """
    standardized = (np.asarray(intensities, np.float64) - model.mean) / model.scale
    parts: NDArray[np.float64] = model.coefficients * standardized[..., np.newaxis, :]
    return parts


def scores(model: Regression, intensities: NDArray[Any]) -> NDArray[np.float64]:
    """The logits, (classes,) or (n, classes); see `contributions`."""
    logits: NDArray[np.float64] = model.intercept + contributions(model, intensities).sum(axis=-1)
    return logits


def probabilities(model: Regression, intensities: NDArray[Any]) -> NDArray[np.float32]:
    """The softmax of the scores; rows of NaN where an intensity is NaN, as where no face was found."""
    logits = scores(model, intensities)
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares


def strongest(model: Regression, count: int = 3) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The units of the largest coefficients of each class, the largest first, whatever their sign.

    Returns:
        By class: "unit", "coefficient", and both "in_words", such as "lip corner puller (AU12) +1.8".
    """
    return {
        name: [_in_words(model.units[place], row[place]) for place in np.argsort(-np.abs(row))[:count]]
        for name, row in zip(model.classes, model.coefficients, strict=True)
    }


def _in_words(unit: str, coefficient: float) -> Mapping[str, Any]:
    value = round(float(coefficient), 4)
    return {"unit": unit, "coefficient": value, "in_words": f"{name_of(unit)} {value:+.1f}"}


def document_of(model: Regression) -> dict[str, Any]:
    """As JSON has it."""
    arrays = ("mean", "scale", "intercept", "coefficients", "low", "high")
    return {
        "v": _VERSION,
        "kind": KIND,
        "classes": list(model.classes),
        "units": list(model.units),
        **{name: _listed(getattr(model, name)) for name in arrays},
        "strongest": strongest(model),
        **model.record,
    }


def _listed(array: NDArray[np.float64] | None) -> Any:
    return None if array is None else np.round(array, 6).tolist()


def save_regression(path: Path, model: Regression) -> None:
    write_text(path, json.dumps(document_of(model), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def is_regression(path: Path) -> bool:
    """Whether a file is one of ours, by its name and its kind."""
    if path.suffix.lower() != ".json" or not path.is_file():
        return False
    try:
        return bool(_document(path)["kind"] == KIND)
    except (ModelError, KeyError, TypeError):
        return False


def load_regression(path: Path) -> Regression:
    """Read what `save_regression` wrote.

    Raises:
        ModelError: the file is missing, is none of ours, or what it holds does not fit together.
    """
    document = _document(path)
    if not isinstance(document, dict) or document.get("kind") != KIND:
        raise ModelError(f"{path} is no {KIND}; expected a file that `mien-train explain fit` wrote")
    if document.get("v") != _VERSION:
        raise ModelError(f"{path} is of version {document.get('v')!r}; expected {_VERSION}: fit it again")
    classes, units = (_names(path, document, name) for name in ("classes", "units"))
    if strange := [unit for unit in units if canonical_unit(unit) != unit]:
        raise ModelError(f"{path}: units names {strange[0]!r}; expected numbers such as AU12")
    sizes = {"mean": (len(units),), "scale": (len(units),), "intercept": (len(classes),)}
    table = (len(classes), len(units))
    arrays = {name: _array(path, document, name, shape) for name, shape in sizes.items()}
    if not (arrays["scale"] > 0).all():
        raise ModelError(f"{path}: scale holds {arrays['scale'].min():g}; expected above 0")
    coefficients = _array(path, document, "coefficients", table)
    ends = {
        name: _array(path, document, name, table) if document.get(name) is not None else None
        for name in ("low", "high")
    }
    known = {"v", "kind", "classes", "units", "coefficients", "strongest", *sizes, *ends}
    record = {name: value for name, value in document.items() if name not in known}
    return Regression(classes, units, **arrays, coefficients=coefficients, **ends, record=record)


def _document(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return json.loads(file.read(_MAX_BYTES).decode("utf-8"))
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}; expected a {KIND}") from None
    except (ValueError, RecursionError):
        raise ModelError(f"{path} is no JSON; expected a file that `mien-train explain fit` wrote") from None


def _names(path: Path, document: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = document.get(name)
    least = 2 if name == "classes" else 1
    is_list = isinstance(found, list) and all(isinstance(one, str) and one for one in found)
    if not is_list or len(set(found)) != len(found) or len(found) < least:
        raise ModelError(f"{path}: {name} is broken; expected {least} or more different names")
    return tuple(found)


def _array(path: Path, document: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    try:
        found = np.array(document.get(name), np.float64)
    except (ValueError, TypeError):
        found = np.empty(0)
    if found.shape != shape or not np.isfinite(found).all():
        wanted = " by ".join(map(str, shape))
        raise ModelError(f"{path}: {name} is broken; expected {wanted} numbers")
    return found
