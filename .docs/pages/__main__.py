"""Writes every page that is made from the code: `make pages`."""

from pages import MADE

for path, render in MADE.items():
    path.write_text(render(), encoding="utf-8")
