"""What a frame costs, stage by stage, and the same frames through the plain loop for comparison.

The plain loop is what most projects do: Haar on the whole frame, every frame, every box classified.
"""

from edge.bench.figures import faces_agree
from edge.bench.run import bench
from edge.bench.table import format_bench

__all__ = ["bench", "faces_agree", "format_bench"]
