"""Whether int8 is as good as float: both are measured on PublicTest, int8 by the device's own code."""

from collections.abc import Mapping
from typing import Any

from edge.errors import ModelError

#: In points of a percentage.
MAX_LOSS = 0.5

_NAMES = {"fer2013": "FER2013's labels", "labels": "the labels", "raters": "the raters' plurality"}


def lost_points(metrics: Mapping[str, Any]) -> dict[str, float]:
    """How many points of accuracy int8 loses to float, by what it is measured against; below 0: it gains.

    Args:
        metrics: "float" and "int8", each as training.metrics.figures gives it.
    """
    return {
        name: 100 * (metrics["float"]["all"][name]["accuracy"] - metrics["int8"]["all"][name]["accuracy"])
        for name in _NAMES
        if name in metrics["float"]["all"]
    }


def check_parity(metrics: Mapping[str, Any], max_loss: float = MAX_LOSS) -> None:
    """Refuse an int8 network that lost too much.

    Raises:
        ModelError: says how much, and against what.
    """
    for name, lost in lost_points(metrics).items():
        if lost > max_loss:
            before, after = (100 * metrics[kind]["all"][name]["accuracy"] for kind in ("float", "int8"))
            raise ModelError(
                f"int8 loses {lost:.2f} points on PublicTest against {_NAMES[name]} "
                f"({before:.2f}% to {after:.2f}%); expected at most {max_loss:g}; "
                "try a network that was trained longer"
            )
