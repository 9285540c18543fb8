"""Pages that are made from the code: `make pages` writes them, and a test holds that they are up to date."""

from collections.abc import Callable
from pathlib import Path

from pages import accuracy, architecture, commands, configuration, troubleshooting

FOLDER = Path(__file__).parents[1]

MADE: dict[Path, Callable[[], str]] = {
    FOLDER / "configuration.md": configuration.render,
    FOLDER / "commands.md": commands.render,
    FOLDER / "troubleshooting.md": troubleshooting.render,
    FOLDER / "architecture.svg": architecture.render,
    FOLDER / "accuracy.md": accuracy.render,
}
