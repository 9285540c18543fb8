"""Pages that are made from the code: `make pages` writes them, and a test holds that they are up to date."""

from collections.abc import Callable
from pathlib import Path

from pages import commands, configuration

FOLDER = Path(__file__).parents[1]

MADE: dict[Path, Callable[[], str]] = {
    FOLDER / "configuration.md": configuration.render,
    FOLDER / "commands.md": commands.render,
}
