"""The learning curves of a run as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.files import replacing
from training.report.charts import curves


def draw_curves(path: Path, history: Sequence[Mapping[str, float]], figure_name: str) -> None:
    """Draw loss and the figure that chooses over epochs."""
    with replacing(path) as temporary:
        curves(history, figure_name).savefig(temporary, dpi=110)
