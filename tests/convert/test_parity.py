import pytest

from convert.parity import check_parity, lost_points
from edge.errors import ModelError


def metrics(before: float, after: float) -> dict[str, object]:
    def against(accuracy: float) -> dict[str, object]:
        return {"all": {"fer2013": {"accuracy": 0.6}, "raters": {"accuracy": accuracy}}}

    return {"float": against(before), "int8": against(after)}


def test_a_loss_within_the_limit_passes_and_a_gain_too() -> None:
    check_parity(metrics(0.800, 0.7951))
    check_parity(metrics(0.800, 0.83))
    assert lost_points(metrics(0.8, 0.79)) == pytest.approx({"fer2013": 0, "raters": 1})


def test_a_loss_above_the_limit_fails_and_says_by_how_much() -> None:
    with pytest.raises(ModelError, match=r"loses 0.60 points .* raters' plurality \(80.00% to 79.40%\)"):
        check_parity(metrics(0.800, 0.794))
    check_parity(metrics(0.800, 0.794), max_loss=1)


def test_a_network_is_held_to_the_labels_that_it_was_fitted_to() -> None:
    found = {
        kind: {"all": {"fer2013": {"accuracy": share}, "raters": {"accuracy": share - fall}}}
        for kind, share, fall in (("float", 0.65, 0.0), ("int8", 0.648, 0.01))
    }
    check_parity(found, fitted_to="fer2013")
    for fitted_to in ("ferplus", "mix", None):
        with pytest.raises(ModelError, match="int8 loses 1.20 points on PublicTest against the raters'"):
            check_parity(found, fitted_to=fitted_to)
