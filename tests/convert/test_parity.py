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
