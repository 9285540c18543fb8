"""Writes every page that is made from the code: `make pages`."""

from pages import MADE
from pages.troubleshooting import add_new_lines

add_new_lines()
for path, render in MADE.items():
    path.write_text(render(), encoding="utf-8")
