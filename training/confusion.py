"""A confusion matrix as a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from edge.files import replacing


def draw_confusion(path: Path, counts: Sequence[Sequence[int]], names: Sequence[str], title: str) -> None:
    """Draw the share of each true class (rows) that went to each class (columns), with the counts.

    Args:
        path: the picture to write.
        counts: (n, n), true class by predicted class.
        names: of the classes.
        title: above the picture.
    """
    table = np.array(counts)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    picture = Figure(figsize=(6.4, 5.8), layout="constrained")
    axes = picture.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(title=title, xlabel="predicted", ylabel="true")
    axes.set_xticks(range(len(names)), names, rotation=45)
    axes.set_yticks(range(len(names)), names)
    for (row, column), share in np.ndenumerate(shares):
        text = f"{100 * share:.0f}%\n{table[row, column]}"
        axes.text(
            column, row, text, ha="center", va="center", fontsize=8, color="white" if share > 0.5 else "black"
        )
    with replacing(path) as temporary:
        picture.savefig(temporary, dpi=110)
