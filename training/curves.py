"""The learning curves of a run as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

from edge.files import replacing


def draw_curves(path: Path, history: Sequence[Mapping[str, float]], figure_name: str) -> None:
    """Draw loss, the figure that chooses, and the learning rate, over epochs."""
    epochs = [row["epoch"] for row in history]
    picture = Figure(figsize=(9, 3.6), layout="constrained")
    losses, chosen = picture.subplots(1, 2)
    losses.plot(epochs, [row["loss"] for row in history], label="Training, disturbed")
    losses.plot(epochs, [row["public_loss"] for row in history], label="PublicTest, averaged weights")
    losses.set(xlabel="epoch", ylabel="cross-entropy")
    losses.legend()
    chosen.plot(epochs, [100 * row["public_figure"] for row in history])
    chosen.set(xlabel="epoch", ylabel="%", title=f"PublicTest: {figure_name}")
    chosen.grid(alpha=0.3)
    with replacing(path) as temporary:
        picture.savefig(temporary, dpi=110)
