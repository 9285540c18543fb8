"""Fit the regression: standardized, its strength of regularization chosen by cross-validation."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from edge.errors import DataError
from training.explain.regression import Regression
from training.intervals import LEVEL

#: Inverse strengths of the penalty on squared coefficients, from nearly none left to nearly none taken.
STRENGTHS = tuple(float(f"{value:.3g}") for value in np.logspace(-4, 1, 11))
_FOLDS = 5
_MOST_STEPS = 2000
#: Draws of groups until one has a row of every class.
_TRIES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What is fitted to.

    Attributes:
        intensities: (n, units), 0..5.
        labels: (n,), indices into the classes, each of which occurs.
        groups: (n,), numbers of what belongs together; None where each row stands for itself.
    """

    intensities: NDArray[np.float64]
    labels: NDArray[np.intp]
    groups: NDArray[np.intp] | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """How it is fitted.

    Attributes:
        is_balanced: whether a rare class counts as much as a frequent one.
        resamples: bootstrap draws for the intervals of the coefficients; 0: no intervals.
        seed: of folds and draws.
    """

    is_balanced: bool = False
    resamples: int = 200
    seed: int = 0


def fit(
    rows: Rows, classes: Sequence[str], units: Sequence[str], choices: Choices, told: Callable[[int], None]
) -> Regression:
    """Fit it.

    Args:
        rows: what to.
        classes: names.
        units: their numbers, as "AU12".
        choices: how.
        told: is called with the number of bootstrap draws that are done.

    Raises:
        DataError: a class has too few rows, or groups, to cross-validate.
    """
    folds = _folds(rows, classes, choices.seed)
    scaler = StandardScaler().fit(rows.intensities)
    standardized = scaler.transform(rows.intensities)
    with _settled():
        losses = np.array([_losses(rows, strength, folds, choices) for strength in STRENGTHS])
        chosen = _simplest(losses)
        coefficients, intercept = _coefficients(standardized, rows.labels, STRENGTHS[chosen], choices)
        low, high = _intervals(standardized, rows, STRENGTHS[chosen], choices, told)
    return Regression(
        tuple(classes), tuple(units), scaler.mean_, scaler.scale_, intercept, coefficients, low, high,
        {
            "regularization": {
                "C": STRENGTHS[chosen],
                "tried": list(STRENGTHS),
                "folds": len(folds),
                "log_loss": round(float(losses[chosen].mean()), 5),
                "least_log_loss": round(float(losses.mean(axis=1).min()), 5),
                "balanced": choices.is_balanced,
            },
            "bootstrap": {"resamples": choices.resamples, "seed": choices.seed, "level": LEVEL},
        },
    )  # fmt: skip


def _losses(
    rows: Rows, strength: float, folds: list[tuple[NDArray[np.intp], NDArray[np.intp]]], choices: Choices
) -> NDArray[np.float64]:
    """The log loss of each row, by a fit to other folds, (n,)."""
    model = make_pipeline(StandardScaler(), _plain(choices, strength))
    found = cross_val_predict(model, rows.intensities, rows.labels, cv=folds, method="predict_proba")
    right = found[np.arange(len(rows.labels)), rows.labels]
    losses: NDArray[np.float64] = -np.log(np.maximum(right, np.finfo(float).tiny))
    return losses


def _simplest(losses: NDArray[np.float64]) -> int:
    """The strongest regularization that is within one standard error of the best.

    That is the rule of Breiman et al. 1984, "Classification and Regression Trees", 3.4.3: what lies within it
    is as good as far as anyone can tell, and smaller coefficients are easier to read: units that move together
    share theirs instead of working against each other.

    Args:
        losses: (strengths, n), strengths rising.
    """
    means = losses.mean(axis=1)
    best = int(means.argmin())
    margin = losses[best].std() / np.sqrt(losses.shape[1])
    return int(np.flatnonzero(means <= means[best] + margin)[0])


def _plain(choices: Choices, strength: float) -> LogisticRegression:
    return LogisticRegression(
        C=strength, max_iter=_MOST_STEPS, class_weight="balanced" if choices.is_balanced else None
    )


def _folds(rows: Rows, classes: Sequence[str], seed: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    count = _fold_count(rows, classes)
    kind = StratifiedKFold if rows.groups is None else StratifiedGroupKFold
    split = kind(count, shuffle=True, random_state=seed).split(rows.intensities, rows.labels, rows.groups)
    found = list(split)
    for fitted, _ in found:
        missing = set(range(len(classes))) - set(rows.labels[fitted].tolist())
        if missing:
            raise DataError(
                f"a fold would be fitted to no row of {classes[min(missing)]}: most of them are in one group; "
                "expected each class in several groups"
            )
    return found


def _fold_count(rows: Rows, classes: Sequence[str]) -> int:
    for label, name in enumerate(classes):
        of_class = rows.labels == label
        count = int(of_class.sum()) if rows.groups is None else len(np.unique(rows.groups[of_class]))
        if count < 2:
            what = "row" if rows.groups is None else "group"
            raise DataError(
                f"{count} {what} of {name} to fit to; expected two or more: leave the class out by --classes"
            )
    smallest = int(np.bincount(rows.labels).min())
    most = smallest if rows.groups is None else len(np.unique(rows.groups))
    return min(_FOLDS, most)


def _coefficients(
    standardized: NDArray[np.float64], labels: NDArray[np.intp], strength: float, choices: Choices
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(classes, units) and (classes,); each column and the intercepts add up to 0."""
    model = _plain(choices, strength).fit(standardized, labels)
    coefficients, intercept = model.coef_, model.intercept_
    if len(intercept) == 1:  # of two classes scikit-learn keeps the difference
        half = np.array([[-0.5], [0.5]])
        return half * coefficients, half[:, 0] * intercept
    return coefficients - coefficients.mean(axis=0), intercept - intercept.mean()


def _intervals(
    standardized: NDArray[np.float64],
    rows: Rows,
    strength: float,
    choices: Choices,
    told: Callable[[int], None],
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64] | None]:
    """Percentile intervals (Efron 1979); the regularization stays as it was chosen."""
    if not choices.resamples:
        return None, None
    random = np.random.default_rng(choices.seed)
    found = []
    for done in range(choices.resamples):
        drawn = _draw(rows, random)
        found.append(_coefficients(standardized[drawn], rows.labels[drawn], strength, choices)[0])
        told(done + 1)
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high


def _draw(rows: Rows, random: np.random.Generator) -> NDArray[np.intp]:
    """As many rows of each class with replacement; or as many groups, whole."""
    classes = np.unique(rows.labels)
    if rows.groups is None:
        of_class = [np.flatnonzero(rows.labels == label) for label in classes]
        return np.concatenate([random.choice(some, len(some)) for some in of_class])
    members = [np.flatnonzero(rows.groups == group) for group in np.unique(rows.groups)]
    for _ in range(_TRIES):
        chosen = random.integers(0, len(members), len(members))
        drawn = np.concatenate([members[group] for group in chosen])
        if len(np.unique(rows.labels[drawn])) == len(classes):
            return drawn
    raise DataError("draws of groups never hold all classes: too few groups have the rarest; use --resamples 0")


@contextmanager
def _settled() -> Iterator[None]:
    """A fit that has not settled after so many steps is no result.

    One thread: the products are so small that several wait for each other longer than they compute.
    """
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("error", ConvergenceWarning)
        yield
