"""A live table of what a broker carries: one device in full, or many, a row each."""

from edge.watch.board import Board
from edge.watch.showing import save_table, show

__all__ = ["Board", "save_table", "show"]
