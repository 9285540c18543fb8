"""Whether int8 is as good as float: both are measured on PublicTest, int8 by the device's own code."""

from collections.abc import Mapping
from typing import Any

from edge.errors import ModelError

#: In points of a percentage.
MAX_LOSS = 0.5

_NAMES = {"fer2013": "FER2013's labels", "labels": "the labels", "raters": "the raters' plurality"}


#: What a network is held to: whose word it was fitted to repeat. Against another's, both are wrong in many
#: faces, and which of two wrong ones changes is chance.
_HELD_TO = {"fer2013": ("fer2013", "labels"), "ferplus": ("raters",)}


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


def check_parity(metrics: Mapping[str, Any], max_loss: float = MAX_LOSS, fitted_to: str | None = None) -> None:
    """Refuse an int8 network that lost too much.

    Args:
        metrics: as of `lost_points`.
        max_loss: how many points it may lose.
        fitted_to: the labels that it was fitted to, as in FitConfig; None: not known, and all count.

    Raises:
        ModelError: says how much, and against what.
    """
    lost_by = lost_points(metrics)
    held_to = [name for name in _HELD_TO.get(fitted_to or "", ()) if name in lost_by] or list(lost_by)
    for name in held_to:
        lost = lost_by[name]
        if lost > max_loss:
            before, after = (100 * metrics[kind]["all"][name]["accuracy"] for kind in ("float", "int8"))
            raise ModelError(
                f"int8 loses {lost:.2f} points on PublicTest against {_NAMES[name]} "
                f"({before:.2f}% to {after:.2f}%); expected at most {max_loss:g}; "
                "try other --calibration-faces (mien-convert calibrate tells which), or a network that was "
                "trained longer"
            )
